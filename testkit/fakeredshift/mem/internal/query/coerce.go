package query

import (
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// convert returns n as a value of type t, as a cast does.
func convert(n *node, t fakeredshift.Type) (*node, error) {
	if n.constant {
		v, err := Cast(n.value, n.typ, t)
		if err != nil {
			return nil, err
		}
		return constantly(v, t), nil
	}
	c, err := conversion(n.typ, t)
	switch {
	case err != nil:
		return nil, err
	case c == nil:
		if n.typ == t {
			return n, nil
		}
		same := *n
		same.typ = t
		return &same, nil
	}
	return strict(t, func(args []Value) (Value, error) { return c(args[0]) }, n), nil
}

// typed gives a literal that found no type in its place that of text.
func typed(n *node) *node {
	if n.typ.OID != oidUnknown {
		return n
	}
	return constantly(n.value, typeVarchar)
}

// isUnknown reports whether n is a literal without a type. All such are constant.
func (n *node) isUnknown() bool { return n.typ.OID == oidUnknown }

// common returns the type to which nodes convert without a cast, for the branches
// of CASE and its like; false if there is none.
func common(nodes ...*node) (fakeredshift.Type, bool) {
	var t fakeredshift.Type
	known := false
	for _, n := range nodes {
		switch {
		case n.isUnknown():
		case !known:
			t, known = n.typ, true
		default:
			if t, known = wider(t, n.typ); !known {
				return t, false
			}
		}
	}
	if !known {
		return typeVarchar, true
	}
	return withLiterals(t, nodes), true
}

// withLiterals makes a VARCHAR long enough for the literals among nodes.
func withLiterals(t fakeredshift.Type, nodes []*node) fakeredshift.Type {
	length := rsql.Length(t)
	if t.OID != rsql.Varchar || length < 0 {
		return t
	}
	for _, n := range nodes {
		if s, ok := n.value.(string); ok && n.isUnknown() {
			length = max(length, len(s))
		}
	}
	t.Modifier = int32(length) + 4
	return t
}

// wider returns the type that holds the values of both.
func wider(a, b fakeredshift.Type) (fakeredshift.Type, bool) {
	if a == b {
		return a, true
	}
	ca, cb := classOf(a), classOf(b)
	switch {
	case ca.number() && cb.number():
		return widerNumber(a, b), true
	case ca == textClass && cb == textClass:
		return widerText(a, b), true
	case ca.time() && cb.time():
		for _, t := range []fakeredshift.Type{typeTimestamptz, typeTimestamp} {
			if a.OID == t.OID || b.OID == t.OID {
				return t, true
			}
		}
		return typeDate, true
	case ca == cb && a.OID == b.OID:
		return plain(a), true
	}
	return a, false
}

func widerNumber(a, b fakeredshift.Type) fakeredshift.Type {
	rank := func(t fakeredshift.Type) int {
		switch t.OID {
		case rsql.Int2:
			return 1
		case rsql.Int4:
			return 2
		case rsql.Int8, oidOID:
			return 3
		case rsql.Numeric:
			return 4
		case rsql.Float4:
			return 5
		}
		return 6
	}
	wide, narrow := a, b
	if rank(b) > rank(a) {
		wide, narrow = b, a
	}
	switch {
	case wide.OID == rsql.Numeric:
		p1, s1 := precision(wide)
		p2, s2 := precision(narrow)
		scale := max(s1, s2)
		return numericType(max(p1-s1, p2-s2)+scale, scale)
	case wide.OID == rsql.Float4 && narrow.OID != rsql.Float4:
		return typeFloat8
	case wide.OID == oidOID && narrow.OID != oidOID:
		return typeInt8
	}
	return wide
}

func widerText(a, b fakeredshift.Type) fakeredshift.Type {
	length := max(rsql.Length(a), rsql.Length(b))
	if rsql.Length(a) < 0 || rsql.Length(b) < 0 {
		length = -1
	}
	t := typeVarchar
	if a.OID == rsql.Bpchar && b.OID == rsql.Bpchar {
		t = typeBpchar
	}
	if length >= 0 {
		t.Modifier = int32(length) + 4
	}
	return t
}

// unify makes two operands comparable; op is for the refusal.
func unify(op string, x, y *node) (a, b *node, err error) {
	switch {
	case x.isUnknown() && y.isUnknown():
		return typed(x), typed(y), nil
	case x.isUnknown():
		a, err = convert(x, plain(y.typ))
		return a, y, err
	case y.isUnknown():
		b, err = convert(y, plain(x.typ))
		return x, b, err
	}
	cx, cy := classOf(x.typ), classOf(y.typ)
	switch {
	case cx == cy && cx != arrayClass && cx != otherClass && cx != superClass, cx.time() && cy.time():
		return x, y, nil
	case cx.number() && cy.number():
		t := plain(widerNumber(x.typ, y.typ))
		if a, err = convert(x, t); err == nil {
			b, err = convert(y, t)
		}
		return a, b, err
	}
	return nil, nil, noOperator(op, x, y)
}

func noOperator(op string, x, y *node) error {
	e := refuse(stateNoFunction, "operator does not exist: %s %s %s", typeText(x.typ), op, typeText(y.typ))
	e.Hint = "No operator matches the given name and argument type(s). You may need to add explicit type casts."
	return e
}
