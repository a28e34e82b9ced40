package direct_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/direct"
	"github.com/redferry/redferry/testkit/fakeredshift"
)

func TestWhatIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		h := newHouse(t, map[string]answer{"INSERT": func(_ context.Context, _ string, args []*string) (*fakeredshift.Result, error) {
			for _, a := range args {
				if a == nil {
					got = append(got, "NULL")
					continue
				}
				got = append(got, *a)
			}
			return &fakeredshift.Result{Tag: "INSERT 0 5", RowsAffected: 5}, nil
		}})
		e := h.open(t, loader, direct.Options{})
		r, err := e.Exec(t.Context(), exec.Statement{
			SQL: "INSERT $1 '$1' $2$3 $4 $5", Args: []any{"it's \\", nil, "", int32(-1), []byte{0xff}}, Label: "load */ it",
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{`it's \`, "NULL", "", "-1", "ff"}, got); diff != "" {
			t.Errorf("arguments: -want +got\n%s", diff)
		}
		want := "/* load _/ it */ INSERT  $1  '$1'  $2  $3   $4   from_hex($5)"
		if sql := h.script.ran(); sql != want {
			t.Errorf("sent %q\nwant %q", sql, want)
		}
		if r.RowsAffected != 5 || !strings.HasPrefix(r.QueryID, "pid:1073742") {
			t.Errorf("result %+v", r)
		}
		if _, err := e.Exec(t.Context(), exec.Statement{SQL: "INSERT $1"}); err == nil {
			t.Error("a placeholder without an argument is no error")
		}
	})
}

func TestRowsAffected(t *testing.T) {
	for tag, want := range map[string]int64{"INSERT 0 3": 3, "UPDATE 2": 2, "DELETE 0": 0, "COPY": -1, "CREATE TABLE": -1, "SELECT": -1, "": -1} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, map[string]answer{"DO": func(context.Context, string, []*string) (*fakeredshift.Result, error) {
				return &fakeredshift.Result{Tag: tag, RowsAffected: -1}, nil
			}})
			r, err := h.open(t, loader, direct.Options{}).Exec(t.Context(), exec.Statement{SQL: "DO"})
			if err != nil || r.RowsAffected != want {
				t.Errorf("tag %q: %d rows, %v; want %d", tag, r.RowsAffected, err, want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	tests := []struct {
		name    string
		refusal fakeredshift.Error
		code    string
		is      error
		text    string
	}{
		{"missing", fakeredshift.Error{SQLState: "42P01", Message: `relation "x" does not exist`}, "", fs.ErrNotExist, `relation "x" does not exist`},
		{"code in the message", fakeredshift.Error{SQLState: "XX000", Message: "1023", Detail: "Serializable isolation violation on table - 1"}, "1023", nil, "Serializable"},
		{"code in the detail", fakeredshift.Error{SQLState: "XX000", Message: "Spectrum Scan Error", Detail: "\n  error:  Spectrum\n  code:      15007\n"}, "15007", nil, "15007"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, map[string]answer{"COPY": refusing(tt.refusal)})
				e := h.open(t, loader, direct.Options{})
				for op, run := range map[string]func(exec.Statement) error{
					"exec": func(s exec.Statement) error { _, err := e.Exec(t.Context(), s); return err },
					"query": func(s exec.Statement) error {
						_, err := e.Query(t.Context(), s)
						return err
					},
				} {
					for _, args := range [][]any{nil, {1}} {
						s := exec.Statement{SQL: "COPY", Args: args, Label: "l"}
						if args != nil {
							s.SQL += " $1"
						}
						err := run(s)
						failure, ok := errors.AsType[*exec.Error](err)
						if !ok || failure.Op != op || failure.Label != "l" || failure.SQLState != tt.refusal.SQLState || failure.Code != tt.code || failure.QueryID == "" {
							t.Errorf("%s with %d arguments: %#v", op, len(args), err)
						}
						if tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.text) {
							t.Errorf("error %v, want %v and %q in it", err, tt.is, tt.text)
						}
						if exec.OutcomeUnknown(err) || exec.SafeToRetry(err) {
							t.Errorf("error %v is a refusal, no lost statement", err)
						}
					}
				}
			})
		})
	}
}

func TestCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, map[string]answer{"WAIT": wait})
		e := h.open(t, loader, direct.Options{MaxConns: 1})
		for _, args := range [][]any{nil, {1}} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			s := exec.Statement{SQL: "WAIT", Args: args}
			if args != nil {
				s.SQL += " $1"
			}
			begin := time.Now()
			_, err := e.Exec(ctx, s)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || exec.OutcomeUnknown(err) || exec.SafeToRetry(err) {
				t.Errorf("error %v, want the context's, and that nothing was done", err)
			}
			if took := time.Since(begin); took > time.Minute+time.Second {
				t.Errorf("came back after %v", took)
			}
			if _, err := e.Exec(t.Context(), one); err != nil {
				t.Errorf("after a cancellation: %v", err)
			}
		}
		if pids := h.pids(); len(pids) != 1 {
			t.Errorf("%d connections, want the one that was cancelled and went on", len(pids))
		}
	})
}

// pids returns the sessions that ran statements.
func (h *house) pids() map[int32]bool {
	pids := make(map[int32]bool)
	for _, q := range h.History() {
		pids[q.PID] = true
	}
	return pids
}

// TestCancelledInVain has a server that does not confirm: nobody knows.
func TestCancelledInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, map[string]answer{"COMMIT": func(context.Context, string, []*string) (*fakeredshift.Result, error) {
			time.Sleep(time.Hour)
			return &fakeredshift.Result{Tag: "COMMIT", RowsAffected: -1}, nil
		}})
		e := h.open(t, loader, direct.Options{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin := time.Now()
		_, err := e.Exec(ctx, exec.Statement{SQL: "COMMIT"})
		if !errors.Is(err, context.DeadlineExceeded) || !exec.OutcomeUnknown(err) {
			t.Errorf("error %v, want the context's and an unknown outcome", err)
		}
		if took := time.Since(begin); took < time.Minute || took > time.Minute+11*time.Second {
			t.Errorf("came back after %v, want the minute and 10 seconds", took)
		}
		if _, err := e.Exec(t.Context(), one); err != nil {
			t.Errorf("after a lost connection: %v", err)
		}
	})
}

func TestLost(t *testing.T) {
	for _, moment := range []fakeredshift.Moment{fakeredshift.BeforeEffect, fakeredshift.AfterEffect} {
		t.Run(fmt.Sprint(moment), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, nil)
				h.Inject(fakeredshift.Fault{Op: "INSERT", Drop: moment})
				e := h.open(t, loader, direct.Options{})
				_, err := e.Exec(t.Context(), exec.Statement{SQL: "INSERT"})
				if !exec.OutcomeUnknown(err) || exec.SafeToRetry(err) {
					t.Errorf("error %v, want an unknown outcome", err)
				}
				if _, err := e.Exec(t.Context(), one); err != nil {
					t.Errorf("after a lost connection: %v", err)
				}
				h.Check(t)
			})
		})
	}
	t.Run("in mid-result", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, nil)
			pulled := 0
			h.script.answers = map[string]answer{"SELECT": func(ctx context.Context, sql string, args []*string) (*fakeredshift.Result, error) {
				result, err := series(1<<20)(ctx, sql, args)
				read := result.Read
				result.Read = func(row [][]byte) error {
					if pulled++; pulled == 100_000 {
						for pid := range h.pids() {
							h.Kill(pid)
						}
					}
					return read(row)
				}
				return result, err
			}}
			rows, err := h.open(t, loader, direct.Options{}).Query(t.Context(), one)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := exec.Collect(rows, exec.Cell[int]); err == nil {
				t.Errorf("a lost connection gave %d rows and no error", len(got))
			}
		})
	})
}

// TestKilled has an administrator end the session while a statement runs.
func TestKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, map[string]answer{"WAIT": wait})
		e := h.open(t, loader, direct.Options{})
		time.AfterFunc(time.Minute, func() {
			for pid := range h.pids() {
				h.Kill(pid)
			}
		})
		_, err := e.Exec(t.Context(), exec.Statement{SQL: "WAIT"})
		if !exec.OutcomeUnknown(err) {
			t.Errorf("error %v, want an unknown outcome", err)
		}
	})
}

// TestIdleConnectionDied: a connection that the server closed while it was idle
// is noticed before a statement is lost on it.
func TestIdleConnectionDied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		e := h.open(t, loader, direct.Options{})
		if _, err := e.Exec(t.Context(), one); err != nil {
			t.Fatal(err)
		}
		for pid := range h.pids() {
			h.Kill(pid)
		}
		time.Sleep(time.Hour)
		if _, err := e.Exec(t.Context(), one); err != nil {
			t.Errorf("error %v, want a new connection", err)
		}
	})
}
