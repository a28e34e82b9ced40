package query

import (
	"math"
	"math/big"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// arithmetic calculates; op is one of + - * / % ^. Source of the types of
// results: Database Developer Guide, "Computations with numeric values".
func arithmetic(op string, x, y *node) (*node, error) {
	if n, err := dateArithmetic(op, x, y); n != nil || err != nil {
		return n, err
	}
	x, y, err := operands(op, x, y)
	if err != nil {
		return nil, err
	}
	if op == "^" {
		return inFloats(op, x, y, typeFloat8)
	}
	switch t := widerNumber(x.typ, y.typ); classOf(t) {
	case intClass:
		return inInts(op, x, y, t), nil
	case floatClass:
		return inFloats(op, x, y, t)
	default:
		return inNumerics(op, x, y)
	}
}

// operands gives literals the type of the other side.
func operands(op string, x, y *node) (a, b *node, err error) {
	switch {
	case x.isUnknown() && y.isUnknown():
		return nil, nil, refuse("42725", "operator is not unique: %s %s %s", typeText(x.typ), op, typeText(y.typ))
	case x.isUnknown():
		x, err = literal(x, y.typ)
	case y.isUnknown():
		y, err = literal(y, x.typ)
	}
	if err == nil && (!classOf(x.typ).number() || !classOf(y.typ).number()) {
		err = noOperator(op, x, y)
	}
	return x, y, err
}

// literal gives an untyped literal the type of the other side; a NUMERIC has the
// digits that were written.
func literal(n *node, t fakeredshift.Type) (*node, error) {
	n, err := convert(n, plain(t))
	if err != nil {
		return nil, err
	}
	if v, ok := n.value.(Numeric); ok {
		return constantly(v, numericType(max(v.digits(), v.scale, 1), v.scale)), nil
	}
	return n, nil
}

func divisionByZero() error { return refuse(stateDivision, "division by zero") }

func inInts(op string, x, y *node, t fakeredshift.Type) *node {
	if t.OID == oidOID {
		t = typeInt8
	}
	return strict(t, func(args []Value) (Value, error) {
		n, ok, err := calculate(op, args[0].(int64), args[1].(int64))
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, outOfRange(t)
		}
		return fitInt(n, t)
	}, x, y)
}

// calculate reports false if the result does not fit into 64 bits.
func calculate(op string, a, b int64) (n int64, ok bool, err error) {
	switch op {
	case "+":
		n = a + b
		return n, (n > a) == (b > 0), nil
	case "-":
		n = a - b
		return n, (n < a) == (b > 0), nil
	case "*":
		n = a * b
		return n, a == 0 || n/a == b && (a != -1 || b != math.MinInt64), nil
	}
	if b == 0 {
		return 0, false, divisionByZero()
	}
	if op == "%" {
		if b == -1 {
			return 0, true, nil
		}
		return a % b, true, nil
	}
	return a / b, a != math.MinInt64 || b != -1, nil
}

func inFloats(op string, x, y *node, t fakeredshift.Type) (*node, error) {
	a, err := convert(x, typeFloat8)
	if err != nil {
		return nil, err
	}
	b, err := convert(y, typeFloat8)
	if err != nil {
		return nil, err
	}
	if op == "%" {
		return nil, noOperator(op, x, y)
	}
	return strict(t, func(args []Value) (Value, error) {
		f, err := calculateFloat(op, args[0].(float64), args[1].(float64))
		if err != nil {
			return nil, err
		}
		return fitFloat(f, t)
	}, a, b), nil
}

func calculateFloat(op string, a, b float64) (f float64, err error) {
	switch op {
	case "+":
		f = a + b
	case "-":
		f = a - b
	case "*":
		f = a * b
	case "^":
		f = math.Pow(a, b)
	default:
		if b == 0 {
			return 0, divisionByZero()
		}
		f = a / b
	}
	if math.IsInf(f, 0) && !math.IsInf(a, 0) && !math.IsInf(b, 0) {
		return 0, refuse(stateOutOfRange, "value out of range: overflow")
	}
	return f, nil
}

