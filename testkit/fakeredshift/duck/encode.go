//go:build cgo

package duck

import (
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// encode writes a value in Redshift's text format; nil is NULL.
func encode(v driver.Value, t fakeredshift.Type) []byte {
	switch v := v.(type) {
	case nil:
		return nil
	case bool:
		if v {
			return []byte("t")
		}
		return []byte("f")
	case string:
		return []byte(pad(v, t))
	case []byte:
		return []byte(hex.EncodeToString(v))
	case float32:
		return []byte(float(float64(v), 32))
	case float64:
		return []byte(float(v, 64))
	case *big.Int:
		return []byte(v.String())
	case duckdb.Decimal:
		return []byte(decimal(v))
	case time.Time:
		return []byte(clock(v, t))
	case duckdb.Interval:
		return []byte(interval(v))
	case []any:
		return []byte(array(v))
	case map[string]any:
		text, err := json.Marshal(v)
		if err != nil {
			return nil
		}
		return text
	}
	return fmt.Append(nil, v)
}

// pad fills a CHAR up with blanks, which Redshift stores and DuckDB does not.
func pad(s string, t fakeredshift.Type) string {
	if n := rsql.Length(t); t.OID == rsql.Bpchar && n > len(s) {
		return s + strings.Repeat(" ", n-len(s))
	}
	return s
}

func float(f float64, bits int) string {
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

func decimal(d duckdb.Decimal) string {
	digits := new(big.Int).Abs(d.Value).String()
	scale := int(d.Scale)
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	if scale > 0 {
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if d.Value.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

// clock writes dates and times. Years before Christ end in BC, and fractions
// of a second show their digits up to the last that is not zero.
func clock(v time.Time, t fakeredshift.Type) string {
	era := ""
	if v.Year() <= 0 {
		era = " BC"
		v = v.AddDate(1-2*v.Year(), 0, 0)
	}
	switch t.OID {
	case rsql.Date:
		return v.Format("2006-01-02") + era
	case rsql.Time:
		return v.Format("15:04:05.999999")
	case rsql.Timetz:
		return v.Format("15:04:05.999999-07")
	case rsql.Timestamptz:
		return v.UTC().Format("2006-01-02 15:04:05.999999-07") + era
	}
	return v.Format("2006-01-02 15:04:05.999999") + era
}

func interval(v duckdb.Interval) string {
	var parts []string
	unit := func(n int64, name string) {
		if n == 0 {
			return
		}
		if n != 1 && n != -1 {
			name += "s"
		}
		parts = append(parts, fmt.Sprintf("%d %s", n, name))
	}
	unit(int64(v.Months/12), "year")
	unit(int64(v.Months%12), "mon")
	unit(int64(v.Days), "day")
	if v.Micros != 0 || len(parts) == 0 {
		sign, micros := "", v.Micros
		if micros < 0 {
			sign, micros = "-", -micros
		}
		parts = append(parts, sign+time.UnixMicro(0).UTC().Add(time.Duration(micros%86_400_000_000)*time.Microsecond).Format("15:04:05.999999"))
	}
	return strings.Join(parts, " ")
}

// array writes {1,2,3}.
func array(items []any) string {
	texts := make([]string, len(items))
	for i, item := range items {
		switch item := item.(type) {
		case nil:
			texts[i] = "NULL"
		case string:
			texts[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(item) + `"`
		default:
			texts[i] = fmt.Sprint(item)
		}
	}
	return "{" + strings.Join(texts, ",") + "}"
}
