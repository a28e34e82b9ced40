package query

import (
	"github.com/redferry/redferry/testkit/fakeredshift"
)

// comparison compares two nodes; op is one of = <> < > <= >=.
func comparison(op string, x, y *node) (*node, error) {
	x, y, err := unify(op, x, y)
	if err != nil {
		return nil, err
	}
	holds := outcomes[op]
	return derived(typeBool, func(f *frame) (Value, error) {
		a, err := x.eval(f)
		if a == nil || err != nil {
			return nil, err
		}
		b, err := y.eval(f)
		if b == nil || err != nil {
			return nil, err
		}
		return holds[compare(a, b)+1], nil
	}, x, y), nil
}

// outcomes tells what an operator makes of less, equal and greater.
var outcomes = map[string]*[3]Value{
	"=":  {false, true, false},
	"<>": {true, false, true},
	"<":  {true, false, false},
	">":  {false, false, true},
	"<=": {true, true, false},
	">=": {false, true, true},
}

func (b *binder) binary(x *binaryExpr) (*node, error) {
	switch x.op {
	case "and", "or":
		return b.logic(x)
	}
	if row, ok := x.x.(*rowExpr); ok {
		return b.rowComparison(x.op, row, x.y)
	}
	left, err := b.bind(x.x)
	if err != nil {
		return nil, err
	}
	right, err := b.bind(x.y)
	if err != nil {
		return nil, err
	}
	switch x.op {
	case "=", "<>", "<", ">", "<=", ">=":
		return comparison(x.op, left, right)
	case "||":
		return concat(left, right)
	case "~", "!~", "~*", "!~*":
		return match(x.op, left, right)
	case "~~", "~~*", "!~~", "!~~*", "@", "#", "&", "|", "<<", ">>":
		return nil, unsupported("the operator " + x.op)
	}
	return arithmetic(x.op, left, right)
}

// logic is AND and OR in three values.
func (b *binder) logic(x *binaryExpr) (*node, error) {
	left, err := b.condition(x.x, clauseOf[x.op])
	if err != nil {
		return nil, err
	}
	right, err := b.condition(x.y, clauseOf[x.op])
	if err != nil {
		return nil, err
	}
	decides := Value(x.op == "or") // whatever the other side is
	return derived(typeBool, func(f *frame) (Value, error) {
		a, err := left.eval(f)
		if a == decides || err != nil {
			return a, err
		}
		v, err := right.eval(f)
		if err != nil {
			return nil, err
		}
		if v == decides || a != nil {
			return v, nil
		}
		return nil, nil
	}, left, right), nil
}

var clauseOf = map[string]string{"and": "AND", "or": "OR"}

// rowComparison is (a, b) = (c, d).
func (b *binder) rowComparison(op string, x *rowExpr, y expr) (*node, error) {
	other, ok := y.(*rowExpr)
	if !ok || op != "=" && op != "<>" {
		return nil, unsupported("this comparison of rows")
	}
	if len(other.items) != len(x.items) {
		return nil, refuse(stateSyntax, "unequal number of entries in row expressions")
	}
	all := expr(&binaryExpr{"=", x.items[0], other.items[0]})
	for i := 1; i < len(x.items); i++ {
		all = &binaryExpr{"and", all, &binaryExpr{"=", x.items[i], other.items[i]}}
	}
	if op == "<>" {
		all = &unaryExpr{"not", all}
	}
	return b.bind(all)
}

func (b *binder) unary(x *unaryExpr) (*node, error) {
	if x.op != "not" {
		n, err := b.bind(x.x)
		if err != nil {
			return nil, err
		}
		return sign(x.op, n)
	}
	n, err := b.condition(x.x, "NOT")
	if err != nil {
		return nil, err
	}
	return not(n), nil
}

func not(n *node) *node {
	return strict(typeBool, func(args []Value) (Value, error) { return !args[0].(bool), nil }, n)
}

// is is IS NULL, IS TRUE and their like; never NULL itself.
func (b *binder) is(x *isExpr) (*node, error) {
	n, err := b.bind(x.x)
	if err != nil {
		return nil, err
	}
	var want Value
	if x.what != "null" {
		if n, err = asCondition(n, "IS"); err != nil {
			return nil, err
		}
		if x.what != "unknown" {
			want = x.what == "true"
		}
	}
	negated := x.not
	return derived(typeBool, func(f *frame) (Value, error) {
		v, err := n.eval(f)
		if err != nil {
			return nil, err
		}
		if want == nil {
			return (v == nil) != negated, nil
		}
		return (v == want) != negated, nil
	}, n), nil
}

// distinct is IS [NOT] DISTINCT FROM.
func (b *binder) distinct(x *distinctExpr) (*node, error) {
	nodes, err := b.bindAll([]expr{x.x, x.y})
	if err != nil {
		return nil, err
	}
	same, err := notDistinct(nodes[0], nodes[1])
	if err != nil || x.not {
		return same, err
	}
	return not(same), nil
}

// notDistinct is a comparison in which NULL equals NULL.
func notDistinct(x, y *node) (*node, error) {
	x, y, err := unify("=", x, y)
	if err != nil {
		return nil, err
	}
	return derived(typeBool, func(f *frame) (Value, error) {
		a, err := x.eval(f)
		if err != nil {
			return nil, err
		}
		b, err := y.eval(f)
		if a == nil || b == nil || err != nil {
			return a == nil && b == nil, err
		}
		return compare(a, b) == 0, nil
	}, x, y), nil
}

