// Package exec runs SQL on Amazon Redshift.
//
// [Executor] is deliberately small. What an implementation can do beyond it is
// an optional interface ([Batcher], [Sessioner]) that callers reach through a
// function of this package ([Atomically], [OpenSession]), never through a type
// assertion. Package direct runs SQL over the PostgreSQL wire protocol, package
// dataapi over the Redshift Data API; [Auto] chooses between two executors and
// [Retry] repeats what is safe to repeat. Package exectest checks that an
// implementation keeps the contract.
//
// This package knows no wire: it imports neither the AWS SDK nor a driver.
package exec

import (
	"context"
	"io"
	"time"
)

// An Executor runs single statements. It is safe for concurrent use. Two calls
// may run in two sessions: SET, temporary tables and BEGIN do not carry over
// (see [Sessioner]). Package exectest has the suite that proves an
// implementation.
type Executor interface {
	// Exec runs one statement and waits until it ends. If ctx ends first, Exec
	// asks the server to cancel the statement and returns an error that wraps
	// ctx's error and, since the statement may have taken effect, satisfies
	// [OutcomeUnknown], unless it is certain that it did not.
	Exec(ctx context.Context, s Statement) (Result, error)

	// Query runs one statement and returns its rows. ctx governs the rows until
	// they are closed. The caller must close them.
	Query(ctx context.Context, s Statement) (*Rows, error)
}

// A Statement is one SQL statement. SQL never contains a secret.
type Statement struct {
	// SQL is one statement without a semicolon at its end.
	SQL string
	// Args replace $1, $2, ... in SQL; each is a [Value]. They stand for values,
	// never for identifiers. A nil is NULL. Implementations that cannot send a
	// value as a parameter (the Data API: NULL and the empty string) put it into
	// the SQL as a literal, so the meaning is the same over every wire.
	Args []any
	// Label names the statement in the warehouse's own query history, in traces
	// and in errors: "unload sales.orders". At most 320 bytes are kept.
	Label string
	// Expect is how long the statement may take; zero means unknown. [Auto]
	// chooses the channel by it. It is no timeout: use ctx for one.
	Expect time.Duration
	// Idempotent says that running the statement twice does no harm, so [Retry]
	// may run it again when its outcome is unknown.
	Idempotent bool
}

// A Result says what a statement did.
type Result struct {
	// RowsAffected is -1 when the server does not say; in particular it is not to
	// be trusted for COPY, whose command tag carries no count.
	RowsAffected int64
	// QueryID finds the statement in the warehouse's history: the statement id of
	// the Data API, or "pid:<backend process id>" on a direct connection.
	QueryID string
	Elapsed time.Duration
}

// A Batcher runs statements in one transaction, in one request.
type Batcher interface {
	// ExecBatch runs all statements or none and returns one Result each. The
	// transaction is begun and committed by the Batcher; TRUNCATE, VACUUM and
	// what else commits by itself has no place in it. A batch that it cannot take
	// is refused with an error that wraps [errors.ErrUnsupported]. If one of the
	// statements failed, there is an [*Error] in the error, with its number.
	ExecBatch(ctx context.Context, statements []Statement) ([]Result, error)
}

// A Sessioner can hold one session open.
type Sessioner interface {
	// Session opens a session. The caller must close it.
	Session(ctx context.Context) (Session, error)
}

// A Session runs one call at a time, all in the same session of the warehouse:
// SET, temporary tables, BEGIN and pg_last_copy_count() carry over. The rows of
// a Query must be closed before the next call. Closing a session rolls back
// what was not committed.
type Session interface {
	Executor
	io.Closer
}

// A Value is nil, bool, int64, float64, string, []byte or [time.Time]. Every
// other type of Redshift (NUMERIC, SUPER, TIME, GEOMETRY, ...) travels as its
// text; VARBYTE as the bytes.
type Value = any
