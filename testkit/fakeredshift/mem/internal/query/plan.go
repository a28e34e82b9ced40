package query

import (
	"errors"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// A plan is a query that can be run.
type plan struct {
	columns []fakeredshift.Column
	outer   []uint64 // what it reads of the queries around it, from the inside
	run     func(outer *frame, emit emitter) error
}

// An emitter takes a row, which is its own from then on. It ends the run with
// errStop.
type emitter func(row []Value) error

// errStop ends a run that has all the rows that it needs.
var errStop = errors.New("no more rows are needed")

// rows runs to the end.
func (p *plan) rows(outer *frame) ([][]Value, error) {
	var rows [][]Value
	err := p.run(outer, func(row []Value) error {
		rows = append(rows, row)
		return nil
	})
	return rows, err
}

// plan resolves a whole query. Parent is the query around it, with what WITH of
// those around it names.
func (s session) plan(q *selectStatement, parent *binder, with *withScope) (*plan, error) {
	for i := range q.with {
		with = &withScope{&q.with[i], with}
	}
	var p *plan
	var err error
	if core, ok := q.body.(*selectCore); ok {
		b := &binder{session: s, parent: parent, with: with}
		p, err = b.core(core, q.order)
	} else {
		if p, err = s.body(q.body, parent, with); err == nil {
			p, err = sorted(p, q.order)
		}
	}
	if err != nil {
		return nil, err
	}
	return s.limited(p, q)
}

// body resolves a query without what stands around it.
func (s session) body(body queryBody, parent *binder, with *withScope) (*plan, error) {
	switch body := body.(type) {
	case *selectCore:
		b := &binder{session: s, parent: parent, with: with}
		return b.core(body, nil)
	case *selectStatement:
		return s.plan(body, parent, with)
	case *setOperation:
		return s.setOperation(body, parent, with)
	case *valuesList:
		b := &binder{session: s, parent: parent, with: with, inside: "VALUES"}
		return b.values(body)
	}
	return nil, unsupported("this query")
}

// limited adds LIMIT and OFFSET.
func (s session) limited(p *plan, q *selectStatement) (*plan, error) {
	limit, err := s.rowCount(q.limit, "LIMIT")
	if err != nil {
		return nil, err
	}
	offset, err := s.rowCount(q.offset, "OFFSET")
	if err != nil || limit < 0 && offset <= 0 {
		return p, err
	}
	all := p.run
	with := *p
	with.run = func(outer *frame, emit emitter) error {
		skip, left := offset, limit
		if left == 0 {
			return nil
		}
		err := all(outer, func(row []Value) error {
			if skip > 0 {
				skip--
				return nil
			}
			if err := emit(row); err != nil {
				return err
			}
			if left--; left == 0 {
				return errStop
			}
			return nil
		})
		if errors.Is(err, errStop) && left == 0 {
			return nil
		}
		return err
	}
	return &with, nil
}

// rowCount is the number of a LIMIT or OFFSET, -1 if there is none.
func (s session) rowCount(x expr, clause string) (int64, error) {
	if x == nil {
		return -1, nil
	}
	b := &binder{session: s, inside: clause}
	n, err := b.bind(x)
	if err != nil {
		return 0, err
	}
	if n, err = convert(n, typeInt8); err != nil {
		return 0, err
	}
	v, err := n.eval(&frame{})
	if v == nil || err != nil {
		return -1, err
	}
	if v.(int64) < 0 {
		return 0, refuse("2201W", "%s must not be negative", clause)
	}
	return v.(int64), nil
}

// values makes rows of VALUES.
func (b *binder) values(v *valuesList) (*plan, error) {
	width := len(v.rows[0])
	cells := make([][]*node, width) // by column
	for _, row := range v.rows {
		nodes, err := b.bindAll(row)
		if err != nil {
			return nil, err
		}
		for i, n := range nodes {
			cells[i] = append(cells[i], n)
			b.outer = b.outer.union(reads{outer: n.reads.outer})
		}
	}
	p := &plan{outer: b.outer.outer}
	for i := range cells {
		nodes, t, err := matched("VALUES", cells[i])
		if err != nil {
			return nil, err
		}
		cells[i] = nodes
		p.columns = append(p.columns, fakeredshift.Column{Name: "column" + decimal(i+1), Type: t})
	}
	p.run = func(outer *frame, emit emitter) error {
		for i := range v.rows {
			row, err := evalRow(cells, i, &frame{outer: outer})
			if err != nil {
				return err
			}
			if err := emit(row); err != nil {
				return err
			}
		}
		return nil
	}
	return p, nil
}

func evalRow(cells [][]*node, i int, f *frame) ([]Value, error) {
	row := make([]Value, len(cells))
	for j := range cells {
		var err error
		if row[j], err = cells[j][i].eval(f); err != nil {
			return nil, err
		}
	}
	return row, nil
}
