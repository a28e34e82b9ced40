package query

import (
	"math"
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A binder resolves the names of one query against its sources, and then those of
// the queries around it.
type binder struct {
	session
	parent  *binder
	with    *withScope
	sources []source
	merged  []place    // columns that USING joined
	first   int        // sources before it are not to be seen, for ON
	groups  *grouping  // the query has groups
	inside  string     // the clause, for a refusal of aggregates
	aliases []selected // of the select list, as far as it is resolved
	outer   reads      // what all of the query reads of those around it
}

// A session is what all queries of one Run share.
type session struct {
	scope Scope
	args  []*string
	*ticker
}

// A ticker asks now and then whether to go on.
type ticker struct {
	interrupted func() error // nil if nobody is to be asked
	rows        int
}

func newSession(s Scope, args []*string) session {
	t := &ticker{}
	if i, ok := s.(interface{ Interrupted() error }); ok {
		t.interrupted = i.Interrupted
	}
	return session{s, args, t}
}

// tick is called for every row that is looked at.
func (t *ticker) tick() error {
	if t.rows++; t.rows%4096 == 0 && t.interrupted != nil {
		return t.interrupted()
	}
	return nil
}

// A withScope is a query that WITH names, and those before it.
type withScope struct {
	table  *commonTable
	before *withScope
}

// find returns the query of a name, and what that query itself may name.
func (w *withScope) find(name string) (*commonTable, *withScope) {
	for ; w != nil; w = w.before {
		if w.table.name == name {
			return w.table, w.before
		}
	}
	return nil, nil
}

// A source is what one item of FROM shows.
type source struct {
	schema, alias string
	columns       []fakeredshift.Column
	hidden        []bool // merged by USING with a column of an earlier source; nil if none
}

// bind resolves an expression. Literals keep the unknown type.
func (b *binder) bind(x expr) (*node, error) {
	if b.groups != nil {
		if n := b.groups.key(b, x); n != nil {
			return n, nil
		}
	}
	switch x := x.(type) {
	case *columnRef:
		return b.column(x)
	case *stringLit:
		return constantly(x.value, typeUnknown), nil
	case *numberLit:
		return number(x.text)
	case *boolLit:
		return constantly(x.value, typeBool), nil
	case *nullLit:
		return constantly(nil, typeUnknown), nil
	case *paramRef:
		return b.param(x.number)
	case *castExpr:
		return b.cast(x)
	case *callExpr:
		return b.call(x)
	case *caseExpr:
		return b.caseExpr(x)
	case *indexExpr:
		return b.index(x)
	case *zoneExpr:
		return b.zone(x)
	case *subquery:
		return b.scalar(x)
	case *starRef:
		return nil, refuse(stateSyntax, `syntax error at or near "*"`)
	case *rowExpr:
		return nil, unsupported("a row as a value")
	}
	return b.operator(x)
}

// operator resolves the expressions with operators, and conditions.
func (b *binder) operator(x expr) (*node, error) {
	switch x := x.(type) {
	case *unaryExpr:
		return b.unary(x)
	case *binaryExpr:
		return b.binary(x)
	case *likeExpr:
		return b.like(x)
	case *isExpr:
		return b.is(x)
	case *distinctExpr:
		return b.distinct(x)
	case *betweenExpr:
		return b.between(x)
	case *inExpr:
		return b.in(x)
	case *anyExpr:
		return b.any(x)
	case *existsExpr:
		return b.exists(x)
	}
	return nil, unsupported("this expression")
}

// bindAll resolves a list.
func (b *binder) bindAll(list []expr) ([]*node, error) {
	nodes := make([]*node, len(list))
	for i, x := range list {
		n, err := b.bind(x)
		if err != nil {
			return nil, err
		}
		nodes[i] = n
	}
	return nodes, nil
}

// number is the value of a literal: INTEGER or BIGINT if it fits, else NUMERIC;
// with an exponent DOUBLE PRECISION.
func number(text string) (*node, error) {
	if n, ok := parseInt(text); ok {
		if n <= math.MaxInt32 {
			return constantly(n, typeInt4), nil
		}
		return constantly(n, typeInt8), nil
	}
	if strings.ContainsAny(text, "eE") {
		f, err := parseFloat(text, typeFloat8)
		return constantly(f, typeFloat8), err
	}
	n, ok := ParseNumeric(text)
	if !ok || n.digits() > maxPrecision || n.scale > maxPrecision {
		return nil, refuse(stateOutOfRange, "numeric field overflow")
	}
	return constantly(n, numericType(max(n.digits(), n.scale, 1), n.scale)), nil
}

// param is an argument: a literal without a type.
func (b *binder) param(number int) (*node, error) {
	if number > len(b.args) {
		return nil, refuse(stateNoParameter, "there is no parameter $%d", number)
	}
	arg := b.args[number-1]
	if arg == nil {
		return constantly(nil, typeUnknown), nil
	}
	if !validText(*arg) {
		return nil, badBytes()
	}
	return constantly(*arg, typeUnknown), nil
}

func (b *binder) cast(x *castExpr) (*node, error) {
	n, err := b.bind(x.x)
	if err != nil {
		return nil, err
	}
	if x.to.call != "" && classOf(n.typ) != intClass {
		return b.session.call(x.to.call, []*node{typed(n)})
	}
	return convert(n, x.to.typ)
}

func (b *binder) caseExpr(x *caseExpr) (*node, error) {
	conditions, results := make([]*node, len(x.whens)), make([]*node, len(x.whens), len(x.whens)+1)
	for i, w := range x.whens {
		condition := w.condition
		if x.operand != nil {
			condition = &binaryExpr{"=", x.operand, condition}
		}
		var err error
		if conditions[i], err = b.condition(condition, "CASE/WHEN"); err != nil {
			return nil, err
		}
		if results[i], err = b.bind(w.result); err != nil {
			return nil, err
		}
	}
	otherwise := expr(&nullLit{})
	if x.otherwise != nil {
		otherwise = x.otherwise
	}
	last, err := b.bind(otherwise)
	if err != nil {
		return nil, err
	}
	results, t, err := matched("CASE", append(results, last))
	if err != nil {
		return nil, err
	}
	return choice(t, conditions, results), nil
}

// choice is the first result whose condition is true, and else the last.
func choice(t fakeredshift.Type, conditions, results []*node) *node {
	n := derived(t, func(f *frame) (Value, error) {
		for i, c := range conditions {
			if ok, err := c.test(f); err != nil {
				return nil, err
			} else if ok {
				return results[i].eval(f)
			}
		}
		return results[len(conditions)].eval(f)
	}, append(conditions[:len(conditions):len(conditions)], results...)...)
	return n
}

// matched converts nodes to their common type; what is for the refusal.
func matched(what string, nodes []*node) ([]*node, fakeredshift.Type, error) {
	t, ok := common(nodes...)
	if !ok {
		names := make([]string, 0, 2)
		for _, n := range nodes {
			if name := typeText(n.typ); !n.isUnknown() && (len(names) == 0 || len(names) == 1 && names[0] != name) {
				names = append(names, name)
			}
		}
		return nil, t, refuse(stateMismatch, "%s types %s cannot be matched", what, strings.Join(names, " and "))
	}
	converted := make([]*node, len(nodes))
	for i, n := range nodes {
		var err error
		if converted[i], err = convert(n, t); err != nil {
			return nil, t, err
		}
	}
	return converted, t, nil
}

// index is a subscript of an array. Outside of the array is NULL.
func (b *binder) index(x *indexExpr) (*node, error) {
	array, err := b.bind(x.x)
	if err != nil {
		return nil, err
	}
	at, err := b.bind(x.at)
	if err != nil {
		return nil, err
	}
	element, ok := arrays[array.typ.OID]
	if !ok {
		return nil, refuse(stateMismatch, "cannot subscript type %s because it is not an array", typeText(array.typ))
	}
	if at, err = convert(at, typeInt4); err != nil {
		return nil, err
	}
	return strict(element, func(args []Value) (Value, error) {
		items, i := args[0].([]Value), args[1].(int64)
		if i < 1 || i > int64(len(items)) {
			return nil, nil
		}
		return items[i-1], nil
	}, array, at), nil
}

// zone is AT TIME ZONE. A timestamp and its instant are the same in UTC.
func (b *binder) zone(x *zoneExpr) (*node, error) {
	at, err := b.bind(x.x)
	if err != nil {
		return nil, err
	}
	zone, err := b.bind(x.zone)
	if err != nil {
		return nil, err
	}
	if name, ok := zone.value.(string); !ok || !strings.EqualFold(name, "UTC") && !strings.EqualFold(name, "GMT") {
		return nil, unsupported("a time zone other than UTC")
	}
	t := typeTimestamptz
	if at.typ.OID == rsql.Timestamptz || at.isUnknown() {
		t = typeTimestamp
	}
	if at.isUnknown() {
		if at, err = convert(at, typeTimestamptz); err != nil {
			return nil, err
		}
	}
	if !classOf(at.typ).time() {
		return nil, refuse(stateNoFunction, "function timezone(%s, %s) does not exist", typeText(zone.typ), typeText(at.typ))
	}
	return convert(at, t)
}

// condition resolves a condition; clause is for the refusals.
func (b *binder) condition(x expr, clause string) (*node, error) {
	n, err := b.bind(x)
	if err != nil {
		return nil, err
	}
	return asCondition(n, clause)
}

func asCondition(n *node, clause string) (*node, error) {
	if n.isUnknown() {
		return convert(n, typeBool)
	}
	if classOf(n.typ) != boolClass {
		return nil, refuse(stateMismatch, "argument of %s must be type boolean, not type %s", clause, typeText(n.typ))
	}
	return n, nil
}
