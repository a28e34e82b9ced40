package exec_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/exectest"
)

func runExpecting(expect string) func(context.Context, exec.Executor) error {
	return func(ctx context.Context, e exec.Executor) error {
		d, err := time.ParseDuration(expect)
		if err != nil {
			return err
		}
		_, err = e.Exec(ctx, exec.Statement{SQL: "a", Expect: d})
		return err
	}
}

func queryExpecting(expect string) func(context.Context, exec.Executor) error {
	return func(ctx context.Context, e exec.Executor) error {
		d, err := time.ParseDuration(expect)
		if err != nil {
			return err
		}
		rows, err := e.Query(ctx, exec.Statement{SQL: "a", Expect: d})
		if err != nil {
			return err
		}
		return rows.Close()
	}
}

func openSession(ctx context.Context, e exec.Executor) error {
	session, err := exec.OpenSession(ctx, e)
	if err != nil {
		return err
	}
	_, err = session.Exec(ctx, exec.Statement{SQL: "a"})
	return errors.Join(err, session.Close())
}

func runBatch(ctx context.Context, e exec.Executor) error {
	_, err := exec.Atomically(ctx, e, exec.Statement{SQL: "a", Expect: time.Second})
	return err
}

// failing fails the first n statements with err.
func failing(n int, err error) *exectest.Executor {
	calls := 0
	return exectest.New(func(context.Context, exec.Statement) (*exectest.Answer, error) {
		if calls++; calls <= n {
			return nil, err
		}
		return nil, nil
	})
}

func TestRetry(t *testing.T) {
	tests := []struct {
		name       string
		err        error
		idempotent bool
		attempts   int
	}{
		{"never started", errUnsent, false, 3},
		{"unknown", errLost, false, 1},
		{"unknown, but idempotent", errLost, true, 3},
		{"refused", errRefused, true, 1},
		{"something else", errStrange, true, 1},
	}
	runs := map[string]func(context.Context, exec.Executor, exec.Statement) error{
		"exec": func(ctx context.Context, e exec.Executor, s exec.Statement) error {
			_, err := e.Exec(ctx, s)
			return err
		},
		"query": func(ctx context.Context, e exec.Executor, s exec.Statement) error {
			rows, err := e.Query(ctx, s)
			if err == nil {
				err = rows.Close()
			}
			return err
		},
		"batch": func(ctx context.Context, e exec.Executor, s exec.Statement) error {
			_, err := exec.Atomically(ctx, e, s)
			return err
		},
	}
	for op, run := range runs {
		for _, tt := range tests {
			t.Run(op+"/"+tt.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					fake := failing(2, tt.err)
					err := run(t.Context(), exec.Retry(fake, nil), exec.Statement{SQL: "a", Idempotent: tt.idempotent})
					if got := len(fake.Statements()); got != tt.attempts {
						t.Errorf("%d attempts, want %d", got, tt.attempts)
					}
					if (err == nil) != (tt.attempts == 3) {
						t.Errorf("error %v after %d attempts", err, tt.attempts)
					}
				})
			})
		}
	}
}

func TestRetryBatchNeedsAllIdempotent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := failing(1, errLost)
		_, err := exec.Atomically(t.Context(), exec.Retry(fake, nil), exec.Statement{SQL: "a", Idempotent: true}, exec.Statement{SQL: "b"})
		if !exec.OutcomeUnknown(err) || len(fake.Statements()) != 1 {
			t.Errorf("error %v after %d statements, want the first error", err, len(fake.Statements()))
		}
	})
}

func TestRetryBounds(t *testing.T) {
	half := func() float64 { return 0.5 }
	tests := []struct {
		name     string
		policy   *exec.RetryPolicy
		attempts int
		took     time.Duration
	}{
		// Bounds of 0.4, 0.8, 1.6 ... 51.2 and then 60 s, half of each.
		{"default", &exec.RetryPolicy{Rand: half}, 20, 51*time.Second + 11*30*time.Second},
		{"attempts", &exec.RetryPolicy{Rand: half, Attempts: 3, FirstPause: 2 * time.Second}, 3, 3 * time.Second},
		{"off", &exec.RetryPolicy{Rand: half, Attempts: 1}, 1, 0},
		{"time", &exec.RetryPolicy{Rand: half, Within: 10 * time.Second, FirstPause: 8 * time.Second, MaxPause: 8 * time.Second}, 3, 8 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := failing(1000, errUnsent)
				told := 0
				policy := *tt.policy
				policy.Retry = func(_ context.Context, s exec.Statement, err error, pause time.Duration) {
					if s.SQL != "a" || !errors.Is(err, errUnsent) || pause <= 0 {
						t.Errorf("Retry(%q, %v, %v)", s.SQL, err, pause)
					}
					told++
				}
				begin := time.Now()
				_, err := exec.Retry(fake, &policy).Exec(t.Context(), exec.Statement{SQL: "a"})
				if !errors.Is(err, errUnsent) {
					t.Errorf("error %v, want the last one", err)
				}
				if got := len(fake.Statements()); got != tt.attempts || told != tt.attempts-1 {
					t.Errorf("%d attempts, told of %d; want %d", got, told, tt.attempts)
				}
				if got := time.Since(begin).Round(time.Second); got != tt.took {
					t.Errorf("took %v, want %v", got, tt.took)
				}
			})
		})
	}
}

func TestRetryStopsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := failing(1000, errUnsent)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		begin := time.Now()
		_, err := exec.Retry(fake, nil).Exec(ctx, exec.Statement{SQL: "a"})
		if !errors.Is(err, errUnsent) || !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 10*time.Second {
			t.Errorf("error %v after %v, want the last one and ctx's within 10s", err, time.Since(begin))
		}
	})
}

func TestRetryOpensSessionsButLeavesThemAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := failing(1, errUnsent)
		opening := &stubborn{Executor: fake, refusals: 2}
		session, err := exec.OpenSession(t.Context(), exec.Retry(opening, nil))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.Exec(t.Context(), exec.Statement{SQL: "a", Idempotent: true}); !errors.Is(err, errUnsent) {
			t.Errorf("error %v, want that of the only attempt", err)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A stubborn Executor refuses to open its first sessions.
type stubborn struct {
	*exectest.Executor
	refusals int
}

func (s *stubborn) Session(ctx context.Context) (exec.Session, error) {
	if s.refusals--; s.refusals >= 0 {
		return nil, errLost
	}
	return s.Executor.Session(ctx)
}

func TestTrace(t *testing.T) {
	type key struct{}
	var log []string
	trace := &exec.Trace{
		Start: func(ctx context.Context, s exec.Statement) context.Context {
			log = append(log, "start "+s.SQL)
			return context.WithValue(ctx, key{}, s.SQL)
		},
		Done: func(ctx context.Context, s exec.Statement, r exec.Result, err error) {
			if ctx.Value(key{}) != s.SQL {
				t.Errorf("Done of %s has not the context of its Start", s.SQL)
			}
			log = append(log, fmt.Sprintf("done %s, %d rows, %v", s.SQL, r.RowsAffected, err))
		},
	}
	fake := exectest.New(func(ctx context.Context, s exec.Statement) (*exectest.Answer, error) {
		if ctx.Value(key{}) != s.SQL && s.SQL[0] != 'b' {
			t.Errorf("%s runs without the context of Start", s.SQL)
		}
		if s.SQL == "bad" {
			return nil, errRefused
		}
		return exectest.Table([]string{"n int8"}, []exec.Value{int64(1)}, []exec.Value{int64(2)}), nil
	})
	e := exec.WithTrace(fake, trace)
	ctx := t.Context()
	if _, err := e.Exec(ctx, exec.Statement{SQL: "exec"}); err != nil {
		t.Error(err)
	}
	if _, err := e.Exec(ctx, exec.Statement{SQL: "bad"}); err == nil {
		t.Error("no error")
	}
	rows, err := e.Query(ctx, exec.Statement{SQL: "query"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.Collect(rows, exec.Cell[int]); err != nil {
		t.Error(err)
	}
	if _, err := e.Query(ctx, exec.Statement{SQL: "bad"}); err == nil {
		t.Error("no error")
	}
	if _, err := exec.Atomically(ctx, e, exec.Statement{SQL: "b1"}, exec.Statement{SQL: "b2"}); err != nil {
		t.Error(err)
	}
	session, err := exec.OpenSession(ctx, e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.Exec(ctx, exec.Statement{SQL: "inside"}); err != nil {
		t.Error(err)
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	want := []string{
		"start exec", "done exec, 2 rows, <nil>",
		"start bad", fmt.Sprintf("done bad, 0 rows, %v", errRefused),
		"start query", "done query, 2 rows, <nil>",
		"start bad", fmt.Sprintf("done bad, -1 rows, %v", errRefused),
		"start b1", "start b2", "done b1, 2 rows, <nil>", "done b2, 2 rows, <nil>",
		"start inside", "done inside, 2 rows, <nil>",
	}
	if fmt.Sprint(log) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", log, want)
	}
	if exec.WithTrace(fake, nil) != exec.Executor(fake) {
		t.Error("a nil trace wraps")
	}
	if _, err := exec.WithTrace(fake, new(exec.Trace)).Exec(ctx, exec.Statement{SQL: "b"}); err != nil {
		t.Error(err)
	}
}
