package wire_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/exec/internal/wire"
	"github.com/redferry/redferry/internal/sqltext"
)

func TestLiterals(t *testing.T) {
	type name string
	when := time.Date(2001, 2, 3, 4, 5, 6, 7000, time.FixedZone("", 3600))
	tests := []struct {
		sql  string
		args []any
		want string
	}{
		{"SELECT 1", nil, "SELECT 1"},
		{"a-$1", []any{-1}, "a- (-1) "},
		{"$1 $2 $1", []any{nil, true}, " NULL   TRUE   NULL "},
		{"$1", []any{"it's \\"}, ` 'it''s \\' `},
		{"$1", []any{name("")}, ` '' `},
		{"$1", []any{int64(math.MinInt64)}, " (-9223372036854775808) "},
		{"$1", []any{uint8(255)}, " 255 "},
		{"$1", []any{float32(0.5)}, " '0.5'::float8 "},
		{"$1", []any{math.Inf(-1)}, " '-Infinity'::float8 "},
		{"$1", []any{math.NaN()}, " 'NaN'::float8 "},
		{"$1", []any{[]byte{0, 0xff}}, " from_hex('00ff') "},
		{"$1", []any{when}, " '2001-02-03 03:05:06.000007+00' "},
		{`'$1' "$2" $$ $3 $$ -- $4`, nil, `'$1' "$2" $$ $3 $$ -- $4`},
		{"$10 $1$2$3$4$5$6$7$8$9", []any{1, 2, 3, 4, 5, 6, 7, 8, 9, 0}, " 0   1  2  3  4  5  6  7  8  9 "},
	}
	for _, tt := range tests {
		got, err := wire.Literals(tt.sql, tt.args)
		if err != nil || got != tt.want {
			t.Errorf("Literals(%q, %v) = %q, %v; want %q", tt.sql, tt.args, got, err, tt.want)
		}
	}
}

func TestArgsRefused(t *testing.T) {
	tests := []struct {
		name string
		sql  string
		args []any
	}{
		{"too few", "$1 $2", []any{1}},
		{"too many", "$1", []any{1, 2}},
		{"none", "$1", nil},
		{"zero", "$0", []any{1}},
		{"huge", "$99999999999999999999", []any{1}},
		{"struct", "$1", []any{struct{}{}}},
		{"pointer", "$1", []any{new(1)}},
		{"invalid text", "$1", []any{"\xff"}},
		{"NUL", "$1", []any{"a\x00"}},
		{"uint64", "$1", []any{uint64(math.MaxUint64)}},
		{"year 10000", "$1", []any{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}},
		{"year 0", "$1", []any{time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)}},
		{"nanoseconds", "$1", []any{time.Unix(0, 1)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := wire.Literals(tt.sql, tt.args); err == nil {
				t.Errorf("Literals = %q, want an error", got)
			}
			if got, _, err := wire.Params(tt.sql, tt.args); err == nil {
				t.Errorf("Params = %q, want an error", got)
			}
		})
	}
}

