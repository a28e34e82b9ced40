package dataapi_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata/types"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/exec"
)

// number is a row of one long.
func number(n int64) []types.Field {
	return []types.Field{&types.FieldMemberLongValue{Value: n}}
}

func column(kind string) []types.ColumnMetadata {
	return []types.ColumnMetadata{{Name: aws.String("c"), TypeName: aws.String(kind)}}
}

func TestPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{
			columns: column("int8"),
			pages:   [][][]types.Field{{number(1), number(2)}, {}, {number(3)}},
			fails:   map[string][]error{"Result": {errThrottled, nil, errLost, errServer, nil}},
		}
		rows, err := open(t, s, nil).Query(t.Context(), exec.Statement{SQL: "SELECT"})
		if err != nil {
			t.Fatal(err)
		}
		if n := s.count("Result"); n != 2 {
			t.Errorf("%d requests before the first row, want 2: one failed, one answered", n)
		}
		got, err := exec.Collect(rows, exec.Cell[int])
		if diff := cmp.Diff([]int{1, 2, 3}, got); diff != "" || err != nil {
			t.Errorf("-want +got\n%s error %v", diff, err)
		}
		if s.statements() != 1 {
			t.Errorf("%d statements, want 1", s.statements())
		}
	})
}

func TestPagesEnd(t *testing.T) {
	pages := [][][]types.Field{{number(1)}, {number(2)}}
	t.Run("closed early", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &service{columns: column("int8"), pages: pages}
			rows, err := open(t, s, nil).Query(t.Context(), exec.Statement{SQL: "SELECT"})
			if err != nil {
				t.Fatal(err)
			}
			if !rows.Next() || rows.Close() != nil || rows.Next() || s.count("Result") != 1 {
				t.Errorf("%d pages fetched, want the first alone", s.count("Result"))
			}
		})
	})
	t.Run("refused", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &service{columns: column("int8"), pages: pages, fails: map[string][]error{"Result": {nil, errNotFound}}}
			rows, err := open(t, s, nil).Query(t.Context(), exec.Statement{SQL: "SELECT", Label: "l"})
			if err != nil {
				t.Fatal(err)
			}
			_, err = exec.Collect(rows, exec.Cell[int])
			if failure, ok := errors.AsType[*exec.Error](err); !ok || failure.Label != "l" || failure.QueryID != "id-1" {
				t.Errorf("error %v, want one of the second page", err)
			}
		})
	})
	t.Run("cancelled", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &service{columns: column("int8"), pages: pages, fails: map[string][]error{"Result": append([]error{nil}, slices.Repeat([]error{errLost}, 1000)...)}}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			rows, err := open(t, s, nil).Query(ctx, exec.Statement{SQL: "SELECT"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := exec.Collect(rows, exec.Cell[int]); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want the context's", err)
			}
		})
	})
	t.Run("no result", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := new(service)
			rows, err := open(t, s, nil).Query(t.Context(), exec.Statement{SQL: "CREATE TABLE"})
			if err != nil || len(rows.Columns()) != 0 || rows.Next() || rows.Err() != nil || s.count("Result") != 0 {
				t.Errorf("rows of a statement without result: %v", err)
			}
		})
	})
}

func TestValues(t *testing.T) {
	text := func(s string) types.Field { return &types.FieldMemberStringValue{Value: s} }
	when := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	tests := []struct {
		kind  string
		field types.Field
		want  exec.Value
	}{
		{"int8", &types.FieldMemberIsNull{Value: true}, nil},
		{"bool", &types.FieldMemberBooleanValue{Value: true}, true},
		{"int2", &types.FieldMemberLongValue{Value: 5}, int64(5)},
		{"float8", &types.FieldMemberDoubleValue{Value: 0.1}, 0.1},
		{"float4", &types.FieldMemberDoubleValue{Value: 0.1}, float64(float32(0.1))},
		{"varchar", text("it's"), "it's"},
		{"varchar", text(""), ""},
		{"numeric", text("1.50"), "1.50"},
		{"timestamp", text("2001-02-03 04:05:06"), when},
		{"timestamptz", text("2001-02-03 06:05:06+02"), when},
		{"date", text("2001-02-03"), time.Date(2001, 2, 3, 0, 0, 0, 0, time.UTC)},
		{"varbyte", text("00ff"), []byte{0, 0xff}},
		{"varbyte", &types.FieldMemberBlobValue{Value: []byte{1}}, []byte{1}},
		{"super", text(`{"a":1}`), `{"a":1}`},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			s := &service{columns: column(tt.kind), pages: [][][]types.Field{{{tt.field}}}}
			rows, err := open(t, s, nil).Query(t.Context(), exec.Statement{SQL: "SELECT"})
			if err != nil {
				t.Fatal(err)
			}
			if got := rows.Columns(); len(got) != 1 || got[0] != (exec.Column{Name: "c", Type: tt.kind}) {
				t.Errorf("columns %+v", got)
			}
			got, err := exec.Scalar[any](rows)
			if err != nil || !cmp.Equal(got, tt.want) {
				t.Errorf("%s %+v is %v, %v; want %v", tt.kind, tt.field, got, err, tt.want)
			}
		})
	}
	for name, row := range map[string][]types.Field{
		"bad text": {text("no number")}, "unknown": {&types.UnknownUnionMember{Tag: "x"}}, "two": {text("1"), text("2")},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &service{columns: column("int8"), pages: [][][]types.Field{{row}}}
			rows, err := open(t, s, nil).Query(t.Context(), exec.Statement{SQL: "SELECT"})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := exec.Scalar[any](rows); err == nil {
				t.Errorf("%s: %v, want an error", name, got)
			}
		})
	}
}
