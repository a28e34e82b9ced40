package sim_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/dataapi"
	"github.com/redferry/redferry/testkit/sim"
)

// A forger is an Executor that is wrong about some statements.
type forger struct {
	exec.Executor
	outside exec.Executor // what runs besides the session; itself if there is none
	bugs    *sqlBugs
	process *sim.Process
}

// sqlBugs are what a forger does in place of a statement; nil passes it on.
type sqlBugs struct {
	exec  func(ctx context.Context, f *forger, s exec.Statement) (exec.Result, error)
	query func(ctx context.Context, f *forger, s exec.Statement) (*exec.Rows, error)
}

func (f *forger) Exec(ctx context.Context, s exec.Statement) (exec.Result, error) {
	if f.bugs.exec == nil {
		return f.Executor.Exec(ctx, s)
	}
	return f.bugs.exec(ctx, f, s)
}

func (f *forger) Query(ctx context.Context, s exec.Statement) (*exec.Rows, error) {
	if f.bugs.query == nil {
		return f.Executor.Query(ctx, s)
	}
	return f.bugs.query(ctx, f, s)
}

func (f *forger) Session(ctx context.Context) (exec.Session, error) {
	s, err := exec.OpenSession(ctx, f.Executor)
	if err != nil {
		return nil, err
	}
	return &forgedSession{forger: forger{Executor: s, outside: f.Executor, bugs: f.bugs}, Closer: s}, nil
}

type forgedSession struct {
	forger
	io.Closer
}

// at plants bugs at the target's side.
func at(bugs sqlBugs) sim.Parts {
	return sim.Parts{SQL: func(_ *sim.Process, side string, e exec.Executor) exec.Executor {
		if side == "a" {
			return e
		}
		return &forger{Executor: e, outside: e, bugs: &bugs}
	}}
}

// is reports whether a statement begins with a word.
func is(s exec.Statement, word string) bool { return strings.HasPrefix(s.SQL, word) }

// noRows is the answer to a query that finds nothing.
type noRows struct{}

func (noRows) Columns() []exec.Column  { return []exec.Column{{Name: "nothing", Type: "int8"}} }
func (noRows) Read([]exec.Value) error { return io.EOF }
func (noRows) Close() error            { return nil }

// zero is the answer to a query that finds a zero.
type zero struct{ done bool }

func (*zero) Columns() []exec.Column { return []exec.Column{{Name: "n", Type: "int8"}} }
func (*zero) Close() error           { return nil }
func (z *zero) Read(dst []exec.Value) error {
	if z.done {
		return io.EOF
	}
	dst[0], z.done = int64(0), true
	return nil
}

