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

// Lock takes a prefix for one program: it fails with [ErrLocked] while another has
// it, one above it, or one within it. The lock is that of a connection, which it
// holds: unlock gives it back, and a program that dies loses it. One whose connection
// dies loses it, too, and is not told, and behind a pooler that shares
// connections between transactions it is worth nothing: two may then copy the same
// objects, which costs the work twice and nothing else, since each copy is pinned,
// proven and complete in itself.
func (s *State) Lock(ctx context.Context, prefix redferry.URI) (unlock func() error, err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, s.fail(ctx, "lock "+prefix.String()+" in", err)
	}
	if err := lock(ctx, conn, prefix); err != nil {
		return nil, errors.Join(s.fail(ctx, "lock "+prefix.String()+" in", err), s.release(conn))
	}
	return func() error { return s.release(conn) }, nil
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

// release gives back a connection and what it has locked. If that cannot be said, the
// connection is closed, which does it as well.
func (s *State) release(conn *pgxpool.Conn) error {
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
