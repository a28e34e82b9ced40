package copyload_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/exectest"
)

// TestCreateLedger: what is there is not created, and only what is missing is.
func TestCreateLedger(t *testing.T) {
	refusal := func(state string) error {
		return &exec.Error{Op: "exec", SQLState: state, Err: errors.New("refused")}
	}
	schema, table := `CREATE SCHEMA IF NOT EXISTS "redferry"`, `CREATE TABLE IF NOT EXISTS "redferry"."loads"`
	const look = "SELECT"
	tests := []struct {
		name    string
		refused map[string]error // by the beginning of the statement
		want    []string
		err     error
	}{
		{"it is there", map[string]error{"CREATE": refusal("42501")}, []string{look}, nil},
		{"the table is missing", map[string]error{look: refusal("42P01")}, []string{look, schema, table}, nil},
		{"the schema is missing", map[string]error{look: refusal("3F000")}, []string{look, schema, table}, nil},
		{
			"another runner was faster",
			map[string]error{look: refusal("42P01"), schema: refusal("42P06"), table: refusal("42P07")},
			[]string{look, schema, table},
			nil,
		},
		{"it must not be read", map[string]error{look: refusal("42501")}, []string{look}, fs.ErrPermission},
		{
			"nothing must be created",
			map[string]error{look: refusal("42P01"), "CREATE": refusal("42501")},
			[]string{look, schema},
			fs.ErrPermission,
		},
		{"a column is missing", map[string]error{look: refusal("42703")}, []string{look}, errAny},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := exectest.New(func(_ context.Context, s exec.Statement) (*exectest.Answer, error) {
				for begin, err := range tt.refused {
					if strings.HasPrefix(s.SQL, begin) {
						return nil, err
					}
				}
				return nil, nil
			})
			err := copyload.CreateLedger(t.Context(), e, redferry.Table{})
			if !errors.Is(err, tt.err) && (tt.err != errAny || err == nil) {
				t.Errorf("got %v, want %v", err, tt.err)
			}
			var got []string
			for _, s := range e.Statements() {
				sql, _, _ := strings.Cut(s.SQL, " (")
				if strings.HasPrefix(sql, look) {
					sql = look
				}
				got = append(got, sql)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("statements (-want +got):\n%s", diff)
			}
			if e.Open() != 0 {
				t.Error("rows are left open")
			}
		})
	}
}

// errAny stands for any error at all.
var errAny = errors.New("any error")

func TestCreateLedgerOfNoName(t *testing.T) {
	e := exectest.New(func(context.Context, exec.Statement) (*exectest.Answer, error) { return nil, nil })
	err := copyload.CreateLedger(t.Context(), e, redferry.Table{Schema: "redferry"})
	if !errors.Is(err, redferry.ErrIdentifier) || len(e.Statements()) != 0 {
		t.Errorf("got %v after %d statements", err, len(e.Statements()))
	}
}
