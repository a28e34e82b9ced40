package query

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// Text prints a value of type t as Redshift does on the wire: nil for NULL, CHAR
// with its blanks, VARBYTE in hexadecimal digits.
func Text(v Value, t fakeredshift.Type) []byte {
	switch v := v.(type) {
	case nil:
		return nil
	case int64:
		return strconv.AppendInt(nil, v, 10)
	case string:
		return stringText(v, t)
	case bool:
		if v {
			return []byte("t")
		}
		return []byte("f")
	}
	return []byte(printedValue(v, t))
}

func stringText(v string, t fakeredshift.Type) []byte {
	switch t.OID {
	case rsql.Varbyte:
		return hex.AppendEncode(nil, []byte(v))
	case rsql.Bpchar:
		if n := rsql.Length(t); n > len(v) {
			return []byte(v + strings.Repeat(" ", n-len(v)))
		}
	}
	return []byte(v)
}

// printedValue is a value as text, as a cast to VARCHAR has it, too.
func printedValue(v Value, t fakeredshift.Type) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		if t.OID == rsql.Float4 {
			return floatText(v, 32)
		}
		return floatText(v, 64)
	case Numeric:
		return v.String()
	case string:
		return v
	case time.Time:
		return timeText(v, t)
	case []Value:
		return arrayText(v)
	}
	return ""
}

func floatText(f float64, bits int) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e15) {
		return strconv.FormatFloat(f, 'e', -1, bits)
	}
	return strconv.FormatFloat(f, 'f', -1, bits)
}

// timeText writes years before Christ with BC, and fractions of a second up to
// their last digit that is not zero.
func timeText(v time.Time, t fakeredshift.Type) string {
	era := ""
	if v.Year() <= 0 {
		era = " BC"
		v = v.AddDate(1-2*v.Year(), 0, 0)
	}
	switch t.OID {
	case rsql.Date:
		return v.Format("2006-01-02") + era
	case rsql.Timestamptz:
		return v.UTC().Format("2006-01-02 15:04:05.999999-07") + era
	}
	return v.Format("2006-01-02 15:04:05.999999") + era
}

var arrayEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// arrayText writes {1,2,3}.
func arrayText(items []Value) string {
	texts := make([]string, len(items))
	for i, item := range items {
		switch item := item.(type) {
		case nil:
			texts[i] = "NULL"
		case string:
			if texts[i] = item; item == "" || strings.ContainsAny(item, `{}",\ `) || strings.EqualFold(item, "null") {
				texts[i] = `"` + arrayEscapes.Replace(item) + `"`
			}
		default:
			texts[i] = printedValue(item, typeTimestamp)
		}
	}
	return "{" + strings.Join(texts, ",") + "}"
}
