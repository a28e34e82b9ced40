package direct_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/direct"
	"github.com/redferry/redferry/testkit/fakeredshift"
)

func TestSession(t *testing.T) {
	tests := []struct {
		name string
		sqls []string
		want string
	}{
		{"idle", []string{"SET a"}, "SET a"},
		{"committed", []string{"BEGIN", "INSERT", "COMMIT"}, "BEGIN; INSERT; COMMIT"},
		{"open transaction", []string{"BEGIN", "INSERT"}, "BEGIN; INSERT; ROLLBACK"},
		{"failed transaction", []string{"BEGIN", "FAIL"}, "BEGIN; FAIL; ROLLBACK"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, map[string]answer{"FAIL": refusing(fakeredshift.Error{SQLState: "XX000", Message: "no"})})
				e := h.open(t, loader, direct.Options{})
				session, err := exec.OpenSession(t.Context(), e)
				if err != nil {
					t.Fatal(err)
				}
				for _, sql := range tt.sqls {
					if _, err := session.Exec(t.Context(), exec.Statement{SQL: sql}); (err != nil) != (sql == "FAIL") {
						t.Errorf("%s: %v", sql, err)
					}
				}
				for range 2 {
					if err := session.Close(); err != nil {
						t.Error(err)
					}
				}
				if got := h.script.ran(); got != tt.want {
					t.Errorf("ran  %s\nwant %s", got, tt.want)
				}
				if _, err := session.Exec(t.Context(), one); err == nil {
					t.Error("a closed session runs statements")
				}
				if _, err := e.Exec(t.Context(), one); err != nil {
					t.Error(err)
				}
				if pids := h.pids(); len(pids) != 2 {
					t.Errorf("%d connections, want 2: what a session leaves behind must meet nobody", len(pids))
				}
			})
		})
	}
}

func TestSessionLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		h.Inject(fakeredshift.Fault{Op: "COMMIT", Drop: fakeredshift.AfterEffect})
		_, err := exec.Atomically(t.Context(), h.open(t, loader, direct.Options{}), exec.Statement{SQL: "INSERT"})
		if !exec.OutcomeUnknown(err) {
			t.Errorf("error %v, want an unknown outcome: the answer to COMMIT was lost", err)
		}
		h.ClearFaults()
		h.Inject(fakeredshift.Fault{Op: "INSERT", Drop: fakeredshift.AfterEffect})
		_, err = exec.Atomically(t.Context(), h.open(t, loader, direct.Options{}), exec.Statement{SQL: "INSERT"})
		if err == nil || exec.OutcomeUnknown(err) {
			t.Errorf("error %v, want one that leaves nothing open: nothing was committed", err)
		}
		h.Check(t)
	})
}

func TestSessionCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, map[string]answer{"WAIT": wait})
		session, err := exec.OpenSession(t.Context(), h.open(t, loader, direct.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := session.Exec(ctx, exec.Statement{SQL: "WAIT"}); !errors.Is(err, context.DeadlineExceeded) || exec.OutcomeUnknown(err) {
			t.Errorf("error %v, want the context's, and that nothing was done", err)
		}
		if _, err := session.Exec(t.Context(), one); err != nil {
			t.Errorf("the session after a cancellation: %v", err)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestEarlyClose leaves many rows behind: outside of a session the statement is
// cancelled, in a session it must not be, since it may be part of a transaction.
func TestEarlyClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cancelled atomic.Bool
		h := newHouse(t, map[string]answer{"SELECT": series(10_000), "ENDLESS": endless(&cancelled)})
		e := h.open(t, loader, direct.Options{MaxConns: 1})
		leave := func(e exec.Executor, sql string) {
			t.Helper()
			rows, err := e.Query(t.Context(), exec.Statement{SQL: sql})
			if err != nil {
				t.Fatal(err)
			}
			if !rows.Next() || rows.Close() != nil || rows.Next() || rows.Err() != nil {
				t.Errorf("closing early: %v", rows.Err())
			}
		}
		leave(e, "ENDLESS")
		if !cancelled.Load() {
			t.Error("the statement was not cancelled")
		}
		session, err := exec.OpenSession(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range []string{"BEGIN", "SELECT", "INSERT", "COMMIT"} {
			if sql == "SELECT" {
				leave(session, sql)
				continue
			}
			if _, err := session.Exec(t.Context(), exec.Statement{SQL: sql}); err != nil {
				t.Errorf("%s: %v", sql, err)
			}
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestRowsHeldInSession: a second call before the rows are closed is refused and
// harms nothing.
func TestRowsHeldInSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, map[string]answer{"SELECT": series(3)})
		session, err := exec.OpenSession(t.Context(), h.open(t, loader, direct.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := session.Query(t.Context(), exec.Statement{SQL: "SELECT"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.Exec(t.Context(), exec.Statement{SQL: "INSERT"}); !exec.SafeToRetry(err) {
			t.Errorf("error %v, want one that is safe to retry", err)
		}
		if got, err := exec.Collect(rows, exec.Cell[int]); err != nil || len(got) != 3 {
			t.Errorf("%d rows, %v; want 3", len(got), err)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
}
