package exec

import (
	"context"
	"errors"
	"time"
)

// DirectLimit is the default of [AutoOptions.Limit]. A statement of this length
// no longer deserves a connection that a firewall may drop in silence.
const DirectLimit = 5 * time.Minute

// AutoOptions tune [Auto]. The zero value is the documented behaviour.
type AutoOptions struct {
	// Limit is the expected time from which on a statement runs through async.
	// The default is [DirectLimit].
	Limit time.Duration
	// DirectSessions opens sessions and runs batches through direct. By default
	// they run through async, since what they will do is not known beforehand.
	DirectSessions bool
}

// Auto returns an Executor that runs a statement through direct if it is
// expected to end soon (0 < Expect < Limit), and through async otherwise, also
// when Expect is unknown: async survives a connection that is lost. Sessions
// and batches run through async, or through direct by choice; if the one chosen
// has none, through the other.
func Auto(direct, async Executor, opts *AutoOptions) Executor {
	a := &auto{direct: direct, async: async, limit: DirectLimit, held: async, other: direct}
	if opts == nil {
		return a
	}
	if opts.Limit > 0 {
		a.limit = opts.Limit
	}
	if opts.DirectSessions {
		a.held, a.other = direct, async
	}
	return a
}

type auto struct {
	direct, async Executor
	limit         time.Duration
	held, other   Executor // for sessions and batches, in this order
}

var (
	_ Batcher   = (*auto)(nil)
	_ Sessioner = (*auto)(nil)
)

func (a *auto) channel(s Statement) Executor {
	if 0 < s.Expect && s.Expect < a.limit {
		return a.direct
	}
	return a.async
}

func (a *auto) Exec(ctx context.Context, s Statement) (Result, error) {
	return a.channel(s).Exec(ctx, s)
}

func (a *auto) Query(ctx context.Context, s Statement) (*Rows, error) {
	return a.channel(s).Query(ctx, s)
}

func (a *auto) ExecBatch(ctx context.Context, statements []Statement) ([]Result, error) {
	results, err := Atomically(ctx, a.held, statements...)
	if errors.Is(err, errors.ErrUnsupported) {
		return Atomically(ctx, a.other, statements...)
	}
	return results, err
}

func (a *auto) Session(ctx context.Context) (Session, error) {
	session, err := OpenSession(ctx, a.held)
	if errors.Is(err, errors.ErrUnsupported) {
		return OpenSession(ctx, a.other)
	}
	return session, err
}
