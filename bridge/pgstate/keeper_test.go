package pgstate

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/pgtest"
)

var place = redferry.URI{Bucket: "target", Key: "a/"}

// poolOf is a pool of connections that prepare changes before they are made.
func poolOf(t *testing.T, url string, prepare func(*pgxpool.Config)) *State {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	if prepare != nil {
		prepare(config)
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	s, err := New(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// holder is the process of the database that has the lock of place, and the one that
// ends it; 0 if nobody has it.
func holder(t *testing.T, s *State, end bool) (pid int) {
	t.Helper()
	const (
		find = `select coalesce(max(pid), 0) from pg_locks where locktype = 'advisory' and granted and mode = 'ExclusiveLock'
			and database = (select oid from pg_database where datname = current_database())`
		kill = `select coalesce(max(pid), 0) from (select pid, pg_terminate_backend(pid) from (` + find + `) as l(pid) where pid > 0) as killed`
	)
	sql := find
	if end {
		sql = kill
	}
	if err := s.pool.QueryRow(t.Context(), sql).Scan(&pid); err != nil {
		t.Fatal(err)
	}
	return pid
}

// TestLockIsKept: a lock whose connection ends is taken with another one, as often as
// that happens.
func TestLockIsKept(t *testing.T) {
	url := pgtest.Database(t)
	s, other := poolOf(t, url, nil), poolOf(t, url, nil)
	held, unlock, err := s.Lock(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	unlock = sync.OnceValue(unlock)
	defer func() { _ = unlock() }()
	for range 3 {
		before := holder(t, other, true)
		if before == 0 {
			t.Fatal("nobody has the lock")
		}
		for now := before; now == before || now == 0; now = holder(t, other, false) {
			if held.Err() != nil {
				t.Fatal(context.Cause(held))
			}
		}
	}
	if _, _, err := other.Lock(t.Context(), place); !errors.Is(err, ErrLocked) {
		t.Errorf("another program: %v, want ErrLocked", err)
	}
	if err := unlock(); err != nil {
		t.Error(err)
	}
	if held.Err() == nil || holder(t, other, false) != 0 {
		t.Error("it goes on after it was given back")
	}
}

// TestLockIsLost: what another program has taken in between is not taken back, and who
// has lost it is told.
func TestLockIsLost(t *testing.T) {
	url := pgtest.Database(t)
	var closed atomic.Bool
	opened := make(chan struct{})
	s := poolOf(t, url, func(c *pgxpool.Config) {
		c.BeforeConnect = func(ctx context.Context, _ *pgx.ConnConfig) error {
			if closed.Load() {
				<-opened
			}
			return nil
		}
	})
	held, unlock, err := s.Lock(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	unlock = sync.OnceValue(unlock)
	defer func() { _ = unlock() }()
	other := poolOf(t, url, nil)
	closed.Store(true)
	holder(t, other, true)
	_, unlockOther, err := other.Lock(t.Context(), place)
	for errors.Is(err, ErrLocked) { // by who is being ended
		_, unlockOther, err = other.Lock(t.Context(), place)
	}
	if err != nil {
		t.Fatal(err)
	}
	close(opened)
	<-held.Done()
	if err := context.Cause(held); !errors.Is(err, ErrLockLost) || !errors.Is(err, ErrLocked) {
		t.Errorf("it ended with %v, want ErrLockLost and ErrLocked", err)
	}
	if err := errors.Join(unlock(), unlockOther()); err != nil {
		t.Error(err)
	}
}

// A mute connection answers nothing any more once it is told so.
type mute struct {
	net.Conn
	silent *atomic.Bool
	asked  *atomic.Int64
}

func (c mute) Write(p []byte) (int, error) {
	c.asked.Add(1)
	if c.silent.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// TestSilentConnection: a lock whose connection is silent asks it something, as long as
// it answers.
func TestSilentConnection(t *testing.T) {
	var silent atomic.Bool
	var asked atomic.Int64
	s := poolOf(t, pgtest.Database(t), func(c *pgxpool.Config) {
		c.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			return mute{conn, &silent, &asked}, err
		}
	})
	conn, err := s.lock(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.release(conn) }() // it is broken
	k := &keeper{state: s, prefix: place, beat: 500 * time.Millisecond, conn: conn}
	watched := make(chan struct{})
	go func() { defer close(watched); k.watch(t.Context()) }()
	for before := asked.Load(); asked.Load() < before+2; {
		select {
		case <-watched:
			t.Fatal("it was given up, and answers")
		case <-time.After(time.Millisecond):
		}
	}
	silent.Store(true)
	<-watched
}
