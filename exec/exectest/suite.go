package exectest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redferry/redferry/exec"
)

// TestExecutor checks that the Executors which open returns keep the contract of
// [exec.Executor], [exec.Batcher] and [exec.Sessioner]. What an implementation
// has not is logged. open is called once for each subtest; it registers what it
// needs to clean up with t.
//
// The SQL is such that a real warehouse answers it, so one suite serves fakes
// and clusters. It creates tables named redferry_exectest_..., and drops them;
// the user needs the right to create tables in the first schema of the search
// path.
func TestExecutor(t *testing.T, open func(t *testing.T) exec.Executor) {
	t.Helper()
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			err := c.check(t.Context(), open(t))
			switch {
			case errors.Is(err, errNotOffered):
				t.Log(err)
			case err != nil:
				t.Error(err)
			}
		})
	}
}

// errNotOffered is wrapped by a check for something that an implementation need
// not have.
var errNotOffered = errors.New("not offered, so not checked")

// A check looks at one promise of the contract.
type check struct {
	name string
	run  func(context.Context, *subject) error
}

func checks() []check {
	return []check{
		{"Types", checkTypes},
		{"Nulls", checkNulls},
		{"Text", checkText},
		{"Literals", checkLiterals},
		{"Args", checkArgs},
		{"ArgsAreValues", checkArgsAreValues},
		{"WrongArgs", checkWrongArgs},
		{"Columns", checkColumns},
		{"RowsAffected", checkRowsAffected},
		{"Result", checkResult},
		{"ManyRows", checkManyRows},
		{"EarlyClose", checkEarlyClose},
		{"Errors", checkErrors},
		{"Labels", checkLabels},
		{"Concurrency", checkConcurrency},
		{"CancelledBefore", checkCancelledBefore},
		{"CancelledWhileRunning", checkCancelledWhileRunning},
		{"Session", checkSession},
		{"SessionTransactions", checkSessionTransactions},
		{"SessionInSession", checkSessionInSession},
		{"Atomically", checkAtomically},
		{"AtomicallyMany", checkAtomicallyMany},
		{"Batch", checkBatch},
	}
}

// check runs c on e and drops the tables that it made.
func (c check) check(ctx context.Context, e exec.Executor) error {
	s := &subject{Executor: e, table: "redferry_exectest_" + strings.ToLower(rand.Text()[:12])}
	err := c.run(ctx, s)
	for _, table := range s.created {
		if dropping := s.do(ctx, "DROP TABLE IF EXISTS "+table); dropping != nil {
			err = errors.Join(err, fmt.Errorf("clean up: %w", dropping))
		}
	}
	return err
}

// A subject is the Executor under test, and the name of a table that nobody else
// uses.
type subject struct {
	exec.Executor
	table   string
	created []string
}

// create makes the table with the given columns.
func (s *subject) create(ctx context.Context, columns string) error {
	s.created = append(s.created, s.table)
	return s.do(ctx, "CREATE TABLE "+s.table+" ("+columns+")")
}

// do runs a statement whose result does not matter.
func (s *subject) do(ctx context.Context, sql string, args ...any) error {
	return do(ctx, s.Executor, sql, args...)
}

func do(ctx context.Context, e exec.Executor, sql string, args ...any) error {
	_, err := e.Exec(ctx, exec.Statement{SQL: sql, Args: args, Label: "exectest"})
	if err != nil {
		return fmt.Errorf("%.80s: %w", sql, err)
	}
	return nil
}

// scalar runs a query of one value.
func scalar[T any](ctx context.Context, e exec.Executor, sql string, args ...any) (T, error) {
	var zero T
	rows, err := e.Query(ctx, exec.Statement{SQL: sql, Args: args, Label: "exectest", Expect: time.Second})
	if err == nil {
		zero, err = exec.Scalar[T](rows)
	}
	if err != nil {
		return zero, fmt.Errorf("%.80s: %w", sql, err)
	}
	return zero, nil
}

// count returns the number of rows in the table.
func (s *subject) count(ctx context.Context) (int, error) {
	return scalar[int](ctx, s.Executor, "SELECT count(*) FROM "+s.table)
}

// wantCount reports an error unless the table has n rows.
func (s *subject) wantCount(ctx context.Context, n int, when string) error {
	got, err := s.count(ctx)
	if err == nil && got != n {
		err = fmt.Errorf("%s the table has %d rows, want %d", when, got, n)
	}
	return err
}

// outcome reads a query to its end for the error alone.
func outcome(ctx context.Context, e exec.Executor, st exec.Statement) error {
	rows, err := e.Query(ctx, st)
	if err != nil {
		return err
	}
	for rows.Next() {
		continue
	}
	return errors.Join(rows.Err(), rows.Close())
}
