package query

import (
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// setOperation resolves UNION, INTERSECT and EXCEPT.
func (s session) setOperation(o *setOperation, parent *binder, with *withScope) (*plan, error) {
	left, err := s.body(o.left, parent, with)
	if err != nil {
		return nil, err
	}
	right, err := s.body(o.right, parent, with)
	if err != nil {
		return nil, err
	}
	name := strings.ToUpper(o.kind)
	if len(left.columns) != len(right.columns) {
		return nil, refuse(stateSyntax, "each %s query must have the same number of columns", name)
	}
	columns := make([]fakeredshift.Column, len(left.columns))
	for i, c := range left.columns {
		t, ok := merge(c.Type, right.columns[i].Type)
		if !ok {
			return nil, refuse(stateMismatch, "%s types %s and %s cannot be matched", name, typeText(c.Type), typeText(right.columns[i].Type))
		}
		columns[i] = fakeredshift.Column{Name: c.Name, Type: t}
	}
	if left, err = left.as(columns); err != nil {
		return nil, err
	}
	if right, err = right.as(columns); err != nil {
		return nil, err
	}
	p := &plan{columns: columns, outer: reads{outer: left.outer}.union(reads{outer: right.outer}).outer}
	p.run = combine(o, left, right)
	return p, nil
}

// merge is the type of a column of both sides. Text without a length may be a
// literal or a NULL, which takes the type of the other side.
func merge(a, b fakeredshift.Type) (fakeredshift.Type, bool) {
	if t, ok := wider(a, b); ok {
		return t, true
	}
	switch {
	case a == typeVarchar:
		return b, true
	case b == typeVarchar:
		return a, true
	}
	return a, false
}

// as converts the columns of a plan.
func (p *plan) as(columns []fakeredshift.Column) (*plan, error) {
	converters := make([]converter, len(columns))
	needed := false
	for i, c := range columns {
		var err error
		if converters[i], err = conversion(p.columns[i].Type, c.Type); err != nil {
			return nil, err
		}
		needed = needed || converters[i] != nil
	}
	if !needed {
		return p, nil
	}
	run := p.run
	converted := *p
	converted.run = func(outer *frame, emit emitter) error {
		return run(outer, func(row []Value) error {
			out := append([]Value(nil), row...)
			for i, c := range converters {
				if c == nil || out[i] == nil {
					continue
				}
				var err error
				if out[i], err = c(out[i]); err != nil {
					return err
				}
			}
			return emit(out)
		})
	}
	return &converted, nil
}

// combine runs both sides.
func combine(o *setOperation, left, right *plan) func(*frame, emitter) error {
	if o.kind == "union" {
		return func(outer *frame, emit emitter) error {
			if !o.all {
				emit = once(emit)
			}
			if err := left.run(outer, emit); err != nil {
				return err
			}
			return right.run(outer, emit)
		}
	}
	wanted := o.kind == "intersect"
	return func(outer *frame, emit emitter) error {
		var other rowIndex
		err := right.run(outer, func(row []Value) error {
			other.add(row)
			return nil
		})
		if err != nil {
			return err
		}
		emit = once(emit)
		return left.run(outer, func(row []Value) error {
			if other.find(row) >= 0 != wanted {
				return nil
			}
			return emit(row)
		})
	}
}

// once drops rows that were there before.
func once(emit emitter) emitter {
	var seen rowIndex
	return func(row []Value) error {
		if !seen.add(row) {
			return nil
		}
		return emit(row)
	}
}
