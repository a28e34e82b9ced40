package query

import (
	"math/big"
	"slices"
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// An aggregation is one aggregate of a query.
type aggregation struct {
	typ      fakeredshift.Type
	args     []*node
	nulls    bool // rows whose argument is NULL count, too
	distinct bool
	order    []sortKey // WITHIN GROUP
	create   func() accumulator
}

// An accumulator collects the values of one aggregate over one group.
type accumulator interface {
	add(args []Value) error
	result() (Value, error)
}

// An aggregateFunction checks the arguments of a call.
type aggregateFunction func(x *callExpr, args []*node) (aggregation, error)

// aggregates are found by name.
var aggregates map[string]aggregateFunction

func init() { // a variable would depend on itself
	aggregates = map[string]aggregateFunction{
		"count": countOf, "sum": sumOf, "avg": averageOf, "listagg": listOf,
		"min":       func(x *callExpr, args []*node) (aggregation, error) { return extremeOf(-1, x, args) },
		"max":       func(x *callExpr, args []*node) (aggregation, error) { return extremeOf(1, x, args) },
		"any_value": func(x *callExpr, args []*node) (aggregation, error) { return extremeOf(0, x, args) },
		"bool_and":  func(x *callExpr, args []*node) (aggregation, error) { return boolOf(-1, x, args) },
		"bool_or":   func(x *callExpr, args []*node) (aggregation, error) { return boolOf(1, x, args) },
	}
	for name := range words("stddev stddev_samp stddev_pop variance var_samp var_pop median percentile_cont percentile_disc approximate") {
		aggregates[name] = func(x *callExpr, _ []*node) (aggregation, error) { return aggregation{}, unsupported(x.name + "()") }
	}
}

// open starts a group.
func (a *aggregation) open() accumulator {
	acc := a.create()
	if len(a.order) > 0 {
		acc = &ordered{into: acc, keys: a.order, args: len(a.args)}
	}
	if a.distinct {
		acc = &distinct{into: acc, args: len(a.args)}
	}
	return acc
}

// add hands the row of f to an accumulator, with what the order needs behind
// the arguments.
func (a *aggregation) add(acc accumulator, f *frame) error {
	values := make([]Value, 0, len(a.args)+len(a.order))
	for i, arg := range a.args {
		v, err := arg.eval(f)
		if err != nil {
			return err
		}
		if v == nil && i == 0 && !a.nulls {
			return nil
		}
		values = append(values, v)
	}
	for _, key := range a.order {
		v, err := key.node.eval(f)
		if err != nil {
			return err
		}
		values = append(values, v)
	}
	return acc.add(values)
}

// distinct drops values that were there before.
type distinct struct {
	into accumulator
	args int
	seen rowIndex
}

func (d *distinct) add(args []Value) error {
	if !d.seen.add(args[:d.args]) {
		return nil
	}
	return d.into.add(args)
}

func (d *distinct) result() (Value, error) { return d.into.result() }

// ordered sorts the values of WITHIN GROUP.
type ordered struct {
	into accumulator
	keys []sortKey
	args int
	rows [][]Value
}

func (o *ordered) add(args []Value) error {
	o.rows = append(o.rows, args)
	return nil
}

func (o *ordered) result() (Value, error) {
	slices.SortStableFunc(o.rows, func(a, b []Value) int { return compareKeys(o.keys, a[o.args:], b[o.args:]) })
	for _, row := range o.rows {
		if err := o.into.add(row[:o.args]); err != nil {
			return nil, err
		}
	}
	return o.into.result()
}

// one requires one argument.
func one(x *callExpr, args []*node) (*node, error) {
	if len(args) != 1 || x.star {
		return nil, noFunction(x.name, args)
	}
	return typed(args[0]), nil
}

type counter struct{ n int64 }

func (c *counter) add([]Value) error      { c.n++; return nil }
func (c *counter) result() (Value, error) { return c.n, nil }

func countOf(x *callExpr, args []*node) (aggregation, error) {
	a := aggregation{typ: typeInt8, create: func() accumulator { return &counter{} }}
	if x.star {
		return a, nil
	}
	n, err := one(x, args)
	a.args = []*node{n}
	return a, err
}

// intSum adds integers exactly; its result must be a BIGINT.
type intSum struct {
	sum   big.Int
	small int64 // not yet in sum
	count int64
}

func (s *intSum) add(args []Value) error {
	n := args[0].(int64)
	s.count++
	if sum, ok, _ := calculate("+", s.small, n); ok {
		s.small = sum
		return nil
	}
	s.sum.Add(&s.sum, big.NewInt(s.small))
	s.small = n
	return nil
}

func (s *intSum) result() (Value, error) {
	if s.count == 0 {
		return nil, nil
	}
	total := s.total()
	if !total.IsInt64() {
		return nil, outOfRange(typeInt8)
	}
	return total.Int64(), nil
}

func (s *intSum) total() *big.Int { return new(big.Int).Add(&s.sum, big.NewInt(s.small)) }

// intAverage is cut to a whole number, as in Redshift.
type intAverage struct{ intSum }

func (s *intAverage) result() (Value, error) {
	if s.count == 0 {
		return nil, nil
	}
	return new(big.Int).Quo(s.total(), big.NewInt(s.count)).Int64(), nil
}

type numericSum struct {
	sum     Numeric
	count   int64
	average bool
}

func (s *numericSum) add(args []Value) error {
	n := args[0].(Numeric)
	scale := max(s.sum.scale, n.scale)
	s.sum = Numeric{new(big.Int).Add(s.sum.at(scale), n.at(scale)), scale}
	s.count++
	return nil
}

func (s *numericSum) result() (Value, error) {
	switch {
	case s.count == 0:
		return nil, nil
	case s.average:
		return Numeric{new(big.Int).Quo(s.sum.Unscaled(), big.NewInt(s.count)), s.sum.scale}, nil
	}
	return fitNumeric(s.sum, numericType(maxPrecision, s.sum.scale))
}

type floatSum struct {
	sum     float64
	count   int64
	average bool
}

func (s *floatSum) add(args []Value) error {
	s.sum += args[0].(float64)
	s.count++
	return nil
}

func (s *floatSum) result() (Value, error) {
	switch {
	case s.count == 0:
		return nil, nil
	case s.average:
		return s.sum / float64(s.count), nil
	}
	return s.sum, nil
}

func sumOf(x *callExpr, args []*node) (aggregation, error) {
	return total(x, args, false, func() accumulator { return &intSum{} })
}

func averageOf(x *callExpr, args []*node) (aggregation, error) {
	return total(x, args, true, func() accumulator { return &intAverage{} })
}

// total makes SUM and AVG. Source of the types: Database Developer Guide, "SUM
// function" and "AVG function".
func total(x *callExpr, args []*node, average bool, ints func() accumulator) (aggregation, error) {
	n, err := one(x, args)
	if err != nil {
		return aggregation{}, err
	}
	a := aggregation{args: []*node{n}}
	switch classOf(n.typ) {
	case intClass:
		a.typ, a.create = typeInt8, ints
	case numericClass:
		_, scale := precision(n.typ)
		a.typ = numericType(maxPrecision, scale)
		a.create = func() accumulator { return &numericSum{sum: Numeric{scale: scale}, average: average} }
	case floatClass:
		a.typ = typeFloat8
		a.create = func() accumulator { return &floatSum{average: average} }
	default:
		return a, noFunction(x.name, args)
	}
	return a, nil
}

// best keeps the greatest value (1), the least (-1), or the first (0).
type best struct {
	sign  int
	value Value
}

func (b *best) add(args []Value) error {
	if b.value == nil || b.sign != 0 && b.sign*compare(args[0], b.value) > 0 {
		b.value = args[0]
	}
	return nil
}

func (b *best) result() (Value, error) { return b.value, nil }

func extremeOf(sign int, x *callExpr, args []*node) (aggregation, error) {
	n, err := one(x, args)
	if err != nil {
		return aggregation{}, err
	}
	switch classOf(n.typ) {
	case boolClass, arrayClass, superClass, otherClass:
		if sign != 0 {
			return aggregation{}, noFunction(x.name, args)
		}
	}
	return aggregation{typ: keep(n.typ), args: []*node{n}, create: func() accumulator { return &best{sign: sign} }}, nil
}

func boolOf(sign int, x *callExpr, args []*node) (aggregation, error) {
	n, err := one(x, args)
	if err == nil && n.typ.OID != rsql.Bool {
		err = noFunction(x.name, args)
	}
	return aggregation{typ: typeBool, args: []*node{n}, create: func() accumulator { return &best{sign: sign} }}, err
}

// list joins texts, as LISTAGG does.
type list struct {
	texts     []string
	size      int
	separator string
}

func (l *list) add(args []Value) error {
	s := args[0].(string)
	l.texts = append(l.texts, s)
	if l.size += len(s) + len(l.separator); l.size-len(l.separator) > maxText {
		return tooLong("Result size exceeds LISTAGG limit")
	}
	return nil
}

func (l *list) result() (Value, error) {
	if l.texts == nil {
		return nil, nil
	}
	return strings.Join(l.texts, l.separator), nil
}

func listOf(x *callExpr, args []*node) (aggregation, error) {
	if len(args) < 1 || len(args) > 2 || x.star {
		return aggregation{}, noFunction(x.name, args)
	}
	n, err := asText(args[0])
	if err != nil {
		return aggregation{}, err
	}
	separator := ""
	if len(args) == 2 {
		text, ok := args[1].value.(string)
		if !ok {
			return aggregation{}, unsupported("a separator of LISTAGG that is not constant")
		}
		separator = text
	}
	t := typeVarchar
	t.Modifier = maxText + 4
	return aggregation{typ: t, args: []*node{n}, create: func() accumulator { return &list{separator: separator} }}, nil
}
