package query

import (
	"slices"

	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// Tables returns the relations that the query names, each once, those of
// subqueries included. Names that WITH defines are not among them.
func (q *Query) Tables() []rsql.Name {
	var names []rsql.Name
	var defined []string
	v := visitor{
		expr: func(expr) bool { return true },
		query: func(s *selectStatement) bool {
			for _, t := range s.with {
				defined = append(defined, t.name)
			}
			return true
		},
		from: func(item *fromItem) {
			n := item.table
			if n.Name != "" && (n.Schema != "" || !slices.Contains(defined, n.Name)) && !slices.Contains(names, n) {
				names = append(names, n)
			}
		},
	}
	v.statement(q.statement)
	return names
}

// Functions returns the names of the functions that the query calls, aggregates
// included, in lower case, each once.
func (q *Query) Functions() []string {
	var names []string
	v := visitor{
		expr: func(x expr) bool {
			if call, ok := x.(*callExpr); ok && !slices.Contains(names, call.name) {
				names = append(names, call.name)
			}
			return true
		},
		query: func(*selectStatement) bool { return true },
	}
	v.statement(q.statement)
	return names
}

// Counts returns the table that the query counts, if it is a plain
// SELECT count(*) FROM table, so that nobody needs to make rows of it. The result
// is one BIGINT named "count".
func (q *Query) Counts() (table rsql.Name, ok bool) {
	s := q.statement
	c, plain := s.body.(*selectCore)
	if !plain || s.with != nil || s.limit != nil || s.offset != nil || s.order != nil {
		return rsql.Name{}, false
	}
	if len(c.items) != 1 || len(c.from) != 1 || c.where != nil || c.group != nil || c.having != nil || c.from[0].columns != nil {
		return rsql.Name{}, false
	}
	call, plain := c.items[0].x.(*callExpr)
	if !plain || call.name != "count" || !call.star || c.items[0].alias != "" || c.from[0].table.Name == "" {
		return rsql.Name{}, false
	}
	return c.from[0].table, true
}
