package exec

import (
	"context"
	"errors"
	"io"
	"time"
)

// A Trace observes statements, with their SQL in clear: SQL never contains a
// secret. Any function may be nil. They are called from the goroutine that runs
// the statement, at the same time for different statements, and must not block.
type Trace struct {
	// Start is called before a statement is sent. The context that it returns,
	// unless nil, governs the statement and is given to Done, so that a span can
	// live in it.
	Start func(ctx context.Context, s Statement) context.Context
	// Done is called when the statement has ended: that of a Query when its rows
	// are closed, with the number of rows read in RowsAffected. The statements
	// of a batch start together and are done together.
	Done func(ctx context.Context, s Statement, r Result, err error)
}

func (t *Trace) start(ctx context.Context, s Statement) context.Context {
	if t.Start != nil {
		if c := t.Start(ctx, s); c != nil {
			return c
		}
	}
	return ctx
}

func (t *Trace) done(ctx context.Context, s Statement, r Result, err error) {
	if t.Done != nil {
		t.Done(ctx, s, r, err)
	}
}

// WithTrace returns e with every statement observed, those of sessions and
// batches, too. Inside of [Retry] it sees each attempt, outside of it each
// statement once. A nil trace returns e itself.
func WithTrace(e Executor, trace *Trace) Executor {
	if trace == nil {
		return e
	}
	return &tracer{e: e, trace: trace}
}

type tracer struct {
	e     Executor
	trace *Trace
}

var (
	_ Batcher   = (*tracer)(nil)
	_ Sessioner = (*tracer)(nil)
)

func (t *tracer) Exec(ctx context.Context, s Statement) (Result, error) {
	ctx = t.trace.start(ctx, s)
	r, err := t.e.Exec(ctx, s)
	t.trace.done(ctx, s, r, err)
	return r, err
}

func (t *tracer) Query(ctx context.Context, s Statement) (*Rows, error) {
	ctx = t.trace.start(ctx, s)
	begin := time.Now()
	rows, err := t.e.Query(ctx, s)
	if err != nil {
		t.trace.done(ctx, s, Result{RowsAffected: -1, Elapsed: time.Since(begin)}, err)
		return nil, err
	}
	done := func(n int64, err error) {
		t.trace.done(ctx, s, Result{RowsAffected: n, Elapsed: time.Since(begin)}, err)
	}
	return NewRows(&tracedReader{RowReader: rows.reader, done: done}), nil
}

func (t *tracer) ExecBatch(ctx context.Context, statements []Statement) ([]Result, error) {
	contexts := make([]context.Context, len(statements))
	for i, s := range statements {
		contexts[i] = t.trace.start(ctx, s)
	}
	results, err := Atomically(ctx, t.e, statements...)
	for i, s := range statements {
		r := Result{RowsAffected: -1}
		if i < len(results) {
			r = results[i]
		}
		t.trace.done(contexts[i], s, r, err)
	}
	return results, err
}

func (t *tracer) Session(ctx context.Context) (Session, error) {
	session, err := OpenSession(ctx, t.e)
	if err != nil {
		return nil, err
	}
	return &tracedSession{tracer: tracer{e: session, trace: t.trace}, Closer: session}, nil
}

type tracedSession struct {
	tracer
	io.Closer
}

// Session gives the session itself, see [OpenSession].
func (t *tracedSession) Session(context.Context) (Session, error) { return Borrow(t), nil }

// A tracedReader counts rows and tells when they are closed.
type tracedReader struct {
	RowReader
	rows int64
	err  error
	done func(rows int64, err error)
}

func (r *tracedReader) Read(dst []Value) error {
	err := r.RowReader.Read(dst)
	switch err { // without errors.Is, as in Rows.Next
	case nil:
		r.rows++
	case io.EOF:
	default:
		r.err = err
	}
	return err
}

func (r *tracedReader) Close() error {
	err := r.RowReader.Close()
	if r.done != nil {
		r.done(r.rows, errors.Join(r.err, err))
		r.done = nil
	}
	return err
}
