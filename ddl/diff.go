package ddl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redferry/redferry"
)

// A Difference is one respect in which two definitions differ.
type Difference struct {
	What string `json:"what"` // `the type of column "id"`, "the sort key"
	Have string `json:"have"` // empty if there is none
	Want string `json:"want"`
	// Breaks says that rows of the one may not fit into the other: a column is
	// missing or of another type.
	Breaks bool `json:"breaks,omitempty"`
}

// String returns the difference for people.
func (d Difference) String() string {
	return fmt.Sprintf("%s is %s, not %s", d.What, orNone(d.Have), orNone(d.Want))
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// Diff returns how the table have differs from want in what CREATE TABLE makes:
// columns, distribution, sort key, keys and BACKUP NO. Names of tables and of
// constraints, foreign keys and comments are not compared, nor is what either
// side does not know, nor are encodings where the warehouse may change them.
func Diff(have, want Table) []Difference {
	var c comparison
	c.columns(have, want)
	c.add("the distribution", have.Dist.String(), want.Dist.String())
	if !c.unknown(PropertySortAuto, have, want) || len(have.Sort.Columns)+len(want.Sort.Columns) > 0 {
		c.add("the sort key", sortKey(have.Sort), sortKey(want.Sort))
	}
	if !c.unknown(PropertyEncodeAuto, have, want) {
		c.add("ENCODE AUTO", yes(have.EncodeAuto), yes(want.EncodeAuto))
	}
	if !c.unknown(PropertyBackup, have, want) {
		c.add("BACKUP NO", yes(have.NoBackup), yes(want.NoBackup))
	}
	c.add("the primary key", primaryColumns(have), primaryColumns(want))
	c.add("the unique constraints", uniqueColumns(have), uniqueColumns(want))
	return c.differences
}

// A comparison collects differences.
type comparison struct{ differences []Difference }

func (c *comparison) add(what, have, want string) {
	if have != want {
		c.differences = append(c.differences, Difference{What: what, Have: have, Want: want})
	}
}

// breaking is add for what rows may not fit into.
func (c *comparison) breaking(what, have, want string) {
	if have != want {
		c.differences = append(c.differences, Difference{What: what, Have: have, Want: want, Breaks: true})
	}
}

func (*comparison) unknown(p Property, have, want Table) bool {
	return slices.Contains(have.Unknown, p) || slices.Contains(want.Unknown, p)
}

func (c *comparison) columns(have, want Table) {
	encoded := !have.EncodeAuto && !want.EncodeAuto
	for i, w := range want.Columns {
		h, at, ok := columnOf(have, w.Name)
		if !ok {
			c.breaking("column "+redferry.Quote(w.Name), "", w.Type)
			continue
		}
		if at != i {
			c.add("the place of column "+redferry.Quote(w.Name), fmt.Sprint(at+1), fmt.Sprint(i+1))
		}
		c.column(h, w, encoded)
	}
	for _, h := range have.Columns {
		if _, _, ok := columnOf(want, h.Name); !ok {
			c.add("column "+redferry.Quote(h.Name), h.Type, "")
		}
	}
}

func (c *comparison) column(have, want Column, encoded bool) {
	of := " of column " + redferry.Quote(want.Name)
	c.breaking("the type"+of, have.Type, want.Type)
	c.add("NOT NULL"+of, yes(have.NotNull || have.Identity != nil), yes(want.NotNull || want.Identity != nil))
	c.add("the default"+of, have.Default, want.Default)
	c.add("the identity"+of, identityClause(have), identityClause(want))
	if encoded && have.Encoding != "" && want.Encoding != "" {
		c.add("the encoding"+of, have.Encoding, want.Encoding)
	}
}

func columnOf(t Table, name string) (column Column, at int, ok bool) {
	at = slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
	if at < 0 {
		return Column{}, at, false
	}
	return t.Columns[at], at, true
}

func identityClause(c Column) string {
	if c.Identity == nil {
		return ""
	}
	return c.Identity.String()
}

// String returns the clauses of CREATE TABLE.
func (d Dist) String() string {
	if d.Style == DistKey {
		return "DISTKEY (" + redferry.Quote(d.Key) + ")"
	}
	if d.Style == "" {
		return "DISTSTYLE " + string(DistAuto)
	}
	return "DISTSTYLE " + string(d.Style)
}

func primaryColumns(t Table) string {
	if t.Primary == nil {
		return ""
	}
	return redferry.QuoteAll(t.Primary.Columns)
}

// uniqueColumns returns the column lists of all unique constraints, sorted.
func uniqueColumns(t Table) string {
	var lists []string
	for _, k := range t.Unique {
		lists = append(lists, "("+redferry.QuoteAll(k.Columns)+")")
	}
	slices.Sort(lists)
	return strings.Join(lists, ", ")
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
