package dataapi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/internal/backoff"
)

const (
	firstRepeat = 200 * time.Millisecond
	maxRepeat   = 20 * time.Second
)

// submit sends the statement until the service takes or refuses it. A request
// outlives ctx (not its own timeout): were it cut off, a statement might run of
// which nobody knows the id, so that nobody could cancel it.
func (r *run) submit(ctx context.Context, send func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return r.fail(fmt.Errorf("%w: %w", exec.ErrNotStarted, err))
	}
	pauses := backoff.Policy{Base: firstRepeat, Max: maxRepeat, Rand: r.opts.Rand}
	begin, taken := time.Now(), false // taken: an answer was lost, so it may run
	for attempt := 1; ; attempt++ {
		err := r.request(context.WithoutCancel(ctx), send)
		if err == nil {
			return nil
		}
		if !transient(err) {
			return r.fail(given(taken, permanent(err)))
		}
		taken = taken || !refused(err)
		pause := pauses.Delay(attempt)
		if time.Since(begin)+pause > r.opts.Patience {
			return r.fail(given(taken, fmt.Errorf("%w after %d attempts", err, attempt)))
		}
		if backoff.Sleep(ctx, pause) != nil {
			return r.fail(given(taken, fmt.Errorf("%w: %w", ctx.Err(), err)))
		}
	}
}

// given marks the error of a submission that was given up.
func given(taken bool, err error) error {
	switch {
	case taken:
		return fmt.Errorf("%w: %w", exec.ErrOutcomeUnknown, err)
	case transient(err), errors.Is(err, errGone):
		return fmt.Errorf("%w: %w", exec.ErrNotStarted, err)
	}
	return err
}

// request sends one request under its own timeout.
func (r *run) request(ctx context.Context, send func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, r.opts.RequestTimeout)
	defer cancel()
	return send(ctx)
}

// persist sends a request that does no harm when repeated until it is answered,
// refused for good, or patience is over.
func (r *run) persist(ctx context.Context, send func(context.Context) error) error {
	pauses := backoff.Policy{Base: firstRepeat, Max: maxRepeat, Rand: r.opts.Rand}
	begin := time.Now()
	for attempt := 1; ; attempt++ {
		err := r.request(ctx, send)
		if err == nil || ctx.Err() != nil || !transient(err) {
			return err
		}
		pause := pauses.Delay(attempt)
		if time.Since(begin)+pause > r.opts.Patience {
			return fmt.Errorf("%w after %d attempts", err, attempt)
		}
		if backoff.Sleep(ctx, pause) != nil {
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}
}
