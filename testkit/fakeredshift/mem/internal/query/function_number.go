package query

import (
	"math"
	"math/big"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

var numberFunctions = map[string]function{
	"abs":          {1, 1, onNumber(absolute)},
	"sign":         {1, 1, onNumber(signum)},
	"floor":        {1, 1, rounding(math.Floor, -1)},
	"ceil ceiling": {1, 1, rounding(math.Ceil, 1)},
	"round":        {1, 2, round},
	"trunc":        {1, 2, trunc},
	"mod":          {2, 2, func(args []*node) (*node, error) { return arithmetic("%", args[0], args[1]) }},
	"power pow":    {2, 2, func(args []*node) (*node, error) { return arithmetic("^", args[0], args[1]) }},
	"sqrt":         {1, 1, squareRoot},
}

// onNumber makes a function whose result has the type of its argument.
func onNumber(call func(v Value, t fakeredshift.Type) (Value, error)) func(args []*node) (*node, error) {
	return func(args []*node) (*node, error) {
		n, err := asNumber(args[0])
		if err != nil {
			return nil, err
		}
		return strict(n.typ, func(values []Value) (Value, error) { return call(values[0], n.typ) }, n), nil
	}
}

// asNumber requires a number; a literal is read as DOUBLE PRECISION.
func asNumber(n *node) (*node, error) {
	switch c := classOf(n.typ); {
	case c.number():
		return n, nil
	case c == unknownClass:
		return convert(n, typeFloat8)
	}
	return nil, errArguments
}

func absolute(v Value, t fakeredshift.Type) (Value, error) {
	switch v := v.(type) {
	case int64:
		if v >= 0 {
			return v, nil
		}
		if v == math.MinInt64 {
			return nil, outOfRange(t)
		}
		return fitInt(-v, t)
	case Numeric:
		return Numeric{new(big.Int).Abs(v.Unscaled()), v.scale}, nil
	}
	return math.Abs(v.(float64)), nil
}

func signum(v Value, _ fakeredshift.Type) (Value, error) {
	switch v := v.(type) {
	case int64:
		return int64(compare(v, int64(0))), nil
	case Numeric:
		sign := int64(v.Unscaled().Sign())
		return Numeric{new(big.Int).Mul(big.NewInt(sign), powerOfTen(v.scale)), v.scale}, nil
	}
	return float64(compareFloats(v.(float64), 0)), nil
}

// rounding makes FLOOR (-1) or CEIL (1).
func rounding(float func(float64) float64, direction int) func(args []*node) (*node, error) {
	return func(args []*node) (*node, error) {
		n, err := asNumber(args[0])
		if err != nil {
			return nil, err
		}
		t := n.typ
		if t.OID == rsql.Numeric {
			digits, scale := precision(t)
			t = numericType(digits-scale+1, 0)
		}
		return strict(t, func(values []Value) (Value, error) {
			switch v := values[0].(type) {
			case float64:
				return float(v), nil
			case Numeric:
				return wholeNumeric(v, direction), nil
			}
			return values[0], nil
		}, n), nil
	}
}

func wholeNumeric(v Numeric, direction int) Numeric {
	whole := Numeric{v.bigInt(), 0}
	if v.Cmp(whole)*direction > 0 {
		whole.unscaled = new(big.Int).Add(whole.unscaled, big.NewInt(int64(direction)))
	}
	return whole
}

// round rounds half away from zero, to places behind the point.
func round(args []*node) (*node, error) {
	return toPlaces(args, Numeric.Round, math.Round)
}

func trunc(args []*node) (*node, error) {
	if len(args) == 1 && classOf(args[0].typ) == stampClass {
		return convert(args[0], typeDate)
	}
	return toPlaces(args, Numeric.truncate, math.Trunc)
}

// truncate cuts digits behind the point.
func (n Numeric) truncate(scale int) Numeric {
	if scale >= n.scale {
		return Numeric{n.at(scale), scale}
	}
	return Numeric{new(big.Int).Quo(n.Unscaled(), powerOfTen(n.scale-scale)), scale}
}

func toPlaces(args []*node, numeric func(Numeric, int) Numeric, float func(float64) float64) (*node, error) {
	n, err := asNumber(args[0])
	if err != nil {
		return nil, err
	}
	places := constantly(int64(0), typeInt4)
	if len(args) > 1 {
		if places, err = convert(args[1], typeInt4); err != nil {
			return nil, err
		}
	}
	return strict(n.typ, func(values []Value) (Value, error) {
		at := values[1].(int64)
		if at < -maxPrecision || at > maxPrecision {
			return nil, refuse(stateBadParameter, "the number of places must be between -%d and %d", maxPrecision, maxPrecision)
		}
		switch v := values[0].(type) {
		case int64:
			return wholePlaces(v, int(at), numeric, n.typ)
		case Numeric:
			return numericPlaces(v, int(at), numeric), nil
		}
		shift := math.Pow(10, float64(at))
		return float(values[0].(float64)*shift) / shift, nil
	}, n, places), nil
}

func wholePlaces(v int64, at int, numeric func(Numeric, int) Numeric, t fakeredshift.Type) (Value, error) {
	if at >= 0 {
		return v, nil
	}
	return roundNumeric(numericPlaces(numericOf(v), at, numeric), t)
}

// numericPlaces keeps the scale of v, as its type does.
func numericPlaces(v Numeric, at int, numeric func(Numeric, int) Numeric) Numeric {
	if at >= v.scale {
		return v
	}
	if at >= 0 {
		return Numeric{numeric(v, at).at(v.scale), v.scale}
	}
	shifted := numeric(Numeric{v.Unscaled(), v.scale - at}, 0)
	return Numeric{new(big.Int).Mul(shifted.Unscaled(), powerOfTen(v.scale-at)), v.scale}
}

func squareRoot(args []*node) (*node, error) {
	n, err := asNumber(args[0])
	if err != nil {
		return nil, err
	}
	if n, err = convert(n, typeFloat8); err != nil {
		return nil, err
	}
	return strict(typeFloat8, func(values []Value) (Value, error) {
		f := values[0].(float64)
		if f < 0 {
			return nil, refuse("2201F", "cannot take square root of a negative number")
		}
		return math.Sqrt(f), nil
	}, n), nil
}
