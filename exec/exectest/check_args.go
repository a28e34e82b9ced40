package exectest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/redferry/redferry/exec"
)

// checkArgs sends a value of each type and gets it back.
func checkArgs(ctx context.Context, s *subject) error {
	when := time.Date(2001, 2, 3, 4, 5, 6, 7000, time.UTC)
	zone := time.FixedZone("east", 2*60*60)
	tests := []struct {
		sql  string
		args []any
		want exec.Value
	}{
		{"SELECT $1::int8", []any{int64(math.MaxInt64)}, int64(math.MaxInt64)},
		{"SELECT $1::int8", []any{int64(math.MinInt64)}, int64(math.MinInt64)},
		{"SELECT 10-$1::int4", []any{int64(-1)}, int64(11)},
		{"SELECT $1::int4+$2::int4*$1::int4", []any{int64(3), int64(4)}, int64(15)},
		{"SELECT $1::float8", []any{0.1}, 0.1},
		{"SELECT $1::float8", []any{-math.MaxFloat64}, -math.MaxFloat64},
		{"SELECT $1::bool", []any{true}, true},
		{"SELECT $1::bool", []any{false}, false},
		{"SELECT $1::varchar", []any{"it's"}, "it's"},
		{"SELECT $1::varchar", []any{""}, ""},
		{"SELECT $1::varchar", []any{nil}, nil},
		{"SELECT $1::int8", []any{nil}, nil},
		{"SELECT coalesce($1::varchar, $2::varchar)", []any{nil, "b"}, "b"},
		{"SELECT $1::numeric(38,5)", []any{"-123456789012345678901234567890.12345"}, "-123456789012345678901234567890.12345"},
		{"SELECT $1::date", []any{"2001-02-03"}, time.Date(2001, 2, 3, 0, 0, 0, 0, time.UTC)},
		{"SELECT $1::timestamp", []any{when}, when},
		{"SELECT $1::timestamptz", []any{when.In(zone)}, when},
		{"SELECT $1", []any{[]byte{0, 0xff, '\''}}, []byte{0, 0xff, '\''}},
		{"SELECT length($1::varchar)", []any{"🦦"}, int64(1)},
		{
			"SELECT $2::varchar || $10::varchar || $1::varchar || $3 || $4 || $5 || $6 || $7 || $8 || $9",
			[]any{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"},
			"bjacdefghi",
		},
	}
	for _, tt := range tests {
		got, err := scalar[any](ctx, s, tt.sql, tt.args...)
		if err != nil {
			return err
		}
		if !same(got, tt.want) {
			return fmt.Errorf("%s with %v is %T %v, want %T %v", tt.sql, tt.args, got, got, tt.want, tt.want)
		}
	}
	return nil
}

// checkArgsAreValues has what looks like a placeholder where none is, and what
// looks like SQL in an argument.
func checkArgsAreValues(ctx context.Context, s *subject) error {
	row, _, err := single(ctx, s, `SELECT '$1 :p1' AS "$2", $1::varchar AS b, ':a' || $2::varchar AS c -- $3`, "x'; SELECT 'y", `\' OR 1=1 --`)
	if err != nil {
		return err
	}
	want := []exec.Value{"$1 :p1", "x'; SELECT 'y", `:a\' OR 1=1 --`}
	for i := range want {
		if !same(row[i], want[i]) {
			return fmt.Errorf("column %d is %q, want %q", i+1, row[i], want[i])
		}
	}
	return nil
}

// checkWrongArgs gives too few and too many arguments, and one of a wrong type.
func checkWrongArgs(ctx context.Context, s *subject) error {
	if err := s.create(ctx, "v varchar(10)"); err != nil {
		return err
	}
	for _, args := range [][]any{nil, {"a"}, {"a", "b", "c"}, {"a", struct{}{}}, {"a", "\xff"}} {
		err := s.do(ctx, "INSERT INTO "+s.table+" VALUES ($1), ($2)", args...)
		if err == nil {
			return fmt.Errorf("two placeholders took the arguments %q", args)
		}
		if exec.OutcomeUnknown(err) {
			return fmt.Errorf("wrong arguments leave the outcome open: %w", err)
		}
		if _, ok := errors.AsType[*exec.Error](err); !ok {
			return fmt.Errorf("the error of wrong arguments is no *exec.Error: %w", err)
		}
	}
	return s.wantCount(ctx, 0, "after wrong arguments")
}
