package exec_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/exectest"
)

// sessionsOnly hides everything but sessions, plain everything but Executor.
type (
	sessionsOnly struct{ e *exectest.Executor }
	plain        struct{ exec.Executor }
)

func (s sessionsOnly) Exec(ctx context.Context, st exec.Statement) (exec.Result, error) {
	return s.e.Exec(ctx, st)
}

func (s sessionsOnly) Query(ctx context.Context, st exec.Statement) (*exec.Rows, error) {
	return s.e.Query(ctx, st)
}

func (s sessionsOnly) Session(ctx context.Context) (exec.Session, error) { return s.e.Session(ctx) }

// scripted answers with the error listed for the SQL, else with nothing.
func scripted(failures map[string]error) *exectest.Executor {
	return exectest.New(func(_ context.Context, s exec.Statement) (*exectest.Answer, error) {
		return nil, failures[s.SQL]
	})
}

func sqls(e *exectest.Executor) string {
	var all []string
	for _, s := range e.Statements() {
		all = append(all, s.SQL)
	}
	return strings.Join(all, "; ")
}

func statements(sqls ...string) []exec.Statement {
	all := make([]exec.Statement, len(sqls))
	for i, sql := range sqls {
		all[i] = exec.Statement{SQL: sql, Label: "label " + sql}
	}
	return all
}

var (
	errLost    = &exec.Error{Op: "exec", Err: exec.ErrOutcomeUnknown}
	errUnsent  = &exec.Error{Op: "exec", Err: exec.ErrNotStarted}
	errRefused = &exec.Error{Op: "exec", SQLState: "XX000", Code: "1023", Err: errors.New("1023")}
	errStrange = errors.New("strange")
)

func TestAtomicallyInSession(t *testing.T) {
	tests := []struct {
		name    string
		fail    map[string]error
		want    string // the statements that run
		err     error  // nil for success
		unknown bool
	}{
		{"success", nil, "BEGIN; a; b; COMMIT", nil, false},
		{"begin unsent", map[string]error{"BEGIN": errUnsent}, "BEGIN", exec.ErrNotStarted, false},
		{"statement refused", map[string]error{"a": errRefused}, "BEGIN; a; ROLLBACK", errRefused, false},
		{"statement lost", map[string]error{"b": errLost}, "BEGIN; a; b; ROLLBACK", errLost, false},
		{"rollback lost, too", map[string]error{"b": errLost, "ROLLBACK": errLost}, "BEGIN; a; b; ROLLBACK", errLost, false},
		{"commit lost", map[string]error{"COMMIT": errLost}, "BEGIN; a; b; COMMIT", errLost, true},
		{"commit refused", map[string]error{"COMMIT": errRefused}, "BEGIN; a; b; COMMIT", errRefused, false},
		{"commit unsent", map[string]error{"COMMIT": errUnsent}, "BEGIN; a; b; COMMIT; ROLLBACK", exec.ErrNotStarted, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake := scripted(tt.fail)
			results, err := exec.Atomically(t.Context(), sessionsOnly{fake}, statements("a", "b")...)
			if got := sqls(fake); got != tt.want {
				t.Errorf("ran  %s\nwant %s", got, tt.want)
			}
			if !errors.Is(err, tt.err) || exec.OutcomeUnknown(err) != tt.unknown {
				t.Errorf("error %v (unknown %v), want %v (unknown %v)", err, exec.OutcomeUnknown(err), tt.err, tt.unknown)
			}
			failed, ok := errors.AsType[*exec.Error](err)
			if n := map[string]int{"statement refused": 1, "statement lost": 2, "rollback lost, too": 2}[tt.name]; ok && failed.Statement != n {
				t.Errorf("the error is of statement %d, want %d", failed.Statement, n)
			}
			if want := 2; err == nil && len(results) != want {
				t.Errorf("%d results, want %d", len(results), want)
			}
			if fake.Open() != 0 {
				t.Error("the session is open")
			}
		})
	}
}

// TestAtomicallyCommitOfUnknownKind: only the warehouse's own answer settles a
// COMMIT.
func TestAtomicallyCommitOfUnknownKind(t *testing.T) {
	silent := plainSession{scripted(nil), errStrange}
	_, err := exec.Atomically(t.Context(), silent, statements("a")...)
	if !exec.OutcomeUnknown(err) || !errors.Is(err, errStrange) {
		t.Errorf("error %v, want an unknown outcome because of %v", err, errStrange)
	}
}

// A plainSession fails COMMIT with an error that is no *exec.Error.
type plainSession struct {
	*exectest.Executor
	commit error
}

func (p plainSession) ExecBatch(context.Context, []exec.Statement) ([]exec.Result, error) {
	return nil, errors.ErrUnsupported
}

func (p plainSession) Session(context.Context) (exec.Session, error) { return p, nil }
func (p plainSession) Close() error                                  { return nil }

func (p plainSession) Exec(ctx context.Context, s exec.Statement) (exec.Result, error) {
	if s.SQL == "COMMIT" {
		return exec.Result{}, p.commit
	}
	return p.Executor.Exec(ctx, s)
}

func TestAtomicallyCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	fake := exectest.New(func(ctx context.Context, s exec.Statement) (*exectest.Answer, error) {
		if s.SQL == "a" {
			cancel()
			return nil, &exec.Error{Op: "exec", Err: errors.Join(ctx.Err(), exec.ErrOutcomeUnknown)}
		}
		return nil, ctx.Err()
	})
	_, err := exec.Atomically(ctx, sessionsOnly{fake}, statements("a", "b")...)
	if !errors.Is(err, context.Canceled) || exec.OutcomeUnknown(err) {
		t.Errorf("error %v, want context.Canceled and a known outcome", err)
	}
	if e, ok := errors.AsType[*exec.Error](err); !ok || e.Op != "exec" {
		t.Errorf("no *exec.Error in %v", err)
	}
	if got, want := sqls(fake), "BEGIN; a; ROLLBACK"; got != want {
		t.Errorf("ran %s, want %s: the rollback outlives the context", got, want)
	}
}

func TestAtomicallyRoutes(t *testing.T) {
	t.Run("batch", func(t *testing.T) {
		fake := scripted(nil)
		if _, err := exec.Atomically(t.Context(), fake, statements("a", "b")...); err != nil {
			t.Fatal(err)
		}
		if got := sqls(fake); got != "a; b" {
			t.Errorf("ran %s, want the statements alone in a batch", got)
		}
	})
	t.Run("neither", func(t *testing.T) {
		_, err := exec.Atomically(t.Context(), plain{scripted(nil)}, statements("a")...)
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("error %v, want errors.ErrUnsupported", err)
		}
	})
	t.Run("nothing", func(t *testing.T) {
		if results, err := exec.Atomically(t.Context(), plain{scripted(nil)}); err != nil || results != nil {
			t.Errorf("no statements: %v, %v", results, err)
		}
	})
	t.Run("through decorators", func(t *testing.T) {
		fake := scripted(nil)
		e := exec.Retry(exec.WithTrace(exec.Auto(plain{fake}, sessionsOnly{fake}, nil), new(exec.Trace)), nil)
		if _, err := exec.Atomically(t.Context(), e, statements("a")...); err != nil {
			t.Fatal(err)
		}
		if got, want := sqls(fake), "BEGIN; a; COMMIT"; got != want {
			t.Errorf("ran %s, want %s", got, want)
		}
	})
	t.Run("a session inside a session", func(t *testing.T) {
		fake := scripted(nil)
		session, err := exec.OpenSession(t.Context(), sessionsOnly{fake})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := exec.Atomically(t.Context(), session, statements("a")...); err != nil {
			t.Fatal(err)
		}
		if fake.Open() != 1 {
			t.Errorf("%d sessions are open, want the one that the test holds", fake.Open())
		}
		if err := session.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAtomicallyRefusesWhatCommits(t *testing.T) {
	for _, sql := range []string{"TRUNCATE t", "/* x */ truncate TABLE t", "vacuum", "BEGIN", "Start Transaction", "COMMIT", "END", "ROLLBACK", "ABORT"} {
		fake := scripted(nil)
		_, err := exec.Atomically(t.Context(), fake, statements("a", sql)...)
		if err == nil || len(fake.Statements()) != 0 {
			t.Errorf("%s: error %v after %d statements, want an error after none", sql, err, len(fake.Statements()))
		}
	}
}

func TestAuto(t *testing.T) {
	tests := []struct {
		name   string
		opts   *exec.AutoOptions
		expect string
		run    func(context.Context, exec.Executor) error
	}{
		{"short", nil, "direct", runExpecting("1s")},
		{"short query", nil, "direct", queryExpecting("1s")},
		{"at the limit", nil, "async", runExpecting("5m")},
		{"long", nil, "async", runExpecting("1h")},
		{"unknown", nil, "async", runExpecting("0s")},
		{"negative", nil, "async", runExpecting("-1s")},
		{"own limit", &exec.AutoOptions{Limit: 2e9}, "async", runExpecting("3s")},
		{"session", nil, "async", openSession},
		{"direct session", &exec.AutoOptions{DirectSessions: true}, "direct", openSession},
		{"batch", nil, "async", runBatch},
		{"direct batch", &exec.AutoOptions{DirectSessions: true}, "direct", runBatch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fakes := map[string]*exectest.Executor{"direct": scripted(nil), "async": scripted(nil)}
			if err := tt.run(t.Context(), exec.Auto(fakes["direct"], fakes["async"], tt.opts)); err != nil {
				t.Fatal(err)
			}
			for name, fake := range fakes {
				if got, want := len(fake.Statements()) > 0, name == tt.expect; got != want {
					t.Errorf("%s ran something: %v, want %v", name, got, want)
				}
			}
		})
	}
}

func TestAutoFallsBackToTheOneWithSessions(t *testing.T) {
	direct := scripted(nil)
	if err := openSession(t.Context(), exec.Auto(direct, plain{scripted(nil)}, nil)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("a", sqls(direct)); diff != "" {
		t.Error(diff)
	}
}
