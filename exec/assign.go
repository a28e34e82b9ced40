package exec

import (
	"encoding"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"time"
)

var errNull = errors.New("NULL needs a pointer to a pointer, or a type that knows NULL")

// assign converts v for dest, which [Rows.Scan] describes.
func assign(dest any, v Value) error {
	switch d := dest.(type) {
	case *any:
		*d = v
		return nil
	case *[]byte:
		return assignBytes(d, v)
	case *time.Time:
		return assignTime(d, v)
	case interface{ Scan(src any) error }:
		return d.Scan(v)
	}
	p := reflect.ValueOf(dest)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return fmt.Errorf("%T is no pointer to scan into", dest)
	}
	return assignElem(p.Elem(), v)
}

func assignElem(dest reflect.Value, v Value) error {
	if dest.Kind() == reflect.Pointer {
		if v == nil {
			dest.SetZero()
			return nil
		}
		fresh := reflect.New(dest.Type().Elem())
		if err := assign(fresh.Interface(), v); err != nil {
			return err
		}
		dest.Set(fresh)
		return nil
	}
	if v == nil {
		return errNull
	}
	if u, ok := dest.Addr().Interface().(encoding.TextUnmarshaler); ok {
		text, err := textOf(v)
		if err != nil {
			return err
		}
		return u.UnmarshalText([]byte(text))
	}
	return assignKind(dest, v)
}

func assignKind(dest reflect.Value, v Value) error {
	switch dest.Kind() {
	case reflect.Bool:
		return assignBool(dest, v)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return assignInt(dest, v)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return assignUint(dest, v)
	case reflect.Float32, reflect.Float64:
		return assignFloat(dest, v)
	case reflect.String:
		text, err := textOf(v)
		if err == nil {
			dest.SetString(text)
		}
		return err
	}
	return fmt.Errorf("a %T cannot become a %s", v, dest.Type())
}

func assignBytes(dest *[]byte, v Value) error {
	switch v := v.(type) {
	case nil:
		*dest = nil
	case []byte:
		*dest = v
	case string:
		*dest = []byte(v)
	default:
		return fmt.Errorf("a %T cannot become bytes", v)
	}
	return nil
}

func assignTime(dest *time.Time, v Value) error {
	switch v := v.(type) {
	case time.Time:
		*dest = v
		return nil
	case nil:
		return errNull
	}
	return fmt.Errorf("a %T cannot become a time.Time", v)
}

func assignBool(dest reflect.Value, v Value) error {
	switch v {
	case true, "t", "true":
		dest.SetBool(true)
	case false, "f", "false":
		dest.SetBool(false)
	default:
		return fmt.Errorf("a %T cannot become a %s", v, dest.Type())
	}
	return nil
}

func assignInt(dest reflect.Value, v Value) error {
	n, err := integer(v)
	if err != nil {
		return err
	}
	if !n.IsInt64() || dest.OverflowInt(n.Int64()) {
		return fmt.Errorf("%s does not fit into a %s", n, dest.Type())
	}
	dest.SetInt(n.Int64())
	return nil
}

func assignUint(dest reflect.Value, v Value) error {
	n, err := integer(v)
	if err != nil {
		return err
	}
	if !n.IsUint64() || dest.OverflowUint(n.Uint64()) {
		return fmt.Errorf("%s does not fit into a %s", n, dest.Type())
	}
	dest.SetUint(n.Uint64())
	return nil
}

func assignFloat(dest reflect.Value, v Value) error {
	var f float64
	bits := dest.Type().Bits()
	switch v := v.(type) {
	case float64:
		f = v
		if narrow := float64(float32(f)); bits == 32 && f == f && narrow != f {
			return fmt.Errorf("%v does not fit into a %s", f, dest.Type())
		}
	case int64, string:
		var err error
		if f, err = decimalFloat(v, bits); err != nil {
			return err
		}
	default:
		return fmt.Errorf("a %T cannot become a %s", v, dest.Type())
	}
	dest.SetFloat(f)
	return nil
}

// integer reads v as a whole number; "12.00" is one, "12.5" is not.
func integer(v Value) (*big.Int, error) {
	r, err := rational(v)
	if err != nil {
		return nil, err
	}
	if !r.IsInt() {
		return nil, fmt.Errorf("%v is no whole number", v)
	}
	return r.Num(), nil
}

// decimalFloat returns the float that prints as v.
func decimalFloat(v Value, bits int) (float64, error) {
	exact, err := rational(v)
	if err != nil {
		return 0, err
	}
	text := exact.RatString()
	if s, ok := v.(string); ok {
		text = s
	} else if n, ok := v.(int64); ok {
		text = strconv.FormatInt(n, 10)
	}
	f, err := strconv.ParseFloat(text, bits)
	if err != nil {
		return 0, fmt.Errorf("%v does not fit into a float%d", v, bits)
	}
	printed, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, bits))
	if !ok || printed.Cmp(exact) != 0 {
		return 0, fmt.Errorf("%v has more digits than a float%d", v, bits)
	}
	return f, nil
}

// longestNumber bounds the text that is read as a number. DECIMAL has 38
// digits; the text of a float8 has at most 24 characters.
const longestNumber = 64

func rational(v Value) (*big.Rat, error) {
	switch v := v.(type) {
	case int64:
		return new(big.Rat).SetInt64(v), nil
	case float64:
		if r := new(big.Rat).SetFloat64(v); r != nil {
			return r, nil
		}
		return nil, fmt.Errorf("%v is no whole number", v)
	case string:
		if r, ok := decimal(v); ok {
			return r, nil
		}
		return nil, fmt.Errorf("%.40q is no number", v)
	}
	return nil, fmt.Errorf("a %T is no number", v)
}

// decimal reads the text of a DECIMAL: an optional sign, digits, a point. An
// exponent is refused, because a few characters would stand for any number of
// digits.
func decimal(text string) (*big.Rat, bool) {
	if text == "" || len(text) > longestNumber {
		return nil, false
	}
	for i := range len(text) {
		c := text[i]
		if (c < '0' || c > '9') && c != '.' && (i > 0 || c != '-' && c != '+') {
			return nil, false
		}
	}
	return new(big.Rat).SetString(text)
}

func textOf(v Value) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case bool:
		return strconv.FormatBool(v), nil
	}
	return "", fmt.Errorf("a %T cannot become text: cast it to varchar in the SQL", v)
}
