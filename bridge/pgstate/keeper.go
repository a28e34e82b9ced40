package pgstate

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/backoff"
)

const (
	// heartbeat is how long the connection of a lock may be silent until it is asked
	// something, and then until it has answered.
	heartbeat = 10 * time.Second
	// ghosts is how often a lock is asked for again that somebody has: that may be the
	// connection that has ended, which a database learns of a little later.
	ghosts = 5
)

// A keeper looks after the connection of a lock.
type keeper struct {
	state  *State
	prefix redferry.URI
	beat   time.Duration
	conn   *pgxpool.Conn // nil if there is none; the keeper's until ended is closed
	ended  chan struct{}
}

// keep returns nil when ctx ends, or why the lock is lost.
func (k *keeper) keep(ctx context.Context) error {
	for {
		k.watch(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err := k.retake(ctx); err != nil {
			return err
		}
	}
}

// watch returns when the connection or ctx has ended.
func (k *keeper) watch(ctx context.Context) {
	conn := k.conn.Conn().PgConn()
	for ctx.Err() == nil {
		err := k.within(ctx, conn.WaitForNotification)
		if pgconn.Timeout(err) {
			err = k.within(ctx, conn.Ping)
		}
		if err != nil {
			return
		}
	}
}

// within gives do the time of a heartbeat.
func (k *keeper) within(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, k.beat)
	defer cancel()
	return do(ctx)
}

// retake takes the lock with another connection, as soon as there is a database.
func (k *keeper) retake(ctx context.Context) error {
	_ = k.state.release(k.conn) // it is broken
	k.conn = nil
	policy := backoff.Policy{Base: repeatBase}
	for n := 1; ; n++ {
		err := k.state.again(ctx, func() (err error) {
			k.conn, err = k.state.lock(ctx, k.prefix)
			return err
		})
		if !errors.Is(err, ErrLocked) || n > ghosts || backoff.Sleep(ctx, policy.Delay(n)) != nil {
			return err
		}
	}
}
