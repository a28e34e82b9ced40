package query

// A nested is a query within an expression.
type nested struct {
	*plan
	reads reads // as the expression sees them
}

// nested resolves a query that may read columns of this one.
func (b *binder) nested(q *selectStatement) (*nested, error) {
	aliases := b.aliases
	b.aliases = nil // the names of the select list are for the list alone
	p, err := b.session.plan(q, b, b.with)
	b.aliases = aliases
	if err != nil {
		return nil, err
	}
	return &nested{p, reads{outer: p.outer}.inner()}, nil
}

// independent reports whether the query has one answer for all rows.
func (n *nested) independent() bool {
	for _, set := range n.plan.outer {
		if set != 0 {
			return false
		}
	}
	return true
}

// remembered keeps what answer returns, if it is the same for all rows.
func remembered[T any](n *nested, answer func(f *frame) (T, error)) func(f *frame) (T, error) {
	if !n.independent() {
		return answer
	}
	var known bool
	var value T
	return func(f *frame) (T, error) {
		if known {
			return value, nil
		}
		v, err := answer(f)
		if err == nil {
			value, known = v, true
		}
		return v, err
	}
}

// scalar is a query as a value.
func (b *binder) scalar(x *subquery) (*node, error) {
	q, err := b.nested(x.query)
	if err != nil {
		return nil, err
	}
	if len(q.columns) != 1 {
		return nil, refuse(stateSyntax, "subquery must return only one column")
	}
	return &node{typ: q.columns[0].Type, reads: q.reads, eval: remembered(q, func(f *frame) (Value, error) {
		var value Value
		n := 0
		err := q.run(f, func(row []Value) error {
			if n++; n > 1 {
				return refuse(stateCardinality, "more than one row returned by a subquery used as an expression")
			}
			value = row[0]
			return nil
		})
		return value, err
	})}, nil
}

func (b *binder) exists(x *existsExpr) (*node, error) {
	q, err := b.nested(x.query)
	if err != nil {
		return nil, err
	}
	return &node{typ: typeBool, reads: q.reads, eval: remembered(q, func(f *frame) (Value, error) {
		found := false
		err := q.run(f, func([]Value) error {
			found = true
			return errStop
		})
		if found {
			err = nil
		}
		return found, err
	})}, nil
}

// inQuery is x IN (query), where x may be a row.
func (b *binder) inQuery(x *inExpr) (*node, error) {
	list := []expr{x.x}
	if row, ok := x.x.(*rowExpr); ok {
		list = row.items
	}
	left, err := b.bindAll(list)
	if err != nil {
		return nil, err
	}
	return b.inPlan(left, x.query)
}

func (b *binder) inPlan(left []*node, query *selectStatement) (*node, error) {
	q, err := b.nested(query)
	if err != nil {
		return nil, err
	}
	if len(q.columns) != len(left) {
		return nil, refuse(stateSyntax, "subquery has too %s columns", map[bool]string{true: "many", false: "few"}[len(q.columns) > len(left)])
	}
	all := q.reads
	right := make([]*node, len(left))
	for i := range left {
		column := &node{typ: q.columns[i].Type, eval: func(f *frame) (Value, error) { return f.group[i], nil }}
		if left[i], right[i], err = unify("=", left[i], column); err != nil {
			return nil, err
		}
		all = all.union(left[i].reads)
	}
	sets := remembered(q, func(f *frame) (*rowSet, error) { return q.set(f, right) })
	return &node{typ: typeBool, reads: all, eval: func(f *frame) (Value, error) {
		set, err := sets(f)
		if err != nil {
			return nil, err
		}
		row := make([]Value, len(left))
		for i, n := range left {
			if row[i], err = n.eval(f); err != nil {
				return nil, err
			}
		}
		return set.answer(row), nil
	}}, nil
}

// A rowSet is the answer of a query for IN.
type rowSet struct {
	rows  rowIndex
	nulls [][]Value // rows with a NULL in them
}

// set collects the rows, converted to the types of the comparison.
func (n *nested) set(f *frame, columns []*node) (*rowSet, error) {
	s := &rowSet{}
	err := n.run(f, func(row []Value) error {
		converted := make([]Value, len(columns))
		null := false
		for i, c := range columns {
			v, err := c.eval(&frame{group: row})
			if err != nil {
				return err
			}
			converted[i], null = v, null || v == nil
		}
		if null {
			s.nulls = append(s.nulls, converted)
			return nil
		}
		s.rows.add(converted)
		return nil
	})
	return s, err
}

// answer is whether row is in the set: NULL if only a NULL may make it so.
func (s *rowSet) answer(row []Value) Value {
	null := false
	for _, v := range row {
		null = null || v == nil
	}
	if !null && s.rows.find(row) >= 0 {
		return true
	}
	if null && mayEqual(s.rows.rows, row) || mayEqual(s.nulls, row) {
		return nil
	}
	return false
}

// mayEqual reports whether one of rows equals row as far as neither is NULL.
func mayEqual(rows [][]Value, row []Value) bool {
	for _, other := range rows {
		equal := true
		for i := range row {
			if row[i] != nil && other[i] != nil && compare(row[i], other[i]) != 0 {
				equal = false
				break
			}
		}
		if equal {
			return true
		}
	}
	return false
}

// anyQuery is x op ANY (query).
func (b *binder) anyQuery(x *anyExpr, left *node) (*node, error) {
	if x.op == "=" && !x.all {
		return b.inPlan([]*node{left}, x.query)
	}
	q, err := b.nested(x.query)
	if err != nil {
		return nil, err
	}
	if len(q.columns) != 1 {
		return nil, refuse(stateSyntax, "subquery must return only one column")
	}
	values := remembered(q, func(f *frame) ([]Value, error) {
		var values []Value
		err := q.run(f, func(row []Value) error {
			values = append(values, row[0])
			return nil
		})
		return values, err
	})
	return quantified(x, left, q.columns[0].Type, q.reads, func(f *frame) ([]Value, bool, error) {
		items, err := values(f)
		return items, false, err
	})
}
