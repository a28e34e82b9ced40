package pgstate_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/bridge/bridgetest"
	"github.com/redferry/redferry/bridge/pgstate"
	"github.com/redferry/redferry/internal/pgtest"
)

// open opens the state in a database until the test ends.
func open(t *testing.T, url string) *pgstate.State {
	t.Helper()
	s, err := pgstate.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestJournal(t *testing.T) {
	open, reopen := suite((*pgstate.State).Journal)
	bridgetest.TestJournal(t, open, reopen)
}

func TestLedger(t *testing.T) {
	open, reopen := suite((*pgstate.State).Ledger)
	bridgetest.TestLedger(t, open, reopen)
}

// suite opens one side of a new State, and of the same database once more.
func suite[T comparable](side func(*pgstate.State) T) (first func(*testing.T) T, again func(*testing.T, T) T) {
	urls := make(map[T]string)
	opened := func(t *testing.T, url string) T {
		v := side(open(t, url))
		urls[v] = url
		return v
	}
	first = func(t *testing.T) T { return opened(t, pgtest.Database(t)) }
	again = func(t *testing.T, v T) T { return opened(t, urls[v]) }
	return first, again
}

// TestFleet: many open an empty database at once, and see what the others write.
func TestFleet(t *testing.T) {
	url := pgtest.Database(t)
	var group sync.WaitGroup
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		group.Go(func() {
			s := open(t, url)
			for range 20 { // the same rows, in either order
				pair := []bridge.Entry{entry("shared/1"), entry("shared/2")}
				if key < "d" {
					pair[0], pair[1] = pair[1], pair[0]
				}
				if err := errors.Join(s.Ledger().Record(t.Context(), pair...), s.Ledger().Record(t.Context(), entry(key))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if got := keys(t, open(t, url)); got != "a b c d e f shared/1 shared/2" {
		t.Errorf("the ledger has %s", got)
	}
}

// TestConnectionsEnd: a database that ends all connections, again and again, loses
// nothing and fails nothing.
func TestConnectionsEnd(t *testing.T) {
	url := pgtest.Database(t)
	s := open(t, url)
	steps := make(chan struct{})
	var group sync.WaitGroup
	for _, key := range []string{"a", "b", "c", "d"} {
		group.Go(func() {
			for range 50 {
				steps <- struct{}{}
				err := errors.Join(s.Ledger().Record(t.Context(), entry(key)), s.Journal().Save(t.Context(), bridge.Upload{Dst: entry(key).Dst}))
				_, there, lost := s.Ledger().Lookup(t.Context(), entry(key).Dst)
				if err = errors.Join(err, lost); err != nil || !there {
					t.Error(err, there)
				}
			}
		})
	}
	go func() { group.Wait(); close(steps) }()
	if ended := sabotage(t, url, steps); ended < 10 {
		t.Errorf("only %d connections ended", ended)
	}
	if got := keys(t, s); got != "a b c d" {
		t.Errorf("the ledger has %s, want a b c d", got)
	}
}

// sabotage ends all other connections to a database every ten steps, and returns how
// many that were.
func sabotage(t *testing.T, url string, steps <-chan struct{}) (ended int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for range steps {
		if taken++; taken%10 != 0 {
			continue
		}
		var n int
		if err := conn.QueryRow(t.Context(), `select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`).Scan(&n); err != nil {
			t.Error(err)
		}
		ended += n
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
	return ended
}

func TestLock(t *testing.T) {
	url := pgtest.Database(t)
	one, two := open(t, url), open(t, url)
	prefix := func(key string) redferry.URI { return redferry.URI{Bucket: "target", Key: key} }
	_, unlock, err := one.Lock(t.Context(), prefix("a/b/"))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"", "a/", "a/b/", "a/b/c/", "a/b/c/d/"} {
		if _, _, err := two.Lock(t.Context(), prefix(key)); !errors.Is(err, pgstate.ErrLocked) {
			t.Errorf("%q: got %v, want ErrLocked", key, err)
		}
	}
	for _, key := range []string{"b/", "a/c/", "a/bb/", "a//", "A/B/"} {
		_, unlock, err := two.Lock(t.Context(), prefix(key))
		if err != nil {
			t.Errorf("%q: %v", key, err)
			continue
		}
		if err := unlock(); err != nil {
			t.Error(err)
		}
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	_, unlock, err = two.Lock(t.Context(), prefix("a/"))
	if err != nil {
		t.Fatal(err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := two.Lock(t.Context(), prefix("a")); err == nil || errors.Is(err, pgstate.ErrLocked) {
		t.Errorf("a key that is no prefix: got %v", err)
	}
}

// TestOpenRefuses: what cannot be opened is said at once, without the password.
func TestOpenRefuses(t *testing.T) {
	url := pgtest.Database(t)
	admin, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	for _, sql := range []string{`drop role if exists redferry_test_nobody`, `create role redferry_test_nobody login`} {
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	nobody := strings.Replace(url, "redferry@", "redferry_test_nobody@", 1)
	tests := []struct{ name, url, want string }{
		{"no such database", strings.Replace(url, "redferry_test", "redferry_none", 1), "does not exist"},
		{"nobody listens", "postgres://u:hunter2@127.0.0.1:1/db", "connect"},
		{"no URL", "postgres://u:hunter2@[", "parse"},
		{"no right to make tables", nobody, "pgstate.Tables"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := pgstate.Open(t.Context(), tt.url)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, %v, want an error with %q", s, err, tt.want)
			}
		})
	}
	if _, err := admin.Exec(t.Context(), pgstate.Tables+`grant usage on schema redferry to redferry_test_nobody; grant select, insert, update, delete on all tables in schema redferry to redferry_test_nobody`); err != nil {
		t.Fatal(err)
	}
	if err := open(t, nobody).Ledger().Record(t.Context(), entry("k")); err != nil {
		t.Errorf("with the tables made by someone else: %v", err)
	}
	if _, err := admin.Exec(t.Context(), `drop owned by redferry_test_nobody; drop role redferry_test_nobody`); err != nil {
		t.Error(err)
	}
}

// TestKeyThatNoTextHolds: S3 allows a zero byte in a key, PostgreSQL none in a text.
func TestKeyThatNoTextHolds(t *testing.T) {
	s := open(t, pgtest.Database(t))
	err := s.Ledger().Record(t.Context(), entry("good"), entry("a\x00b"))
	if err == nil {
		t.Error("a key with a zero byte was recorded")
	}
	if got := keys(t, s); got != "" {
		t.Errorf("the ledger has %q, want nothing", got)
	}
}

func entry(key string) bridge.Entry {
	return bridge.Entry{Dst: redferry.URI{Bucket: "target", Key: key}, Level: bridge.Stored}
}

func keys(t *testing.T, s *pgstate.State) string {
	t.Helper()
	var list []string
	for e, err := range s.Ledger().List(t.Context(), redferry.URI{Bucket: "target"}, "") {
		if err != nil {
			t.Error(err)
		}
		list = append(list, e.Dst.Key)
	}
	return strings.Join(list, " ")
}
