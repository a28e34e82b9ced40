//go:build cgo

package exectest

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/direct"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/duck"
)

// lies has a liar for each check, which must find it out.
var lies = []struct {
	name  string
	check string
	liar  liar
}{
	{"NUMERIC as a float", "Types", liar{row: each(func(v exec.Value) exec.Value {
		if v == "12.340" {
			return 12.34
		}
		return v
	})}},
	{"no names of types", "Types", liar{columns: func(columns []exec.Column) []exec.Column {
		for i := range columns {
			columns[i].Type = ""
		}
		return columns
	}}},
	{"NULL as zero", "Nulls", liar{row: each(func(v exec.Value) exec.Value {
		if v == nil {
			return int64(0)
		}
		return v
	})}},
	{"the empty string as NULL", "Text", liar{row: each(func(v exec.Value) exec.Value {
		if v == "" {
			return nil
		}
		return v
	})}},
	{"backslashes of arguments unescaped", "Text", liar{statement: args(func(a any) any {
		if s, ok := a.(string); ok {
			return strings.ReplaceAll(s, `\n`, "\n")
		}
		return a
	})}},
	{"backslashes of literals doubled", "Literals", liar{statement: sql(func(s string) string { return strings.ReplaceAll(s, `\`, `\\`) })}},
	{"time zones dropped", "Args", liar{statement: args(func(a any) any {
		if when, ok := a.(time.Time); ok {
			return when.Format("2006-01-02 15:04:05.999999")
		}
		return a
	})}},
	{"placeholders replaced wherever they stand", "ArgsAreValues", liar{statement: func(s exec.Statement) exec.Statement {
		for i, a := range s.Args {
			s.SQL = strings.ReplaceAll(s.SQL, "$"+string(rune('1'+i)), redferry.Literal(a.(string)))
		}
		s.Args = nil
		return s
	}}},
	{"spare arguments dropped", "WrongArgs", liar{statement: func(s exec.Statement) exec.Statement {
		s.Args = s.Args[:min(len(s.Args), 2)]
		return s
	}}},
	{"names of columns folded", "Columns", liar{columns: func(columns []exec.Column) []exec.Column {
		for i := range columns {
			columns[i].Name = strings.ReplaceAll(columns[i].Name, `"`, "")
		}
		return columns
	}}},
	{"rows miscounted", "RowsAffected", liar{result: func(r exec.Result, err error) (exec.Result, error) {
		r.RowsAffected++
		return r, err
	}}},
	{"no query id", "Result", liar{result: func(r exec.Result, err error) (exec.Result, error) {
		r.QueryID = ""
		return r, err
	}}},
	{"the first page alone", "ManyRows", liar{row: func(n int, _ []exec.Value) error {
		if n > 1000 {
			return io.EOF
		}
		return nil
	}}},
	{"a row twice", "ManyRows", liar{row: func(n int, row []exec.Value) error {
		if v, ok := row[0].(int64); ok && n == 5000 {
			row[0] = v - 1
		}
		return nil
	}}},
	{"closing early as an error", "EarlyClose", liar{closing: errors.New("rows are left")}},
	{"errors swallowed", "Errors", liar{result: func(r exec.Result, _ error) (exec.Result, error) { return r, nil }}},
	{"errors flattened", "Errors", liar{result: func(r exec.Result, err error) (exec.Result, error) {
		if err != nil {
			err = errors.New(err.Error())
		}
		return r, err
	}}},
	{"refusals as lost statements", "Errors", liar{result: func(r exec.Result, err error) (exec.Result, error) {
		if e, ok := errors.AsType[*exec.Error](err); ok {
			e.Err = errors.Join(exec.ErrOutcomeUnknown, e.Err)
		}
		return r, err
	}}},
	{"labels as they are", "Labels", liar{statement: func(s exec.Statement) exec.Statement {
		s.SQL, s.Label = "/* "+s.Label+" */ "+s.SQL, ""
		return s
	}}},
	{"answers mixed up", "Concurrency", liar{statement: args(func(a any) any {
		if s, ok := a.(string); ok && strings.HasPrefix(s, "3/") {
			return "2/0"
		}
		return a
	})}},
	{"contexts ignored", "CancelledBefore", liar{context: context.WithoutCancel}},
	{"cancelled statements as never started", "CancelledWhileRunning", liar{result: func(r exec.Result, err error) (exec.Result, error) {
		if errors.Is(err, context.DeadlineExceeded) {
			err = errors.Join(err, exec.ErrNotStarted)
		}
		return r, err
	}}},
	{"sessions that are none", "Session", liar{session: func(_ context.Context, l *liar) (exec.Session, error) {
		return &liarSession{liar: liar{truth: l.truth}, Closer: io.NopCloser(nil)}, nil
	}}},
	{"sessions that commit when closed", "SessionTransactions", liar{session: func(ctx context.Context, l *liar) (exec.Session, error) {
		s, err := exec.OpenSession(ctx, l.truth)
		if err != nil {
			return nil, err
		}
		return &liarSession{liar: liar{truth: s}, Closer: closer(func() error {
			_, err := s.Exec(ctx, exec.Statement{SQL: "COMMIT"})
			return errors.Join(err, s.Close())
		})}, nil
	}}},
	{"sessions that give others", "SessionInSession", liar{session: func(ctx context.Context, l *liar) (exec.Session, error) {
		s, err := exec.OpenSession(ctx, l.truth)
		if err != nil {
			return nil, err
		}
		fresh := func(ctx context.Context, _ *liar) (exec.Session, error) { return exec.OpenSession(ctx, l.truth) }
		return &liarSession{liar: liar{truth: s, session: fresh}, Closer: s}, nil
	}}},
	{"batches without a transaction", "Atomically", liar{batch: oneByOne}},
	{"batches without a transaction", "Batch", liar{batch: oneByOne}},
	{"a batch that does not say which statement failed", "Batch", liar{batch: func(ctx context.Context, l *liar, statements []exec.Statement) ([]exec.Result, error) {
		results, err := exec.Atomically(ctx, l.truth, statements...)
		if failed, ok := errors.AsType[*exec.Error](err); ok {
			failed.Statement = 0
		}
		return results, err
	}}},
	{"the rest of a long batch left out", "AtomicallyMany", liar{batch: func(ctx context.Context, l *liar, statements []exec.Statement) ([]exec.Result, error) {
		_, err := exec.Atomically(ctx, l.truth, statements[:40]...)
		return make([]exec.Result, len(statements)), err
	}}},
}

type closer func() error

func (c closer) Close() error { return c() }

func each(f func(exec.Value) exec.Value) func(int, []exec.Value) error {
	return func(_ int, row []exec.Value) error {
		for i, v := range row {
			row[i] = f(v)
		}
		return nil
	}
}

func args(f func(any) any) func(exec.Statement) exec.Statement {
	return func(s exec.Statement) exec.Statement {
		s.Args = slices.Clone(s.Args)
		for i, a := range s.Args {
			s.Args[i] = f(a)
		}
		return s
	}
}

func sql(f func(string) string) func(exec.Statement) exec.Statement {
	return func(s exec.Statement) exec.Statement {
		s.SQL = f(s.SQL)
		return s
	}
}

func oneByOne(ctx context.Context, l *liar, statements []exec.Statement) ([]exec.Result, error) {
	var results []exec.Result
	for _, s := range statements {
		r, err := l.truth.Exec(ctx, s)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}

// TestSuiteFindsLiars runs the checks against Executors that break what they
// check. The same checks pass for the Executor behind the lies.
func TestSuiteFindsLiars(t *testing.T) {
	truth := exec.WithTrace(warehouse(t), new(exec.Trace))
	TestExecutor(t, func(*testing.T) exec.Executor { return &liar{truth: truth} })
	for _, c := range checks() {
		found := false
		for _, lie := range lies {
			if lie.check != c.name {
				continue
			}
			found = true
			t.Run(c.name+"/"+lie.name, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				lie.liar.truth = truth
				err := c.check(ctx, &lie.liar)
				if err == nil || errors.Is(err, errNotOffered) {
					t.Errorf("the check did not find out: %v", err)
				}
			})
		}
		if !found {
			t.Errorf("no lie is told to the check %s", c.name)
		}
	}
}

// warehouse returns an Executor that keeps the contract.
func warehouse(t *testing.T) *direct.Executor {
	t.Helper()
	engine, err := duck.New(&duck.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	cloud := fakeaws.NewCloud(nil)
	account, err := cloud.Account("111122223333")
	if err != nil {
		t.Fatal(err)
	}
	w, err := fakeredshift.New(cloud, account, engine, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := w.CreateUser("loader", "Pa55word", true); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.StartPG(l, nil)
	login := creds.Static(creds.Login{User: "loader", Password: creds.NewSecret("Pa55word")})
	target := direct.Target{Host: "127.0.0.1", Port: uint16(l.Addr().(*net.TCPAddr).Port), Database: w.Database()}
	e, err := direct.Open(t.Context(), target, login, &direct.Options{Plaintext: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}
