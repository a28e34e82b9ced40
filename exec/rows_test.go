package exec_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
)

// A list is a RowReader over rows in memory; err ends it instead of io.EOF.
type list struct {
	columns []exec.Column
	rows    [][]exec.Value
	err     error
	closing error
	closed  int
}

func (l *list) Columns() []exec.Column { return l.columns }

func (l *list) Read(dst []exec.Value) error {
	if len(l.rows) == 0 {
		if l.err != nil {
			return l.err
		}
		return io.EOF
	}
	copy(dst, l.rows[0])
	l.rows = l.rows[1:]
	return nil
}

func (l *list) Close() error {
	l.closed++
	return l.closing
}

func column(values ...exec.Value) *list {
	l := &list{columns: []exec.Column{{Name: "n", Type: "int8"}}}
	for _, v := range values {
		l.rows = append(l.rows, []exec.Value{v})
	}
	return l
}

func scan[T any](v exec.Value) (T, error) { return exec.Scalar[T](exec.NewRows(column(v))) }

// check scans v into a T and compares; want nil means that it must be refused.
func check[T any](t *testing.T, v exec.Value, want any) {
	t.Helper()
	got, err := scan[T](v)
	switch {
	case want == nil && err == nil:
		t.Errorf("scan %T %v into %T = %v, want an error", v, v, got, got)
	case want == nil && !strings.HasPrefix(err.Error(), `exec: column 1 "n" (int8): `):
		t.Errorf("scan %T %v into %T: %v, want the column to be named", v, v, got, err)
	case want != nil && err != nil:
		t.Errorf("scan %T %v into %T: %v", v, v, got, err)
	case want != nil && !cmp.Equal(any(got), want):
		t.Errorf("scan %T %v into %T = %v, want %v", v, v, got, got, want)
	}
}

func TestScanIntegers(t *testing.T) {
	check[int64](t, int64(math.MinInt64), int64(math.MinInt64))
	check[int](t, int64(7), 7)
	check[int8](t, int64(127), int8(127))
	check[int8](t, int64(128), nil)
	check[int32](t, int64(math.MinInt32)-1, nil)
	check[uint16](t, int64(65535), uint16(65535))
	check[uint16](t, int64(-1), nil)
	check[uint64](t, "18446744073709551615", uint64(math.MaxUint64))
	check[int64](t, "9223372036854775808", nil)
	check[int](t, "12.00", 12)
	check[int](t, "-12", -12)
	check[int](t, "12.5", nil)
	check[int](t, "1e3", nil)
	check[int](t, "0x10", nil)
	check[int](t, "1/1", nil)
	check[int](t, "", nil)
	check[int](t, strings.Repeat("9", 1000), nil)
	check[int](t, 12.0, 12)
	check[int](t, 12.5, nil)
	check[int](t, math.NaN(), nil)
	check[int](t, true, nil)
	check[int](t, time.Time{}, nil)
}

func TestScanFloats(t *testing.T) {
	check[float64](t, 0.1, 0.1)
	check[float64](t, math.Inf(1), math.Inf(1))
	check[float32](t, float64(float32(0.1)), float32(0.1))
	check[float32](t, 0.1, nil)
	check[float32](t, math.Inf(-1), float32(math.Inf(-1)))
	check[float64](t, "0.1", 0.1)
	check[float64](t, "12345678901234567890.1", nil)
	check[float64](t, int64(1<<53), float64(1<<53))
	check[float64](t, int64(1<<53+1), nil)
	check[float64](t, "NaN", nil)
	check[float64](t, []byte("1"), nil)
	if got, err := scan[float32](math.NaN()); err != nil || got == got {
		t.Errorf("NaN into float32 = %v, %v", got, err)
	}
}

func TestScanOthers(t *testing.T) {
	when := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	type name string
	check[string](t, "text", "text")
	check[name](t, "text", name("text"))
	check[string](t, int64(-5), "-5")
	check[string](t, 0.1, "0.1")
	check[string](t, true, "true")
	check[string](t, []byte("bytes"), "bytes")
	check[string](t, when, nil)
	check[bool](t, true, true)
	check[bool](t, "f", false)
	check[bool](t, "yes", nil)
	check[bool](t, int64(1), nil)
	check[[]byte](t, []byte{1, 2}, []byte{1, 2})
	check[[]byte](t, "text", []byte("text"))
	check[[]byte](t, int64(1), nil)
	check[time.Time](t, when, when)
	check[time.Time](t, "2001-02-03", nil)
	check[any](t, int64(1), any(int64(1)))
	check[map[string]int](t, "x", nil)
	check[redferry.URI](t, "s3://bucket/key", redferry.URI{Bucket: "bucket", Key: "key"})
	check[redferry.URI](t, "http://bucket/key", nil)
	if got, err := scan[big.Rat]("12345678901234567890.5"); err != nil || got.FloatString(1) != "12345678901234567890.5" {
		t.Errorf("big.Rat = %v, %v", &got, err)
	}
}

func TestScanNull(t *testing.T) {
	check[int](t, nil, nil)
	check[string](t, nil, nil)
	check[time.Time](t, nil, nil)
	check[[]byte](t, nil, []byte(nil))
	check[*int](t, nil, (*int)(nil))
	check[*int](t, int64(7), new(7))
	check[**string](t, "x", new(new("x")))
	check[sql.Null[string]](t, nil, sql.Null[string]{})
	check[sql.Null[int64]](t, int64(7), sql.Null[int64]{V: 7, Valid: true})
	check[sql.NullString](t, "x", sql.NullString{String: "x", Valid: true})
	if got, err := scan[any](nil); err != nil || got != nil {
		t.Errorf("any = %v, %v", got, err)
	}
}

