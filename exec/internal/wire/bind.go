package wire

import (
	"encoding/hex"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/sqltext"
)

// Literals returns sql with $1, $2, ... replaced by literals of args. Placeholders
// in literals, quoted identifiers and comments are text. Each argument is used,
// and each placeholder has one.
func Literals(sql string, args []any) (string, error) {
	return substitute(sql, args, func(_ string, v any) (string, error) { return literal(v) })
}

// A Param is an argument as the PostgreSQL protocol takes it.
type Param struct {
	Text []byte // nil is NULL
	OID  uint32 // 0 lets the server infer the type, as from a literal
}

// Params returns sql and args for the extended protocol. A []byte becomes
// from_hex($1), since there is no other text for it.
func Params(sql string, args []any) (string, []Param, error) {
	params := make([]Param, len(args))
	for i, a := range args {
		p, err := param(a)
		if err != nil {
			return "", nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		params[i] = p
	}
	sql, err := substitute(sql, args, func(placeholder string, v any) (string, error) {
		if _, ok := v.([]byte); ok {
			return "from_hex(" + placeholder + ")", nil
		}
		return placeholder, nil
	})
	return sql, params, err
}

// substitute replaces each placeholder. Blanks around the replacement keep it
// apart from its neighbours: "a-$1" with -1 would otherwise begin a comment.
func substitute(sql string, args []any, replace func(placeholder string, v any) (string, error)) (string, error) {
	used := make([]bool, len(args))
	var b strings.Builder
	for token := range sqltext.All(sql) {
		if token.Kind != sqltext.Param {
			b.WriteString(token.Text)
			continue
		}
		n, err := strconv.Atoi(token.Text[1:])
		if err != nil || n < 1 || n > len(args) {
			return "", fmt.Errorf("%.10s has no argument: there are %d", token.Text, len(args))
		}
		used[n-1] = true
		v, err := normal(args[n-1])
		if err != nil {
			return "", fmt.Errorf("argument %d: %w", n, err)
		}
		text, err := replace(token.Text, v)
		if err != nil {
			return "", fmt.Errorf("argument %d: %w", n, err)
		}
		b.WriteString(" " + text + " ")
	}
	for i, ok := range used {
		if !ok {
			return "", fmt.Errorf("argument %d has no placeholder in the SQL", i+1)
		}
	}
	return b.String(), nil
}

// normal makes an exec.Value of every integer, float, bool and string type.
func normal(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, int64, float64, []byte, time.Time:
		return v, nil
	case string:
		return v, checkText(v)
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Bool:
		return r.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if r.Uint() > math.MaxInt64 {
			return nil, fmt.Errorf("%d does not fit into BIGINT", r.Uint())
		}
		return int64(r.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return r.Float(), nil
	case reflect.String:
		return r.String(), checkText(r.String())
	}
	return nil, fmt.Errorf("a %T is no exec.Value", v)
}

func checkText(s string) error {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return fmt.Errorf("a text is no valid UTF-8, or holds a NUL: pass it as []byte for VARBYTE")
	}
	return nil
}

func literal(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "NULL", nil
	case bool:
		return strings.ToUpper(strconv.FormatBool(v)), nil
	case int64:
		return signed(v < 0, strconv.FormatInt(v, 10)), nil
	case float64:
		return "'" + float(v) + "'::float8", nil
	case []byte:
		return "from_hex('" + hex.EncodeToString(v) + "')", nil
	case time.Time:
		text, err := formatTime(v)
		return "'" + text + "'", err
	}
	return redferry.Literal(v.(string)), nil
}

func float(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

func signed(negative bool, digits string) string {
	if negative {
		return "(" + digits + ")"
	}
	return digits
}

// The types that a Param names; the others are inferred.
const (
	oidBool   = 16
	oidInt8   = 20
	oidFloat8 = 701
)

func param(v any) (Param, error) {
	v, err := normal(v)
	if err != nil {
		return Param{}, err
	}
	switch v := v.(type) {
	case bool:
		return Param{strconv.AppendBool(nil, v), oidBool}, nil
	case int64:
		return Param{strconv.AppendInt(nil, v, 10), oidInt8}, nil
	case float64:
		return Param{[]byte(float(v)), oidFloat8}, nil
	case []byte:
		return Param{hex.AppendEncode([]byte{}, v), 0}, nil
	case time.Time:
		text, err := formatTime(v)
		return Param{[]byte(text), 0}, err
	case string:
		return Param{append([]byte{}, v...), 0}, nil
	}
	return Param{}, nil
}