var (
	// noLock leaves the lock out.
	noLock = sqlBugs{exec: func(ctx context.Context, f *forger, s exec.Statement) (exec.Result, error) {
		if is(s, "LOCK") {
			return exec.Result{}, nil
		}
		return f.Executor.Exec(ctx, s)
	}}
	// lateLock looks, and then locks.
	lateLock = sqlBugs{
		exec: func(ctx context.Context, f *forger, s exec.Statement) (exec.Result, error) {
			if is(s, "LOCK") {
				rows, err := f.Executor.Query(ctx, exec.Statement{SQL: "SELECT count(*) FROM redferry.loads"})
				if err == nil {
					_, err = exec.Scalar[int64](rows)
				}
				if err != nil {
					return exec.Result{}, err
				}
			}
			return f.Executor.Exec(ctx, s)
		},
	}
	// otherLock locks in a transaction of its own.
	otherLock = sqlBugs{exec: func(ctx context.Context, f *forger, s exec.Statement) (exec.Result, error) {
		if is(s, "LOCK") {
			_, err := exec.Atomically(ctx, f.outside, s)
			return exec.Result{}, err
		}
		return f.Executor.Exec(ctx, s)
	}}
	// markOutside records the load in a transaction of its own.
	markOutside = sqlBugs{exec: func(ctx context.Context, f *forger, s exec.Statement) (exec.Result, error) {
		if s.Label == "record load" {
			return f.outside.Exec(ctx, s)
		}
		return f.Executor.Exec(ctx, s)
	}}
	// markFirst records the load, in a transaction of its own, and then loads.
	markFirst = sqlBugs{exec: func(ctx context.Context, f *forger, s exec.Statement) (exec.Result, error) {
		switch {
		case is(s, "COPY"):
			if _, err := f.outside.Exec(ctx, markOf(s)); err != nil {
				return exec.Result{}, err
			}
		case s.Label == "record load":
			return exec.Result{}, nil
		}
		return f.Executor.Exec(ctx, s)
	}}
	// noLook does not ask the ledger.
	noLook = sqlBugs{query: func(ctx context.Context, f *forger, s exec.Statement) (*exec.Rows, error) {
		if s.Label == "look into ledger" {
			return exec.NewRows(noRows{}), nil
		}
		return f.Executor.Query(ctx, s)
	}}
	// noTransaction has every statement commit by itself.
	noTransaction = sqlBugs{exec: func(ctx context.Context, f *forger, s exec.Statement) (exec.Result, error) {
		if is(s, "BEGIN") || is(s, "COMMIT") || is(s, "LOCK") {
			return exec.Result{}, nil
		}
		return f.Executor.Exec(ctx, s)
	}}
	// hopefulCommit takes a COMMIT whose answer was lost for done, and counts no
	// rows.
	hopefulCommit = sqlBugs{
		exec: func(ctx context.Context, f *forger, s exec.Statement) (exec.Result, error) {
			r, err := f.Executor.Exec(ctx, s)
			if is(s, "COMMIT") && exec.OutcomeUnknown(err) {
				err = nil
			}
			return r, err
		},
	}
	// blindRetry runs a COPY again on another connection when it does not know what
	// became of it.
	blindRetry = sqlBugs{
		exec: func(ctx context.Context, f *forger, s exec.Statement) (exec.Result, error) {
			r, err := f.Executor.Exec(ctx, s)
			if is(s, "COPY") && exec.OutcomeUnknown(err) {
				return f.outside.Exec(ctx, s)
			}
			return r, err
		},
	}
	// truncate empties a table with TRUNCATE, which commits.
	truncate = sqlBugs{exec: func(ctx context.Context, f *forger, s exec.Statement) (exec.Result, error) {
		s.SQL = strings.Replace(s.SQL, "DELETE FROM", "TRUNCATE", 1)
		return f.Executor.Exec(ctx, s)
	}}
	// noFence lets an old load replace a new one.
	noFence = sqlBugs{query: func(ctx context.Context, f *forger, s exec.Statement) (*exec.Rows, error) {
		if s.Label == "newest generation" {
			return exec.NewRows(&zero{}), nil
		}
		return f.Executor.Query(ctx, s)
	}}
	// newLedger makes the ledger anew when it looks whether it is there.
	newLedger = sqlBugs{query: func(ctx context.Context, f *forger, s exec.Statement) (*exec.Rows, error) {
		if s.Label == "find ledger" {
			_, err := f.Executor.Exec(ctx, exec.Statement{SQL: "DROP TABLE IF EXISTS redferry.loads"})
			if err != nil {
				return nil, err
			}
		}
		return f.Executor.Query(ctx, s)
	}}
	// keySecret authorizes COPY with a key in the SQL, as a comment here.
	keySecret = func(p *sim.Process) sqlBugs {
		return sqlBugs{exec: func(ctx context.Context, f *forger, s exec.Statement) (exec.Result, error) {
			if is(s, "COPY") {
				s.SQL += " -- " + p.World().Writer.SecretAccessKey.Reveal()
			}
			return f.Executor.Exec(ctx, s)
		}}
	}
)

// markOf is a row of the ledger for the load that a COPY belongs to.
func markOf(s exec.Statement) exec.Statement {
	table := strings.TrimPrefix(s.Label, "copy ")
	name := strings.Trim(table[strings.IndexByte(table, '.')+1:], `"`)
	return exec.Statement{
		SQL: `INSERT INTO redferry.loads (load_id, target, generation, row_count, byte_count, file_count, manifest)
			SELECT $1, $2, 1, 0, 0, 0, $3`,
		Args:  []any{"move/" + name, table, "none"},
		Label: "mark first",
	}
}

// newTokens sends every submission of a statement with a token of its own.
type newTokens struct {
	dataapi.Client
	process *sim.Process
	n       atomic.Int64
}

func (c *newTokens) ExecuteStatement(
	ctx context.Context, in *redshiftdata.ExecuteStatementInput, options ...func(*redshiftdata.Options),
) (*redshiftdata.ExecuteStatementOutput, error) {
	token := fmt.Sprintf("%s-again-%d", c.process.Name(), c.n.Add(1))
	in.ClientToken = &token
	return c.Client.ExecuteStatement(ctx, in, options...)
}