func (b *binder) between(x *betweenExpr) (*node, error) {
	both := expr(&binaryExpr{"and", &binaryExpr{">=", x.x, x.low}, &binaryExpr{"<=", x.x, x.high}})
	if x.not {
		both = &unaryExpr{"not", both}
	}
	return b.bind(both)
}

// in is x IN (list) and x IN (query).
func (b *binder) in(x *inExpr) (*node, error) {
	n, err := b.inPlain(x)
	if err != nil || !x.not {
		return n, err
	}
	return not(n), nil
}

func (b *binder) inPlain(x *inExpr) (*node, error) {
	if x.query != nil {
		return b.inQuery(x)
	}
	if row, ok := x.x.(*rowExpr); ok {
		return b.inRows(row, x.list)
	}
	nodes, err := b.bindAll(append([]expr{x.x}, x.list...))
	if err != nil {
		return nil, err
	}
	if nodes, err = b.comparable(nodes); err != nil {
		return nil, err
	}
	if set := constants(nodes[1:]); set != nil {
		return set.contains(nodes[0]), nil
	}
	return membership(nodes[0], nodes[1:]), nil
}

// comparable converts the operand of IN and its list to one type.
func (b *binder) comparable(nodes []*node) ([]*node, error) {
	t, ok := common(nodes...)
	if !ok {
		for _, n := range nodes[1:] {
			if _, _, err := unify("=", nodes[0], n); err != nil {
				return nil, err
			}
		}
		return nil, noOperator("=", nodes[0], nodes[1])
	}
	converted := make([]*node, len(nodes))
	for i, n := range nodes {
		var err error
		if converted[i], err = convert(n, plain(t)); err != nil {
			return nil, err
		}
	}
	return converted, nil
}

// membership compares x with one node after the other.
func membership(x *node, list []*node) *node {
	return derived(typeBool, func(f *frame) (Value, error) {
		v, err := x.eval(f)
		if v == nil || err != nil {
			return nil, err
		}
		found := Value(false)
		for _, item := range list {
			w, err := item.eval(f)
			switch {
			case err != nil:
				return nil, err
			case w == nil:
				found = nil
			case compare(v, w) == 0:
				return true, nil
			}
		}
		return found, nil
	}, append([]*node{x}, list...)...)
}

// A valueSet is the list of an IN whose items are constant.
type valueSet struct {
	rows rowIndex
	null bool // NULL is in it
}

// constants returns the set of nodes if all of them are constant.
func constants(nodes []*node) *valueSet {
	set := &valueSet{}
	for _, n := range nodes {
		if !n.constant {
			return nil
		}
		set.add(n.value)
	}
	return set
}

func (s *valueSet) add(v Value) {
	if v == nil {
		s.null = true
		return
	}
	s.rows.add([]Value{v})
}

func (s *valueSet) contains(x *node) *node {
	row := make([]Value, 1)
	return derived(typeBool, func(f *frame) (Value, error) {
		v, err := x.eval(f)
		if v == nil || err != nil {
			return nil, err
		}
		row[0] = v
		return s.answer(row), nil
	}, x)
}

func (s *valueSet) answer(row []Value) Value {
	switch {
	case s.rows.find(row) >= 0:
		return true
	case s.null:
		return nil
	}
	return false
}

// inRows is (a, b) IN ((1, 2), (3, 4)).
func (b *binder) inRows(x *rowExpr, list []expr) (*node, error) {
	var any expr
	for _, item := range list {
		equal := expr(&binaryExpr{"=", x, item})
		if any != nil {
			equal = &binaryExpr{"or", any, equal}
		}
		any = equal
	}
	return b.bind(any)
}

// any is x op ANY (array) and x op ALL (array); with a query, too.
func (b *binder) any(x *anyExpr) (*node, error) {
	left, err := b.bind(x.x)
	if err != nil {
		return nil, err
	}
	if x.query != nil {
		return b.anyQuery(x, left)
	}
	array, err := b.bind(x.y)
	if err != nil {
		return nil, err
	}
	element, ok := arrays[array.typ.OID]
	if !ok {
		return nil, unsupported("an array written as a literal or a parameter")
	}
	return quantified(x, left, element, array.reads, func(f *frame) ([]Value, bool, error) {
		v, err := array.eval(f)
		items, _ := v.([]Value)
		return items, v == nil, err
	})
}

// quantified compares left with each of values, which are of type t.
func quantified(x *anyExpr, left *node, t fakeredshift.Type, from reads, values func(f *frame) ([]Value, bool, error)) (*node, error) {
	var item Value
	right := &node{typ: t, reads: from, eval: func(*frame) (Value, error) { return item, nil }}
	test, err := comparison(x.op, left, right)
	if err != nil {
		return nil, err
	}
	decides := Value(!x.all)
	test.reads = test.reads.union(left.reads)
	return &node{typ: typeBool, reads: test.reads, eval: func(f *frame) (Value, error) {
		items, null, err := values(f)
		if null || err != nil {
			return nil, err
		}
		result := Value(x.all)
		for _, item = range items {
			v, err := test.eval(f)
			switch {
			case err != nil:
				return nil, err
			case v == decides:
				return v, nil
			case v == nil:
				result = nil
			}
		}
		return result, nil
	}}, nil
}
