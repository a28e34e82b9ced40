//go:build cgo

package exectest

import (
	"context"
	"errors"
	"io"

	"github.com/redferry/redferry/exec"
)

// A liar is an Executor that breaks the contract in one place. A hook that is nil
// tells the truth.
type liar struct {
	truth     exec.Executor
	context   func(context.Context) context.Context
	statement func(exec.Statement) exec.Statement
	result    func(exec.Result, error) (exec.Result, error)
	columns   func([]exec.Column) []exec.Column
	row       func(n int, row []exec.Value) error
	closing   error
	session   func(context.Context, *liar) (exec.Session, error)
	batch     func(context.Context, *liar, []exec.Statement) ([]exec.Result, error)
}

func (l *liar) tell(ctx context.Context, s exec.Statement) (context.Context, exec.Statement) {
	if l.context != nil {
		ctx = l.context(ctx)
	}
	if l.statement != nil {
		s = l.statement(s)
	}
	return ctx, s
}

func (l *liar) Exec(ctx context.Context, s exec.Statement) (exec.Result, error) {
	ctx, s = l.tell(ctx, s)
	r, err := l.truth.Exec(ctx, s)
	if l.result != nil {
		return l.result(r, err)
	}
	return r, err
}

func (l *liar) Query(ctx context.Context, s exec.Statement) (*exec.Rows, error) {
	ctx, s = l.tell(ctx, s)
	rows, err := l.truth.Query(ctx, s)
	if err != nil {
		if l.result != nil {
			_, err = l.result(exec.Result{}, err)
		}
		if err == nil {
			return exec.NewRows(nothing{}), nil
		}
		return nil, err
	}
	return exec.NewRows(&falsified{Rows: rows, liar: l}), nil
}

func (l *liar) Session(ctx context.Context) (exec.Session, error) {
	if l.session != nil {
		return l.session(ctx, l)
	}
	s, err := exec.OpenSession(ctx, l.truth)
	if err != nil {
		return nil, err
	}
	inner := *l
	inner.truth = s
	return &liarSession{liar: inner, Closer: s}, nil
}

func (l *liar) ExecBatch(ctx context.Context, statements []exec.Statement) ([]exec.Result, error) {
	if l.batch != nil {
		return l.batch(ctx, l, statements)
	}
	return exec.Atomically(ctx, l.truth, statements...)
}

// A liarSession tells the lies of its liar in one session.
type liarSession struct {
	liar
	io.Closer
}

// nothing is a result that an error was turned into.
type nothing struct{}

func (nothing) Columns() []exec.Column  { return nil }
func (nothing) Read([]exec.Value) error { return io.EOF }
func (nothing) Close() error            { return nil }

// falsified are rows with the lies of a liar.
type falsified struct {
	*exec.Rows
	liar *liar
	n    int
}

func (f *falsified) Columns() []exec.Column {
	if f.liar.columns != nil {
		return f.liar.columns(f.Rows.Columns())
	}
	return f.Rows.Columns()
}

func (f *falsified) Read(dst []exec.Value) error {
	if !f.Next() {
		if f.Err() != nil {
			return f.Err()
		}
		return io.EOF
	}
	dest := make([]any, len(dst))
	for i := range dst {
		dest[i] = &dst[i]
	}
	if err := f.Scan(dest...); err != nil {
		return err
	}
	f.n++
	if f.liar.row != nil {
		return f.liar.row(f.n, dst)
	}
	return nil
}

func (f *falsified) Close() error {
	return errors.Join(f.Rows.Close(), f.liar.closing)
}
