package copyload_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/exec"
)

// TestLabelOfWhatFailed: the error of a batch names the statement that was refused,
// from the first to the last, and none where the warehouse names none.
func TestLabelOfWhatFailed(t *testing.T) {
	for _, tt := range []struct {
		kind, want string
	}{
		{"LOCK", `lock "sales"."orders"`},
		{"DELETE", `empty "sales"."orders"`},
		{"INSERT", "record load"},
		{"COMMIT", ""},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			m, c := newModel(6), command(6)
			c.Mode = copyload.Replace
			m.refuse = func(kind string, _ bool) error {
				if kind == tt.kind {
					return refusal("XX000", "no")
				}
				return nil
			}
			_, err := copyload.Run(t.Context(), m.batches(), bucket{}, &c)
			want := ".manifest: exec: "
			if tt.want != "" {
				want = ".manifest: " + tt.want + ": exec: "
			}
			if !strings.Contains(fmt.Sprint(err), want) {
				t.Errorf("got %v, want %s in it", err, want)
			}
		})
	}
}

// TestConflictsByState: the same as by Redshift's own number, where the error has
// the state alone.
func TestConflictsByState(t *testing.T) {
	for _, state := range []string{"40001", "40P01"} {
		eachWay(t, func(t *testing.T, way func(*model) exec.Executor) {
			synctest.Test(t, func(t *testing.T) {
				m, c := newModel(6), command(6)
				m.refuse = once(9, refusal(state, "rolled back"))
				got, err := copyload.Run(t.Context(), way(m), bucket{}, &c)
				if err != nil || got.Attempts != 2 || m.rows != 6 {
					t.Errorf("%s: got %+v, %v, %d rows", state, got, err, m.rows)
				}
			})
		})
	}
}

// TestRefusalsAreFinal: what the warehouse says of the load itself is not tried
// again.
func TestRefusalsAreFinal(t *testing.T) {
	eachWay(t, func(t *testing.T, way func(*model) exec.Executor) {
		m, c := newModel(6), command(6)
		m.refuse = once(9, refusal("42703", "no such column"))
		if _, err := copyload.Run(t.Context(), way(m), bucket{}, &c); err == nil {
			t.Error("a refused statement is no error")
		}
		if begun := strings.Count(strings.Join(m.log, " "), "BEGIN"); begun != 1 {
			t.Errorf("%d transactions were begun, want one", begun)
		}
	})
}

// TestContextEndsInTheTransaction: what the warehouse answers to a caller who has
// left is returned, and nobody asks for its reason.
func TestContextEndsInTheTransaction(t *testing.T) {
	for _, at := range []string{"LOCK", "COPY"} {
		eachWay(t, func(t *testing.T, way func(*model) exec.Executor) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			m, c := newModel(6), command(6)
			cancelled := refusal("57014", "canceled on user's request")
			left := 0
			m.refuse = func(kind string, _ bool) error {
				if kind != at {
					return nil
				}
				cancel()
				left = len(m.log)
				return cancelled
			}
			_, err := copyload.Run(ctx, way(m), bucket{}, &c)
			if !errors.Is(err, cancelled) || strings.Contains(fmt.Sprint(err), "no attempt followed") {
				t.Errorf("%s: got %v, want %v", at, err, cancelled)
			}
			if after := strings.Join(m.log[left:], " "); after != "ROLLBACK" {
				t.Errorf("%s: after its refusal came %q, want ROLLBACK alone", at, after)
			}
			if len(m.tx) != 0 || len(m.held[target]) != 0 {
				t.Errorf("%s: %d transactions are open, %d hold the table", at, len(m.tx), len(m.held[target]))
			}
		})
	}
}

// TestLostCopy: of a COPY whose answer was lost nobody knows that it was refused,
// and the log is not asked why.
func TestLostCopy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c := newModel(6), command(6)
		statements := 0
		m.refuse = func(kind string, _ bool) error {
			if statements++; kind != "COPY" || statements > 100 { // more than all attempts have
				return nil
			}
			return lost()
		}
		_, err := copyload.Run(t.Context(), m.sessions(), bucket{}, &c)
		if !exec.OutcomeUnknown(err) {
			t.Errorf("got %v, want an unknown outcome", err)
		}
		for _, s := range m.e.Statements() {
			if k := kind(s.SQL); k == "PID" || k == "REJECTS" {
				t.Errorf("ran %s", s.SQL)
			}
		}
	})
}

// TestNothingLogged: a COPY that was refused for another reason than its rows has
// none that were rejected.
func TestNothingLogged(t *testing.T) {
	for _, broken := range []string{"", "REJECTS"} {
		eachWay(t, func(t *testing.T, way func(*model) exec.Executor) {
			m, c := newModel(6), command(6)
			m.refuse = func(kind string, after bool) error {
				if kind == broken {
					return refusal("42501", "the log may not be read")
				}
				return refuseCopy(kind, after)
			}
			_, err := copyload.Run(t.Context(), way(m), bucket{}, &c)
			if _, ok := errors.AsType[*copyload.RejectError](err); ok || !strings.Contains(fmt.Sprint(err), "Load into table 'orders' failed") {
				t.Errorf("got %v, want the error of COPY alone", err)
			}
		})
	}
}

// TestRollBackHasTime: a ROLLBACK has half a minute, whatever the caller's context
// has.
func TestRollBackHasTime(t *testing.T) {
	m, c := newModel(6), command(6)
	m.rows = 1 // so that the load is refused
	watched := &deadlines{Executor: m.e}
	if _, err := copyload.Run(t.Context(), watched, bucket{}, &c); !errors.Is(err, copyload.ErrNotEmpty) {
		t.Fatalf("got %v, want ErrNotEmpty", err)
	}
	if watched.left < 20*time.Second || watched.left > 30*time.Second {
		t.Errorf("a ROLLBACK has %v, want 30 s", watched.left)
	}
}

// deadlines notes how long a ROLLBACK may take.
type deadlines struct {
	exec.Executor
	left time.Duration
}

func (d *deadlines) Session(ctx context.Context) (exec.Session, error) {
	session, err := d.Executor.(exec.Sessioner).Session(ctx)
	return watchedSession{session, d}, err
}

type watchedSession struct {
	exec.Session
	d *deadlines
}

func (s watchedSession) Exec(ctx context.Context, st exec.Statement) (exec.Result, error) {
	if deadline, ok := ctx.Deadline(); ok && kind(st.SQL) == "ROLLBACK" {
		s.d.left = time.Until(deadline)
	}
	return s.Session.Exec(ctx, st)
}
