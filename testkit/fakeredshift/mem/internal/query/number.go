package query

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

func parseInt(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// bounds returns the least and the greatest value of an integer type.
func bounds(t fakeredshift.Type) (low, high int64) {
	switch t.OID {
	case rsql.Int2:
		return math.MinInt16, math.MaxInt16
	case rsql.Int4:
		return math.MinInt32, math.MaxInt32
	case oidOID:
		return 0, math.MaxUint32
	}
	return math.MinInt64, math.MaxInt64
}

// outOfRange refuses a number that an integer type cannot hold.
func outOfRange(t fakeredshift.Type) error {
	return refuse(stateOutOfRange, "%s out of range", typeText(t))
}

func fitInt(n int64, t fakeredshift.Type) (Value, error) {
	if low, high := bounds(t); n < low || n > high {
		return nil, outOfRange(t)
	}
	return n, nil
}

func toInt(from, to fakeredshift.Type) (converter, error) {
	low, high := bounds(to)
	switch classOf(from) {
	case intClass:
		if a, b := bounds(from); a >= low && b <= high {
			return nil, nil
		}
		return func(v Value) (Value, error) {
			if n := v.(int64); n < low || n > high {
				return nil, outOfRange(to)
			}
			return v, nil
		}, nil
	case boolClass:
		return func(v Value) (Value, error) {
			if v.(bool) {
				return int64(1), nil
			}
			return int64(0), nil
		}, nil
	case numericClass:
		return func(v Value) (Value, error) { return roundNumeric(v.(Numeric), to) }, nil
	case floatClass:
		return func(v Value) (Value, error) { return roundFloat(v.(float64), to) }, nil
	case textClass, unknownClass:
		return func(v Value) (Value, error) { return parseInteger(v.(string), to) }, nil
	}
	return nil, refuse(stateCannotCast, "cannot cast type %s to %s", typeText(from), typeText(to))
}

// roundNumeric rounds half away from zero, as PostgreSQL does.
func roundNumeric(n Numeric, to fakeredshift.Type) (Value, error) {
	whole := n.Round(0).Unscaled()
	if !whole.IsInt64() {
		return nil, outOfRange(to)
	}
	return fitInt(whole.Int64(), to)
}

// roundFloat rounds half to even, as PostgreSQL does.
func roundFloat(f float64, to fakeredshift.Type) (Value, error) {
	f = math.RoundToEven(f)
	if math.IsNaN(f) || f < -(1<<63) || f >= 1<<63 {
		return nil, outOfRange(to)
	}
	return fitInt(int64(f), to)
}

func parseInteger(text string, t fakeredshift.Type) (Value, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	low, high := bounds(t)
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && (n < low || n > high):
		return nil, refuse(stateOutOfRange, "value %q is out of range for type %s", text, typeText(t))
	case err != nil:
		return nil, refuse(stateBadText, "invalid input syntax for integer: %q", text)
	}
	return n, nil
}

func toNumeric(from, to fakeredshift.Type) converter {
	switch classOf(from) {
	case numericClass:
		return func(v Value) (Value, error) { return fitNumeric(v.(Numeric), to) }
	case intClass:
		return func(v Value) (Value, error) { return fitNumeric(numericOf(v.(int64)), to) }
	case floatClass:
		return func(v Value) (Value, error) {
			n, ok := ParseNumeric(strconv.FormatFloat(v.(float64), 'e', -1, floatBits(from)))
			if !ok {
				return nil, refuse(stateOutOfRange, "numeric field overflow")
			}
			return fitNumeric(n, to)
		}
	case textClass, unknownClass:
		return func(v Value) (Value, error) {
			n, ok := ParseNumeric(strings.TrimSpace(v.(string)))
			if !ok {
				return nil, refuse(stateBadText, "invalid input syntax for type numeric: %q", v)
			}
			return fitNumeric(n, to)
		}
	}
	return nil
}

// fitNumeric rounds to the scale of t; without one n keeps its own.
func fitNumeric(n Numeric, t fakeredshift.Type) (Value, error) {
	digits, scale := rsql.Precision(t)
	if digits == 0 {
		digits, scale = maxPrecision, min(n.scale, maxPrecision)
	}
	if n.scale != scale {
		n = n.Round(scale)
	}
	if !n.fits(digits) {
		return nil, refuse(stateOutOfRange, "numeric field overflow")
	}
	return n, nil
}

func floatBits(t fakeredshift.Type) int {
	if t.OID == rsql.Float4 {
		return 32
	}
	return 64
}

func toFloat(from, to fakeredshift.Type) converter {
	switch classOf(from) {
	case floatClass:
		return func(v Value) (Value, error) { return fitFloat(v.(float64), to) }
	case intClass:
		return func(v Value) (Value, error) { return fitFloat(float64(v.(int64)), to) }
	case numericClass:
		return func(v Value) (Value, error) { return parseFloat(v.(Numeric).String(), to) }
	case textClass, unknownClass:
		return func(v Value) (Value, error) { return parseFloat(v.(string), to) }
	}
	return nil
}

func fitFloat(f float64, to fakeredshift.Type) (Value, error) {
	if to.OID != rsql.Float4 {
		return f, nil
	}
	small := float64(float32(f))
	if math.IsInf(small, 0) && !math.IsInf(f, 0) {
		return nil, outOfRange(to)
	}
	return small, nil
}

func parseFloat(text string, to fakeredshift.Type) (Value, error) {
	trimmed := strings.TrimSpace(text)
	f, err := strconv.ParseFloat(trimmed, floatBits(to))
	switch {
	case errors.Is(err, strconv.ErrRange):
		return nil, refuse(stateOutOfRange, "%q is out of range for type %s", text, typeText(to))
	case err != nil, strings.ContainsAny(trimmed, "xX_pP"): // Go's own spellings
		return nil, refuse(stateBadText, "invalid input syntax for type %s: %q", typeText(to), text)
	}
	return f, nil
}

// bigInt is the whole part of n.
func (n Numeric) bigInt() *big.Int {
	if n.scale == 0 {
		return n.Unscaled()
	}
	return new(big.Int).Quo(n.Unscaled(), powerOfTen(n.scale))
}
