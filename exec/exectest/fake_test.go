package exectest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"go.uber.org/goleak"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/exectest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFakeCountsWhatIsOpen(t *testing.T) {
	fake := exectest.New(func(context.Context, exec.Statement) (*exectest.Answer, error) {
		return exectest.Table([]string{"n int8"}, []exec.Value{int64(1)}), nil
	})
	rows, err := fake.Query(t.Context(), exec.Statement{SQL: "a"})
	if err != nil {
		t.Fatal(err)
	}
	session, err := exec.OpenSession(t.Context(), fake)
	if err != nil {
		t.Fatal(err)
	}
	if fake.Open() != 2 {
		t.Errorf("%d open, want 2", fake.Open())
	}
	for range 2 {
		if err := errors.Join(rows.Close(), session.Close()); err != nil {
			t.Error(err)
		}
	}
	if fake.Open() != 0 {
		t.Errorf("%d open, want 0", fake.Open())
	}
	if _, err := session.Exec(t.Context(), exec.Statement{}); err == nil {
		t.Error("a closed session runs statements")
	}
	if _, err := session.Query(t.Context(), exec.Statement{}); err == nil {
		t.Error("a closed session runs queries")
	}
}

func TestFakeTellsSessionsApart(t *testing.T) {
	var seen []int
	fake := exectest.New(func(ctx context.Context, _ exec.Statement) (*exectest.Answer, error) {
		seen = append(seen, exectest.SessionOf(ctx))
		return nil, nil
	})
	ctx := t.Context()
	run := func(e exec.Executor) {
		t.Helper()
		if _, err := e.Exec(ctx, exec.Statement{SQL: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	first, err := exec.OpenSession(ctx, fake)
	if err != nil {
		t.Fatal(err)
	}
	inner, err := exec.OpenSession(ctx, first)
	if err != nil {
		t.Fatal(err)
	}
	run(fake)
	run(first)
	run(inner)
	if _, err := exec.Atomically(ctx, fake, exec.Statement{SQL: "a"}, exec.Statement{SQL: "b"}); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if got, want := fmt.Sprint(seen), "[0 1 1 2 2]"; got != want {
		t.Errorf("sessions %s, want %s", got, want)
	}
}

func TestFakeErrors(t *testing.T) {
	plain := errors.New("plain")
	coded := &exec.Error{Op: "x", SQLState: "42P01", Err: plain}
	for _, cause := range []error{plain, coded} {
		fake := exectest.New(func(context.Context, exec.Statement) (*exectest.Answer, error) { return nil, cause })
		_, err := fake.Exec(t.Context(), exec.Statement{SQL: "a", Label: "l"})
		if _, ok := errors.AsType[*exec.Error](err); !ok || !errors.Is(err, cause) {
			t.Errorf("error %v, want an *exec.Error around %v", err, cause)
		}
		if cause == coded && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v lost its SQLSTATE", err)
		}
		_, err = fake.ExecBatch(t.Context(), []exec.Statement{{SQL: "a"}, {SQL: "b"}})
		if failed, ok := errors.AsType[*exec.Error](err); !ok || failed.Statement != 1 || !errors.Is(err, cause) {
			t.Errorf("batch: %v, want an *exec.Error of statement 1", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	fake := exectest.New(nil)
	_, execErr := fake.Exec(ctx, exec.Statement{})
	_, queryErr := fake.Query(ctx, exec.Statement{})
	_, sessionErr := fake.Session(ctx)
	for _, err := range []error{execErr, queryErr, sessionErr} {
		if !exec.SafeToRetry(err) || !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled before anything started", err)
		}
	}
}

func TestFakeRowsOfWrongWidth(t *testing.T) {
	fake := exectest.New(func(context.Context, exec.Statement) (*exectest.Answer, error) {
		return exectest.Table([]string{"a", "b int4"}, []exec.Value{"x"}), nil
	})
	rows, err := fake.Query(t.Context(), exec.Statement{})
	if err != nil {
		t.Fatal(err)
	}
	if rows.Next() || rows.Err() == nil {
		t.Error("a row of one value for two columns is no error")
	}
}

func ExampleNew() {
	fake := exectest.New(func(_ context.Context, s exec.Statement) (*exectest.Answer, error) {
		switch s.SQL {
		case "SELECT name FROM people":
			return exectest.Table([]string{"name varchar"}, []exec.Value{"Ada"}, []exec.Value{"Grace"}), nil
		case "DROP TABLE missing":
			return nil, &exec.Error{Op: "exec", SQLState: "42P01", Err: errors.New(`table "missing" does not exist`)}
		}
		return nil, nil
	})
	ctx := context.Background()
	rows, err := fake.Query(ctx, exec.Statement{SQL: "SELECT name FROM people"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(exec.Collect(rows, exec.Cell[string]))
	_, err = fake.Exec(ctx, exec.Statement{SQL: "DROP TABLE missing"})
	fmt.Println(errors.Is(err, fs.ErrNotExist))
	fmt.Println(len(fake.Statements()), "statements,", fake.Open(), "left open")
	// Output:
	// [Ada Grace] <nil>
	// true
	// 2 statements, 0 left open
}
