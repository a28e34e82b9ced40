package ddl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/redferry/redferry"
)

// A draft is a table that is being put together.
type draft struct {
	Table
	columns []draftColumn
	keys    []draftKey
}

// A draftColumn is a column with what the table makes of it.
type draftColumn struct {
	Column
	number int // in the table; dropped columns leave holes
	dist   bool
	sort   int // position in the sort key, negative for every other of an interleaved one
}

// A draftKey is a constraint of any kind.
type draftKey struct {
	ForeignKey
	number int64
	kind   string // p, u or f
}

func newDraft(name redferry.Table, style DistStyle) *draft {
	return &draft{Table: Table{Name: name, Dist: Dist{Style: style}}}
}

func (d *draft) unknown(properties ...Property) {
	d.Unknown = append(d.Unknown, properties...)
	slices.Sort(d.Unknown)
}

func (d *draft) sorted() bool {
	return slices.ContainsFunc(d.columns, func(c draftColumn) bool { return c.sort != 0 })
}

// key returns the constraint with the number of k, which is k if it is new.
func (d *draft) key(k draftKey) *draftKey {
	i := slices.IndexFunc(d.keys, func(other draftKey) bool { return other.number == k.number })
	if i < 0 {
		d.keys = append(d.keys, k)
		i = len(d.keys) - 1
	}
	return &d.keys[i]
}

// comment sets the comment on a column, or on the table if number is 0.
func (d *draft) comment(number int, text string) {
	if number == 0 {
		d.Comment = text
	}
	for i := range d.columns {
		if d.columns[i].number == number {
			d.columns[i].Comment = text
		}
	}
}

// table returns the finished table.
func (d *draft) table() (Table, error) {
	t := d.Table
	for _, c := range d.columns {
		column, err := c.column()
		if err != nil {
			return Table{}, fmt.Errorf("column %s: %w", redferry.Quote(c.Name), err)
		}
		t.Columns = append(t.Columns, column)
		if c.dist && t.Dist.Style == DistKey { // a key that AUTO chose is not ours
			t.Dist.Key = c.Name
		}
	}
	if !t.Sort.Auto {
		t.Sort = d.sortKey()
	}
	for _, k := range d.keys {
		switch k.kind {
		case "p":
			t.Primary = &Key{Name: k.Name, Columns: k.Columns}
		case "u":
			t.Unique = append(t.Unique, Key{Name: k.Name, Columns: k.Columns})
		case "f":
			t.Foreign = append(t.Foreign, k.ForeignKey)
		}
	}
	slices.SortFunc(t.Unique, func(a, b Key) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(t.Foreign, func(a, b ForeignKey) int { return cmp.Compare(a.Name, b.Name) })
	return t, nil
}

// sortKey reads the positions: 1, 2, 3 is a compound key, and one with
// alternating signs is interleaved.
// Source: Database Developer Guide, "PG_TABLE_DEF".
func (d *draft) sortKey() Sort {
	var s Sort
	columns := slices.DeleteFunc(slices.Clone(d.columns), func(c draftColumn) bool { return c.sort == 0 })
	slices.SortFunc(columns, func(a, b draftColumn) int { return cmp.Compare(abs(a.sort), abs(b.sort)) })
	for _, c := range columns {
		s.Columns = append(s.Columns, c.Name)
		s.Interleaved = s.Interleaved || c.sort < 0
	}
	return s
}

func abs(n int) int { return max(n, -n) }

func (c draftColumn) column() (Column, error) {
	column := c.Column
	column.Encoding = strings.ToLower(c.Encoding)
	if column.Encoding == "none" {
		column.Encoding = "raw"
	}
	identity, err := parseIdentity(c.Default)
	if err != nil {
		return Column{}, err
	}
	if identity != nil {
		column.Default, column.Identity = "", identity
	}
	return column, nil
}
