package exectest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
)

// values are expressions with the type and the value that they have.
var values = []struct {
	sql   string
	kind  string
	value exec.Value
}{
	{"(-32768)::int2", "int2", int64(-32768)},
	{"2147483647::int4", "int4", int64(2147483647)},
	{"9223372036854775807::int8", "int8", int64(9223372036854775807)},
	{"(-9223372036854775808)::int8", "int8", int64(-9223372036854775808)},
	{"0.1::float4", "float4", float64(float32(0.1))},
	{"0.1::float8", "float8", 0.1},
	{"(-1e300)::float8", "float8", -1e300},
	{"true::bool", "bool", true},
	{"false::bool", "bool", false},
	{"12.34::numeric(10,3)", "numeric", "12.340"},
	{"(-0.5)::numeric(5,2)", "numeric", "-0.50"},
	{"12345678901234567890123456789012345678::numeric(38,0)", "numeric", "12345678901234567890123456789012345678"},
	{"'text'::varchar(10)", "varchar", "text"},
	{"'abc'::char(3)", "bpchar", "abc"},
	{"'2001-02-03'::date", "date", time.Date(2001, 2, 3, 0, 0, 0, 0, time.UTC)},
	{"'2001-02-03 04:05:06.000007'::timestamp", "timestamp", time.Date(2001, 2, 3, 4, 5, 6, 7000, time.UTC)},
	{"'1969-12-31 23:59:59'::timestamp", "timestamp", time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC)},
	{"'2001-02-03 04:05:06+02'::timestamptz", "timestamptz", time.Date(2001, 2, 3, 2, 5, 6, 0, time.UTC)},
	{"'04:05:06'::time", "time", "04:05:06"},
	{"'abc'::varbyte(3)", "varbyte", []byte("abc")},
	{`JSON_PARSE('{"a":[1,null]}')`, "super", `{"a":[1,null]}`},
}

// checkTypes reads a value of each type.
func checkTypes(ctx context.Context, s *subject) error {
	var list []string
	for i, v := range values {
		list = append(list, fmt.Sprintf("%s AS c%d", v.sql, i))
	}
	row, columns, err := single(ctx, s, "SELECT "+strings.Join(list, ", "))
	if err != nil {
		return err
	}
	var errs []error
	for i, v := range values {
		if !same(row[i], v.value) {
			errs = append(errs, fmt.Errorf("%s is %T %v, want %T %v", v.sql, row[i], row[i], v.value, v.value))
		}
		if columns[i].Type != v.kind || columns[i].Name != fmt.Sprintf("c%d", i) {
			errs = append(errs, fmt.Errorf("%s AS c%d is column %+v, want type %s", v.sql, i, columns[i], v.kind))
		}
	}
	return errors.Join(errs...)
}

// checkNulls reads a NULL of each type.
func checkNulls(ctx context.Context, s *subject) error {
	kinds := []string{"int2", "int4", "int8", "float4", "float8", "bool", "numeric(10,3)", "varchar(10)", "char(3)", "date", "timestamp", "timestamptz", "time"}
	var list []string
	for i, kind := range kinds {
		list = append(list, fmt.Sprintf("NULL::%s AS c%d", kind, i))
	}
	row, _, err := single(ctx, s, "SELECT "+strings.Join(list, ", "))
	if err != nil {
		return err
	}
	for i, v := range row {
		if v != nil {
			return fmt.Errorf("NULL::%s is %T %v, want nil", kinds[i], v, v)
		}
	}
	if _, err := scalar[int](ctx, s, "SELECT NULL::int4"); err == nil {
		return errors.New("NULL was scanned into an int without an error")
	}
	p, err := scalar[*int](ctx, s, "SELECT NULL::int4")
	if err == nil && p != nil {
		err = fmt.Errorf("NULL scanned into a *int points to %d", *p)
	}
	return err
}

// texts are those that go wrong between quotes, escapes and encodings.
var texts = []string{
	"", " ", "it's", "''", `back\slash`, `\n \t \\ \0 \x41`, `ends with \`, "new\nline", "tab\tand\rreturn",
	`"quoted"`, "emoji 🦦🚢", "Zürich 東京", "$1 :p1 ? %s", "-- no comment", "/* nor here", "*/", "; DROP TABLE x",
	"NULL", `\N`, "$$", strings.Repeat("long ", 200),
}

// checkText writes texts as arguments, and finds and reads them again.
func checkText(ctx context.Context, s *subject) error {
	return s.roundTrip(ctx, func(i int, text string) error {
		return s.do(ctx, "INSERT INTO "+s.table+" VALUES ($1, $2)", int64(i), text)
	})
}

// checkLiterals writes texts as literals.
func checkLiterals(ctx context.Context, s *subject) error {
	return s.roundTrip(ctx, func(i int, text string) error {
		return s.do(ctx, fmt.Sprintf("INSERT INTO %s VALUES (%d, %s)", s.table, i, redferry.Literal(text)))
	})
}

func (s *subject) roundTrip(ctx context.Context, write func(i int, text string) error) error {
	if err := s.create(ctx, "id int4, v varchar(2000)"); err != nil {
		return err
	}
	for i, text := range texts {
		if err := write(i, text); err != nil {
			return fmt.Errorf("write %q: %w", text, err)
		}
	}
	rows, err := s.Query(ctx, exec.Statement{SQL: "SELECT v FROM " + s.table + " ORDER BY id"})
	if err != nil {
		return err
	}
	got, err := exec.Collect(rows, exec.Cell[string])
	if err != nil {
		return err
	}
	if len(got) != len(texts) {
		return fmt.Errorf("wrote %d texts, read %d", len(texts), len(got))
	}
	for i, text := range texts {
		if got[i] != text {
			return fmt.Errorf("wrote %q, read %q", text, got[i])
		}
		n, err := scalar[int](ctx, s, "SELECT count(*) FROM "+s.table+" WHERE id = $2 AND v = $1", text, i)
		if err != nil || n != 1 {
			return fmt.Errorf("found %q %d times, %w", text, n, err)
		}
	}
	return nil
}

// single reads a result of one row.
func single(ctx context.Context, e exec.Executor, sql string, args ...any) ([]exec.Value, []exec.Column, error) {
	rows, err := e.Query(ctx, exec.Statement{SQL: sql, Args: args})
	if err != nil {
		return nil, nil, err
	}
	columns := rows.Columns()
	row, err := exec.One(rows, func(r *exec.Rows) ([]exec.Value, error) {
		row := make([]exec.Value, len(columns))
		dest := make([]any, len(columns))
		for i := range dest {
			dest[i] = &row[i]
		}
		return row, r.Scan(dest...)
	})
	return row, columns, err
}

// same compares two values, times by their instant.
func same(a, b exec.Value) bool {
	x, ok := a.(time.Time)
	y, also := b.(time.Time)
	if ok && also {
		return x.Equal(y)
	}
	return reflect.DeepEqual(a, b)
}
