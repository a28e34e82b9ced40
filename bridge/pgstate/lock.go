package pgstate

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/redferry/redferry"
)

// ErrLocked means that another program copies to the same place.
var ErrLocked = errors.New("another program copies below the same prefix, above it or within it")

// ErrLockLost is wrapped by the cause with which the context of a lock ends that could
// not be kept.
var ErrLockLost = errors.New("the lock is lost, and another program may copy to the same place: what was recorded stands, start again")

// Lock takes a prefix for one program: it fails with [ErrLocked] while another has
// it, one above it, or one within it. The lock is that of a connection, which it
// holds: unlock gives it back, and a program that dies loses it.
//
// What is done under the lock is done with held, a child of ctx. If the connection
// ends, as when a database fails over, the lock is taken once more; held ends with
// [ErrLockLost] if another program was faster or the database is not back within a
// minute. That is noticed at once if the connection is closed, and within twenty
// seconds if it is silent; behind a pooler that shares connections between
// transactions the lock is worth nothing.
//
// A program without its lock may meet another one at the same objects. What either
// copies is pinned, proven and complete in itself; but of two versions of an object the
// older may come last to the target, and the ledger keep the newer one. A Sync that
// lists the target finds that.
func (s *State) Lock(ctx context.Context, prefix redferry.URI) (held context.Context, unlock func() error, err error) {
	conn, err := s.lock(ctx, prefix)
	if err != nil {
		return nil, nil, s.fail(ctx, "lock "+prefix.String()+" in", err)
	}
	held, lose := context.WithCancelCause(ctx)
	keeping, stop := context.WithCancel(context.WithoutCancel(ctx))
	k := &keeper{state: s, prefix: prefix, beat: heartbeat, conn: conn, ended: make(chan struct{})}
	go func() {
		defer close(k.ended)
		if err := k.keep(keeping); err != nil {
			lose(fmt.Errorf("pgstate: lock %s in %s: %w: %w", prefix, s, ErrLockLost, err))
		}
	}()
	return held, func() error {
		stop()
		<-k.ended
		lose(nil)
		return s.release(k.conn)
	}, nil
}

// lock takes a prefix with a connection of its own.
func (s *State) lock(ctx context.Context, prefix redferry.URI) (*pgxpool.Conn, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	if err := lock(ctx, conn, prefix); err != nil {
		return nil, errors.Join(err, s.release(conn))
	}
	return conn, nil
}

// lock takes what lies above prefix together with others, and prefix alone.
func lock(ctx context.Context, conn *pgxpool.Conn, prefix redferry.URI) error {
	above := []string{prefix.Bucket}
	for i, c := range prefix.Key {
		if c == '/' {
			above = append(above, prefix.Bucket+"/"+prefix.Key[:i+1])
		}
	}
	own := len(above) - 1
	if !prefix.IsPrefix() {
		return fmt.Errorf("%s is no prefix: it ends without a slash", prefix)
	}
	for i, place := range above {
		take := `select pg_try_advisory_lock_shared($1)`
		if i == own {
			take = `select pg_try_advisory_lock($1)`
		}
		var ok bool
		if err := conn.QueryRow(ctx, take, number(place)).Scan(&ok); err != nil {
			return err
		}
		if !ok {
			return ErrLocked
		}
	}
	return nil
}

// release gives back a connection, if there is one, and what it has locked. If that
// cannot be said, the connection is closed, which does it as well.
func (s *State) release(conn *pgxpool.Conn) error {
	if conn == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if _, err := conn.Exec(ctx, `select pg_advisory_unlock_all()`); err != nil {
		return conn.Hijack().Close(ctx)
	}
	conn.Release()
	return nil
}

// number is what stands for a name among the advisory locks of a database, which all
// of its users share.
func number(name string) int64 {
	sum := sha256.Sum256([]byte("redferry " + name))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}
