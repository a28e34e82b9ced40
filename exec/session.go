package exec

import (
	"context"
	"errors"
	"fmt"
)

// OpenSession opens a session of e, which the caller must close. The error
// wraps [errors.ErrUnsupported] if e has no sessions. A Session that is itself a
// [Sessioner] gives itself, so that a function which opens a session also runs
// inside of one that its caller holds.
func OpenSession(ctx context.Context, e Executor) (Session, error) {
	if s, ok := e.(Sessioner); ok {
		return s.Session(ctx)
	}
	return nil, &Error{Op: "session", Err: fmt.Errorf("%T has no sessions: %w", e, errors.ErrUnsupported)}
}

// Borrow returns s with a Close that does nothing: what the Session method of a
// [Session] returns, see [OpenSession].
func Borrow(s Session) Session { return borrowed{s} }

type borrowed struct{ held Session }

var _ interface {
	Session
	Sessioner
} = borrowed{}

func (b borrowed) Exec(ctx context.Context, s Statement) (Result, error) { return b.held.Exec(ctx, s) }

func (b borrowed) Query(ctx context.Context, s Statement) (*Rows, error) { return b.held.Query(ctx, s) }
func (b borrowed) Session(context.Context) (Session, error)              { return b, nil }
func (b borrowed) Close() error                                          { return nil }
