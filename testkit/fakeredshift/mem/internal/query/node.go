package query

import (
	"github.com/redferry/redferry/testkit/fakeredshift"
)

// A frame is what an expression is evaluated on: one row of each source of its
// query, or one group of them.
type frame struct {
	rows  [][]Value // by source; of a source that an outer join did not find, all NULL
	group []Value   // the keys of a group, and then its aggregates
	outer *frame    // of the query around this one
}

type evaluator func(f *frame) (Value, error)

// A node is an expression whose names and types are resolved.
type node struct {
	typ      fakeredshift.Type
	eval     evaluator
	constant bool // value is what eval returns, whatever the frame
	value    Value
	reads    reads
	place    *place // of a column of this query, as it stands in its row
}

// reads are the sources that an expression reads, as sets of bits: those of its own
// query, and those of the queries around it, from the inside to the outside.
type reads struct {
	own   uint64
	outer []uint64
}

func (r reads) union(other reads) reads {
	r.own |= other.own
	if len(other.outer) == 0 {
		return r
	}
	outer := make([]uint64, max(len(r.outer), len(other.outer)))
	copy(outer, r.outer)
	for i, set := range other.outer {
		outer[i] |= set
	}
	return reads{r.own, outer}
}

// inner are the reads of a query inside of an expression, as the expression sees
// them: one level nearer.
func (r reads) inner() reads {
	if len(r.outer) == 0 {
		return reads{}
	}
	return reads{r.outer[0], r.outer[1:]}
}

// constantly returns a node without a frame.
func constantly(v Value, t fakeredshift.Type) *node {
	return &node{typ: t, constant: true, value: v, eval: func(*frame) (Value, error) { return v, nil }}
}

// derived returns a node that depends on args alone. If all of them are constant
// it is evaluated at once; an error then comes when it is evaluated again, if
// ever: CASE may keep it from that.
func derived(t fakeredshift.Type, eval evaluator, args ...*node) *node {
	n := &node{typ: t, eval: eval}
	constant := true
	for _, arg := range args {
		constant = constant && arg.constant
		n.reads = n.reads.union(arg.reads)
	}
	if constant {
		if v, err := eval(nil); err == nil {
			return constantly(v, t)
		}
	}
	return n
}

// strict returns a node that is NULL if an argument is, and else what call makes
// of the arguments. Call must not keep them.
func strict(t fakeredshift.Type, call func(args []Value) (Value, error), args ...*node) *node {
	switch len(args) {
	case 1:
		x := args[0]
		return derived(t, func(f *frame) (Value, error) {
			v, err := x.eval(f)
			if v == nil || err != nil {
				return nil, err
			}
			one := [1]Value{v}
			return call(one[:])
		}, x)
	default:
		values := make([]Value, len(args))
		return derived(t, func(f *frame) (Value, error) {
			for i, arg := range args {
				v, err := arg.eval(f)
				if v == nil || err != nil {
					return nil, err
				}
				values[i] = v
			}
			return call(values)
		}, args...)
	}
}

// test evaluates a condition; NULL is not true.
func (n *node) test(f *frame) (bool, error) {
	v, err := n.eval(f)
	if err != nil {
		return false, err
	}
	is, _ := v.(bool)
	return is, nil
}

// testAll evaluates conditions joined with AND.
func testAll(conditions []*node, f *frame) (bool, error) {
	for _, c := range conditions {
		if ok, err := c.test(f); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}
