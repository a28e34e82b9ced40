package query

import (
	"slices"
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// A place is where a column stands.
type place struct {
	source, column int
	is             fakeredshift.Column
}

// column resolves the name of a column.
func (b *binder) column(x *columnRef) (*node, error) {
	at, ok, err := b.find(x)
	if err != nil {
		return nil, err
	}
	if ok {
		if b.groups != nil {
			return nil, refuse(stateGrouping,
				`column "%s.%s" must appear in the GROUP BY clause or be used in an aggregate function`, b.sources[at.source].alias, at.is.Name)
		}
		return columnNode(at), nil
	}
	if n := b.alias(x); n != nil {
		return n, nil
	}
	if b.parent != nil {
		n, err := b.parent.bind(x)
		if err != nil {
			return nil, err
		}
		return outwards(n), nil
	}
	return nil, b.missing(x)
}

func columnNode(at place) *node {
	source, column := at.source, at.column
	return &node{
		place: &at,
		typ:   at.is.Type,
		reads: reads{own: 1 << source},
		eval:  func(f *frame) (Value, error) { return f.rows[source][column], nil },
	}
}

// outwards is a node of the query around this one.
func outwards(n *node) *node {
	return &node{
		typ:   n.typ,
		reads: reads{outer: append([]uint64{n.reads.own}, n.reads.outer...)},
		eval:  func(f *frame) (Value, error) { return n.eval(f.outer) },
	}
}

// find looks for a column among the sources of the query itself.
func (b *binder) find(x *columnRef) (at place, found bool, err error) {
	name := x.parts[len(x.parts)-1]
	for i := b.first; i < len(b.sources); i++ {
		s := &b.sources[i]
		if !s.named(x.parts[:len(x.parts)-1]) {
			continue
		}
		for j, c := range s.columns {
			if c.Name != name || len(x.parts) == 1 && s.hidden != nil && s.hidden[j] {
				continue
			}
			if found {
				return at, false, refuse(stateAmbiguous, "column reference %q is ambiguous", name)
			}
			at, found = place{i, j, c}, true
		}
	}
	return at, found, nil
}

// named reports whether a table name, of no part or more, can mean s.
func (s *source) named(parts []string) bool {
	switch len(parts) {
	case 0:
		return true
	case 1:
		return s.alias == parts[0]
	}
	return s.alias == parts[len(parts)-1] && s.schema != "" && s.schema == parts[len(parts)-2]
}

// missing says what of a column's name is not there.
func (b *binder) missing(x *columnRef) error {
	tables := x.parts[:len(x.parts)-1]
	for at := b; at != nil && len(tables) > 0; at = at.parent {
		for i := range at.sources {
			switch {
			case !at.sources[i].named(tables):
			case i < at.first:
				return refuse(stateNoTable, "invalid reference to FROM-clause entry for table %q", tables[len(tables)-1])
			default:
				return refuse(stateNoColumn, "column %s does not exist", strings.Join(x.parts, "."))
			}
		}
	}
	if len(tables) > 0 {
		return refuse(stateNoTable, "missing FROM-clause entry for table %q", tables[len(tables)-1])
	}
	return refuse(stateNoColumn, "column %q does not exist", x.parts[0])
}

// star returns the columns of * or t.*.
func (b *binder) star(x *starRef) ([]place, error) {
	var places []place
	known := len(x.parts) == 0
	if known {
		places = append(places, b.merged...)
	}
	for i := range b.sources {
		s := &b.sources[i]
		if !s.named(x.parts) {
			continue
		}
		known = true
		for j, c := range s.columns {
			if len(x.parts) == 0 && (s.hidden != nil && s.hidden[j] || b.isMerged(i, j)) {
				continue
			}
			places = append(places, place{i, j, c})
		}
	}
	switch {
	case !known:
		return nil, refuse(stateNoTable, "missing FROM-clause entry for table %q", x.parts[len(x.parts)-1])
	case len(b.sources) == 0:
		return nil, refuse(stateSyntax, "SELECT * with no tables specified is not valid")
	}
	return places, nil
}

// isMerged reports whether USING joined a column, which then comes first.
func (b *binder) isMerged(source, column int) bool {
	return slices.ContainsFunc(b.merged, func(p place) bool { return p.source == source && p.column == column })
}

// alias finds a column of the select list itself, which Redshift lets the
// columns behind it use, where no source has a column of that name.
func (b *binder) alias(x *columnRef) *node {
	if len(x.parts) > 1 {
		return nil
	}
	for i := range b.aliases {
		if b.aliases[i].name == x.parts[0] && b.aliases[i].node != nil {
			return b.aliases[i].node
		}
	}
	return nil
}
