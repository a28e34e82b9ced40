package dataapi

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata/types"

	"github.com/redferry/redferry/internal/backoff"
)

const (
	firstPoll = 50 * time.Millisecond
	// abandonTimeout bounds what follows the end of a caller's context: the
	// request to cancel and the wait for what became of the statement.
	abandonTimeout = 30 * time.Second
)

// wait polls until the statement ends. It returns nil when ctx ended, or with
// the error that made further polling pointless: the statement may be running.
// A statement may be SUBMITTED or PICKED for long; that alone is no failure.
func (r *run) wait(ctx context.Context) (*redshiftdata.DescribeStatementOutput, error) {
	pauses := backoff.Policy{Base: firstPoll, Max: r.opts.MaxPoll, Rand: r.opts.Rand}
	answered := time.Now()
	for look := 1; ; look++ {
		// Half of each pause is jitter: polls that come at once are wasted.
		if err := backoff.Sleep(ctx, (pauses.Ceiling(look)+pauses.Delay(look))/2); err != nil {
			return nil, err
		}
		out, err := r.describe(ctx)
		switch {
		case err == nil && ended(out.Status):
			return out, nil
		case err == nil:
			answered = time.Now()
		case ctx.Err() != nil || !transient(err):
			return nil, permanent(err)
		case time.Since(answered) > r.opts.Patience:
			return nil, fmt.Errorf("no answer for %v: %w", r.opts.Patience, err)
		}
	}
}

func (r *run) describe(ctx context.Context) (out *redshiftdata.DescribeStatementOutput, err error) {
	err = r.request(ctx, func(ctx context.Context) error {
		out, err = r.client.DescribeStatement(ctx, &redshiftdata.DescribeStatementInput{Id: &r.id}, once)
		return err
	})
	return out, err
}

func ended(status types.StatusString) bool {
	return status == types.StatusStringFinished || status == types.StatusStringFailed || status == types.StatusStringAborted
}

// abandon is for a ctx that ended while the statement ran: it cancels the
// statement and returns how it ended, or nil if that cannot be told. It outlives
// ctx, because a COPY that nobody waits for would hold its locks for hours.
func (r *run) abandon(ctx context.Context, done *redshiftdata.DescribeStatementOutput) *redshiftdata.DescribeStatementOutput {
	if done != nil {
		return done
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTimeout)
	defer cancel()
	// A refusal says that the statement has ended; the look that follows tells.
	_ = r.persist(ctx, func(ctx context.Context) error {
		_, err := r.client.CancelStatement(ctx, &redshiftdata.CancelStatementInput{Id: &r.id}, once)
		return err
	})
	done, err := r.wait(ctx)
	if err != nil {
		return nil
	}
	return done
}