func inNumerics(op string, x, y *node) (*node, error) {
	p1, s1 := precision(x.typ)
	p2, s2 := precision(y.typ)
	var digits, scale int
	switch op {
	case "+", "-", "%":
		scale = max(s1, s2)
		digits = max(p1-s1, p2-s2) + 1 + scale
	case "*":
		scale = s1 + s2
		digits = p1 + p2 + 1
	default:
		scale = max(4, s1+p2-s2+1)
		digits = p1 - s1 + s2 + scale
		if digits > maxPrecision { // what gives way is not documented: the scale, but not below 4
			scale = max(4, scale-(digits-maxPrecision))
		}
	}
	scale = min(scale, maxPrecision)
	t := numericType(digits, scale)
	a, err := convert(x, typeNumeric)
	if err != nil {
		return nil, err
	}
	b, err := convert(y, a.typ)
	if err != nil {
		return nil, err
	}
	return strict(t, func(args []Value) (Value, error) {
		return calculateNumeric(op, args[0].(Numeric), args[1].(Numeric), scale)
	}, a, b), nil
}

func calculateNumeric(op string, a, b Numeric, scale int) (Value, error) {
	n, err := exactly(op, a, b, scale)
	if err != nil {
		return nil, err
	}
	if n.scale > scale {
		n = n.Round(scale)
	}
	n = Numeric{n.at(scale), scale}
	if !n.fits(maxPrecision) {
		e := refuse(stateOutOfRange, "Numeric data overflow (result precision)")
		e.Code = 1058
		return nil, e
	}
	return n, nil
}

// exactly calculates without a limit. A quotient is cut at its scale.
func exactly(op string, a, b Numeric, scale int) (Numeric, error) {
	common := max(a.scale, b.scale)
	switch op {
	case "+":
		return Numeric{new(big.Int).Add(a.at(common), b.at(common)), common}, nil
	case "-":
		return Numeric{new(big.Int).Sub(a.at(common), b.at(common)), common}, nil
	case "*":
		return Numeric{new(big.Int).Mul(a.Unscaled(), b.Unscaled()), a.scale + b.scale}, nil
	}
	if b.Unscaled().Sign() == 0 {
		return Numeric{}, divisionByZero()
	}
	if op == "%" {
		return Numeric{new(big.Int).Rem(a.at(common), b.at(common)), common}, nil
	}
	dividend := new(big.Int).Mul(a.at(common), powerOfTen(scale))
	return Numeric{dividend.Quo(dividend, b.at(common)), scale}, nil
}

// sign is a + or - in front.
func sign(op string, n *node) (*node, error) {
	if n.isUnknown() {
		var err error
		if n, err = convert(n, typeFloat8); err != nil {
			return nil, err
		}
	}
	if !classOf(n.typ).number() {
		return nil, refuse(stateNoFunction, "operator does not exist: %s %s", op, typeText(n.typ))
	}
	if op == "+" {
		return n, nil
	}
	t := n.typ
	if t.OID == oidOID {
		t = typeInt8
	}
	return strict(t, func(args []Value) (Value, error) {
		switch v := args[0].(type) {
		case int64:
			if v == math.MinInt64 {
				return nil, outOfRange(t)
			}
			return fitInt(-v, t)
		case Numeric:
			return Numeric{new(big.Int).Neg(v.Unscaled()), v.scale}, nil
		}
		return -args[0].(float64), nil
	}, n), nil
}

// dateArithmetic is date + days, date - days, date - date; nil if x and y are
// something else.
func dateArithmetic(op string, x, y *node) (*node, error) {
	cx, cy := classOf(x.typ), classOf(y.typ)
	switch {
	case !cx.time() && !cy.time():
		return nil, nil
	case op == "+" && cx == intClass && cy == dateClass:
		return addDays(y, x, 1), nil
	case op == "+" && cx == dateClass && cy == intClass:
		return addDays(x, y, 1), nil
	case op == "-" && cx == dateClass && cy == intClass:
		return addDays(x, y, -1), nil
	case op == "-" && cx == dateClass && (cy == dateClass || cy == unknownClass):
		other, err := convert(y, typeDate)
		if err != nil {
			return nil, err
		}
		return strict(typeInt4, func(args []Value) (Value, error) {
			return (args[0].(time.Time).Unix() - args[1].(time.Time).Unix()) / (24 * 60 * 60), nil
		}, x, other), nil
	case op == "-" && cx.time() && (cy.time() || cy == unknownClass):
		return nil, unsupported("INTERVAL")
	}
	return nil, noOperator(op, x, y)
}

func addDays(date, days *node, sign int) *node {
	return strict(typeDate, func(args []Value) (Value, error) {
		n := args[1].(int64)
		if n < -maxDays || n > maxDays {
			return nil, refuse(stateDateRange, "date out of range")
		}
		return args[0].(time.Time).AddDate(0, 0, sign*int(n)), nil
	}, date, days)
}

// maxDays is more days than there are between the first date and the last.
const maxDays = 300_000 * 366