func TestParams(t *testing.T) {
	sql, params, err := wire.Params("$2 $1 $3 $4 $5 $6 $7", []any{int8(-1), nil, "", []byte{}, true, 0.5, time.Unix(0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if want := " $2   $1   $3   from_hex($4)   $5   $6   $7 "; sql != want {
		t.Errorf("got  %q\nwant %q", sql, want)
	}
	want := []wire.Param{
		{[]byte("-1"), 20}, {nil, 0}, {[]byte{}, 0}, {[]byte{}, 0}, {[]byte("true"), 16}, {[]byte("0.5"), 701}, {[]byte("1970-01-01 00:00:00+00"), 0},
	}
	if diff := cmp.Diff(want, params); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// FuzzLiterals: a text stays one literal with its own value, whatever stands
// around it.
func FuzzLiterals(f *testing.F) {
	for _, seed := range []string{"", "it's", `\`, `\'`, "'; DROP TABLE x --", "$1", ":p", "🦦", "\n", "*/"} {
		f.Add(seed, int64(-1))
	}
	f.Fuzz(func(t *testing.T, text string, n int64) {
		sql, err := wire.Literals("a-$2||$1||b", []any{text, n})
		if err != nil {
			if utf8.ValidString(text) && !strings.ContainsRune(text, 0) {
				t.Fatal(err)
			}
			return
		}
		code := sqltext.Code(sql)
		var found bool
		for _, token := range code {
			if v, ok := token.Value(); ok {
				found = v == text
			}
		}
		last := code[len(code)-1]
		if !found || !last.Is("b") || !code[0].Is("a") || code[1].Text != "-" {
			t.Errorf("%q with %d became %q", text, n, sql)
		}
	})
}

func TestDecode(t *testing.T) {
	tests := []struct {
		kind, text string
		want       any
	}{
		{"int2", "-5", int64(-5)},
		{"oid", "4294967295", int64(4294967295)},
		{"float4", "0.1", float64(float32(0.1))},
		{"float8", "-Infinity", math.Inf(-1)},
		{"bool", "t", true},
		{"bool", "false", false},
		{"varbyte", "00ff", []byte{0, 0xff}},
		{"numeric", "1.50", "1.50"},
		{"super", `{"a":1}`, `{"a":1}`},
		{"varchar", "", ""},
		{"date", "2001-02-03", time.Date(2001, 2, 3, 0, 0, 0, 0, time.UTC)},
		{"date", "0044-03-15 BC", time.Date(-43, 3, 15, 0, 0, 0, 0, time.UTC)},
		{"timestamp", "2001-02-03 04:05:06", time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)},
		{"timestamp", "294276-12-31 23:59:59.999999", time.Date(294276, 12, 31, 23, 59, 59, 999999000, time.UTC)},
		{"timestamptz", "2001-02-03 04:05:06.5+02", time.Date(2001, 2, 3, 2, 5, 6, 5e8, time.UTC)},
		{"timestamptz", "2001-02-03 04:05:06-09:30", time.Date(2001, 2, 3, 13, 35, 6, 0, time.UTC)},
		{"timestamptz", "1880-01-01 00:00:00+00:53:28", time.Date(1879, 12, 31, 23, 6, 32, 0, time.UTC)},
	}
	for _, tt := range tests {
		got, err := wire.Decode(tt.kind, tt.text)
		if err != nil || !cmp.Equal(got, tt.want) {
			t.Errorf("Decode(%s, %q) = %v, %v; want %v", tt.kind, tt.text, got, err, tt.want)
		}
	}
	for _, tt := range [][2]string{
		{"int4", "x"},
		{"int8", ""},
		{"bool", "maybe"},
		{"varbyte", "0"},
		{"float8", "x"},
		{"date", ""},
		{"date", "2001-02-30"},
		{"date", "infinity"},
		{"timestamp", "2001-02-03 24:00:00"},
		{"timestamp", "2001-02-03 04:05"},
		{"timestamp", "2001-02-03 04:05:06."},
		{"timestamp", "2001-02-03T04:05:06"},
		{"timestamptz", "2001-02-03 04:05:06+02 x"},
		{"timestamptz", "2001-02-03 04:05:06+2"},
	} {
		if got, err := wire.Decode(tt[0], tt[1]); err == nil {
			t.Errorf("Decode(%s, %q) = %v, want an error", tt[0], tt[1], got)
		}
	}
}

// FuzzDecodeTime: what is read as a time is what time.Parse reads, where that
// reads it at all; and each time survives its own text.
func FuzzDecodeTime(f *testing.F) {
	for _, seed := range []string{"2001-02-03", "2001-02-03 04:05:06.789", "2001-02-03 04:05:06+00", "0044-03-15 BC", "294276-12-31 00:00:00", "2001-02-30", "2001-02-03 04:05:06-09:30"} {
		f.Add(seed, int64(981173106000007))
	}
	f.Fuzz(func(t *testing.T, text string, micros int64) {
		got, err := wire.Decode("timestamptz", text)
		for _, layout := range []string{"2006-01-02", "2006-01-02 15:04:05", "2006-01-02 15:04:05-07", "2006-01-02 15:04:05-07:00"} {
			if want, theirs := time.Parse(layout, text); err == nil && theirs == nil && !want.Equal(got.(time.Time)) {
				t.Errorf("%q is %v, want %v", text, got, want)
			}
		}
		when := time.UnixMicro(micros)
		sql, err := wire.Literals("$1", []any{when})
		if err != nil {
			return
		}
		again, err := wire.Decode("timestamptz", strings.Trim(sql, " '"))
		if err != nil || !again.(time.Time).Equal(when) {
			t.Errorf("%v became %s and then %v, %v", when, sql, again, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, kind := range []string{"int4", "float4", "bool", "date", "varbyte", "numeric"} {
		f.Add(kind, "1")
	}
	f.Fuzz(func(t *testing.T, kind, text string) {
		v, err := wire.Decode(kind, text)
		if (v == nil) == (err == nil) {
			t.Errorf("Decode(%q, %q) = %v, %v: want either a value or an error", kind, text, v, err)
		}
		if n, ok := v.(int64); ok && strings.TrimLeft(fmt.Sprint(n), "-") != strings.TrimLeft(text, "-+0") && n != 0 {
			t.Errorf("Decode(%q, %q) = %d", kind, text, n)
		}
	})
}

// FuzzLabel: a label in a comment stays in it, whatever it is.
func FuzzLabel(f *testing.F) {
	for _, seed := range []string{"unload sales.orders", "*/ x /*", "/*/", "\xff\x00\n", strings.Repeat("🦦", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, label string) {
		got := wire.Label(label)
		if len(got) > 320 || !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\x00*") {
			t.Errorf("Label(%q) = %q", label, got)
		}
		code := sqltext.Code("/* " + got + " */ SELECT")
		if len(code) != 1 || !code[0].Is("SELECT") {
			t.Errorf("Label(%q) = %q leaves its comment: %v", label, got, code)
		}
		if again := wire.Label(got); again != got {
			t.Errorf("Label(%q) = %q, and of that %q", label, got, again)
		}
	})
}

func BenchmarkLiterals(b *testing.B) {
	sql := "INSERT INTO t VALUES ($1, $2, $3)"
	args := []any{int64(1), "text", nil}
	for b.Loop() {
		if _, err := wire.Literals(sql, args); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeTime(b *testing.B) {
	for b.Loop() {
		if _, err := wire.Decode("timestamp", "2001-02-03 04:05:06.789"); err != nil {
			b.Fatal(err)
		}
	}
}