func TestScanMisuse(t *testing.T) {
	rows := exec.NewRows(column(int64(1)))
	var n int
	if err := rows.Scan(&n); err == nil {
		t.Error("Scan before Next is no error")
	}
	if !rows.Next() {
		t.Fatal("no row")
	}
	for name, dest := range map[string][]any{"none": nil, "two": {&n, &n}, "no pointer": {n}, "nil": {(*int)(nil)}} {
		if err := rows.Scan(dest...); err == nil {
			t.Errorf("Scan into %s is no error", name)
		}
	}
	if err := rows.Scan(&n); err != nil || n != 1 {
		t.Errorf("Scan = %d, %v", n, err)
	}
	if rows.Next() || rows.Err() != nil {
		t.Errorf("more rows, %v", rows.Err())
	}
	if err := rows.Scan(&n); err == nil {
		t.Error("Scan after the last row is no error")
	}
}

func TestRowsCloseOnce(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name string
		list *list
		want error
	}{
		{"end", column(int64(1)), nil},
		{"error", &list{err: broken}, broken},
		{"lost connection", &list{err: fmt.Errorf("read: %w", io.EOF)}, io.EOF},
		{"error of Close", &list{closing: broken}, broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows := exec.NewRows(tt.list)
			for rows.Next() {
				continue
			}
			if !errors.Is(rows.Err(), tt.want) {
				t.Errorf("Err = %v, want %v", rows.Err(), tt.want)
			}
			if err := rows.Close(); err != nil || tt.list.closed != 1 {
				t.Errorf("Close = %v after %d calls of the reader's", err, tt.list.closed)
			}
		})
	}
}

func TestCollect(t *testing.T) {
	l := column(int64(1), int64(2), int64(3))
	got, err := exec.Collect(exec.NewRows(l), exec.Cell[int])
	if diff := cmp.Diff([]int{1, 2, 3}, got); diff != "" || err != nil || l.closed != 1 {
		t.Errorf("Collect (-want +got):\n%s error %v, closed %d times", diff, err, l.closed)
	}
	l = column(int64(1), "x", int64(3))
	if got, err := exec.Collect(exec.NewRows(l), exec.Cell[int]); err == nil || got != nil || l.closed != 1 {
		t.Errorf("Collect = %v, %v, closed %d times; want an error and a closed reader", got, err, l.closed)
	}
	broken := errors.New("broken")
	l = column(int64(1))
	l.err = broken
	if _, err := exec.Collect(exec.NewRows(l), exec.Cell[int]); !errors.Is(err, broken) {
		t.Errorf("Collect = %v, want %v", err, broken)
	}
}

func TestOne(t *testing.T) {
	tests := []struct {
		name string
		list *list
		want error
	}{
		{"none", column(), exec.ErrNoRows},
		{"one", column(int64(7)), nil},
		{"two", column(int64(7), int64(8)), exec.ErrManyRows},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := exec.Scalar[int](exec.NewRows(tt.list)); !errors.Is(err, tt.want) {
				t.Errorf("Scalar = %v, want %v", err, tt.want)
			}
			if tt.list.closed != 1 {
				t.Errorf("closed %d times, want once", tt.list.closed)
			}
		})
	}
}

func TestEachLeftEarly(t *testing.T) {
	l := column(int64(1), int64(2))
	for range exec.Each(exec.NewRows(l), exec.Cell[int]) {
		break
	}
	if l.closed != 1 {
		t.Errorf("closed %d times, want once", l.closed)
	}
}

// FuzzScanNumber: what an integer or a float takes, prints as the same number.
func FuzzScanNumber(f *testing.F) {
	for _, seed := range []string{"0", "-1", "12.00", "12.5", "1e3", "0.1", "99999999999999999999", ".5", "5.", "-", "+7", "NaN"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		exact, ok := new(big.Rat).SetString(text)
		if n, err := scan[int64](text); err == nil && (!ok || exact.Cmp(new(big.Rat).SetInt64(n)) != 0) {
			t.Errorf("%q became %d", text, n)
		}
		x, err := scan[float64](text)
		if err != nil {
			return
		}
		printed, _ := new(big.Rat).SetString(big.NewFloat(x).Text('g', -1))
		if !ok || printed == nil || printed.Cmp(exact) != 0 {
			t.Errorf("%q became %v", text, x)
		}
	})
}

func BenchmarkScan(b *testing.B) {
	row := []exec.Value{int64(1), "text", 0.5, time.Time{}, "12.50"}
	columns := make([]exec.Column, len(row))
	rows := exec.NewRows(&endless{columns, row})
	var n int64
	var text, numeric string
	var x float64
	var when time.Time
	for b.Loop() {
		if !rows.Next() {
			b.Fatal(rows.Err())
		}
		if err := rows.Scan(&n, &text, &x, &when, &numeric); err != nil {
			b.Fatal(err)
		}
	}
}

type endless struct {
	columns []exec.Column
	row     []exec.Value
}

func (e *endless) Columns() []exec.Column      { return e.columns }
func (e *endless) Read(dst []exec.Value) error { copy(dst, e.row); return nil }
func (e *endless) Close() error                { return nil }
