package copyload_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/exec"
)

func TestRejects(t *testing.T) {
	eachWay(t, func(t *testing.T, way func(*model) exec.Executor) {
		m, c := newModel(6), command(6)
		m.refuse = refuseCopy
		_, err := copyload.Run(t.Context(), way(m), bucket{}, &c)
		if err == nil || !strings.Contains(err.Error(), "Load into table 'orders' failed") || !strings.Contains(err.Error(), "s3://bucket-b/") {
			t.Errorf("got %v", err)
		}
		if m.rows != 0 || len(m.ledger) != 0 {
			t.Errorf("it left %d rows, %d loads", m.rows, len(m.ledger))
		}
	})
}

// TestRejectsWithGaps: a row of the log that leaves something open, as a whole
// file that is unfit leaves its column, is shown like the others.
func TestRejectsWithGaps(t *testing.T) {
	eachWay(t, func(t *testing.T, way func(*model) exec.Executor) {
		m, c := newModel(6), command(6)
		m.refuse = refuseCopy
		m.rejects = [][]exec.Value{
			{"s3://b/f", int64(3), "note", "String length exceeds DDL length"},
			{"s3://b/g", nil, nil, "Invalid file"},
			{nil, nil, nil, nil},
		}
		_, err := copyload.Run(t.Context(), way(m), bucket{}, &c)
		rejected, ok := errors.AsType[*copyload.RejectError](err)
		if !ok {
			t.Fatalf("got %v, want a RejectError", err)
		}
		want := []copyload.Reject{
			{File: "s3://b/f", Line: 3, Column: "note", Reason: "String length exceeds DDL length"},
			{File: "s3://b/g", Reason: "Invalid file"},
			{},
		}
		if diff := cmp.Diff(want, rejected.Rejects); diff != "" {
			t.Errorf("rejects (-want +got):\n%s", diff)
		}
	})
}

// TestRejectsOfThisCopy: the log is asked for what is as young as the COPY,
// since an earlier session may have had the same process id, and for the session
// or, where that is not known, for the files of the load.
func TestRejectsOfThisCopy(t *testing.T) {
	for way, want := range map[string]exec.Statement{
		"session": {SQL: "session_id = $1", Args: []any{int64(7)}},
		"batch":   {SQL: "left(file_name, 33) = $1", Args: []any{"s3://bucket-b/stage/run/orders/1/"}},
	} {
		t.Run(way, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, c := newModel(6), command(6)
				m.refuse = func(kind string, after bool) error {
					err := refuseCopy(kind, after)
					if err != nil {
						time.Sleep(90 * time.Second) // the COPY takes so long
					}
					return err
				}
				if _, err := copyload.Run(t.Context(), ways[way](m), bucket{}, &c); err == nil {
					t.Fatal("a refused COPY is no error")
				}
				statements := m.e.Statements()
				asked := statements[len(statements)-1]
				for _, want := range []string{want.SQL, "start_time >= dateadd(second, -92, getdate()"} {
					if !strings.Contains(asked.SQL, want) {
						t.Errorf("asked %s, want %s in it", asked.SQL, want)
					}
				}
				if diff := cmp.Diff(want.Args, asked.Args); diff != "" {
					t.Errorf("arguments (-want +got):\n%s", diff)
				}
				if strings.Contains(asked.SQL, "pg_") {
					t.Errorf("asked %s: a leader-node function does not mix with a system view", asked.SQL)
				}
			})
		})
	}
}

// TestRejectsOfLongNames: the log keeps 256 bytes of a name.
func TestRejectsOfLongNames(t *testing.T) {
	m, c := newModel(6), command(6)
	m.refuse = refuseCopy
	c.To.Key = strings.Repeat("ä", 200) + "/"
	if _, err := copyload.Run(t.Context(), m.batches(), bucket{}, &c); err == nil {
		t.Fatal("a refused COPY is no error")
	}
	statements := m.e.Statements()
	asked := statements[len(statements)-1]
	if want := "s3://bucket-b/" + strings.Repeat("ä", 121); asked.Args[0] != want || !strings.Contains(asked.SQL, "left(file_name, 135)") {
		t.Errorf("asked %s for %q, want %q", asked.SQL, asked.Args[0], want)
	}
}

func refuseCopy(kind string, _ bool) error {
	if kind == "COPY" {
		return &exec.Error{Op: "exec", Code: "1204", Err: errors.New("Load into table 'orders' failed")}
	}
	return nil
}

func TestRejectError(t *testing.T) {
	err := &copyload.RejectError{
		Table: redferry.Table{Schema: "sales", Name: "orders"},
		Rejects: []copyload.Reject{
			{File: "s3://b/f", Line: 3, Column: "note", Reason: "String length exceeds DDL length"},
			{File: "s3://b/g", Reason: "Invalid file"},
		},
		Err: errors.New("COPY failed"),
	}
	want := `COPY failed; s3://b/f line 3 column "note": String length exceeds DDL length; s3://b/g: Invalid file`
	if got := fmt.Sprint(err); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
