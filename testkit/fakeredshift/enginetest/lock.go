package enginetest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

func testLockWaitsAndSeesWhatWasCommitted(t *testing.T, open opener) {
	synctest.Test(t, func(t *testing.T) {
		a, b := open.pair(t)
		a.Do("BEGIN", "LOCK t")
		b.Do("BEGIN")
		done := b.Later(t.Context(), "LOCK TABLE t")
		if !Waits(done) {
			t.Fatal("the second LOCK does not wait")
		}
		a.Do("INSERT INTO t VALUES (2, 'b')", "COMMIT")
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := b.One("SELECT count(*) FROM t"); got != "2" {
			t.Errorf("behind the lock: %s rows", got)
		}
		b.Do("ROLLBACK")
	})
}

func testWhoWaitsForWhom(t *testing.T, open opener) {
	for _, test := range []struct {
		name, held, wanted string
		waits              bool
	}{
		{"a reader for LOCK", "LOCK t", "SELECT * FROM t", true},
		{"a reader for a writer", "INSERT INTO t VALUES (2, 'b')", "SELECT * FROM t", false},
		{"a writer for a writer", "INSERT INTO t VALUES (2, 'b')", "DELETE FROM t", true},
		{"a writer for a reader", "SELECT * FROM t", "DELETE FROM t", false},
		{"LOCK for a reader", "SELECT * FROM t", "LOCK t", true},
		{"LOCK for a writer", "UPDATE t SET id = 3", "LOCK t", true},
		{"DROP for a reader", "SELECT * FROM t", "DROP TABLE t", true},
		{"a catalog query for LOCK", "LOCK t", "SELECT * FROM pg_class", false},
		{"a creator for a creator of the same name", "CREATE TABLE fresh (a INT)", "CREATE TABLE fresh (b INT)", true},
		{"a creator for a creator of another name", "CREATE TABLE fresh (a INT)", "CREATE TABLE stale (b INT)", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := open.pair(t)
				a.Do("BEGIN", test.held)
				b.Do("BEGIN")
				done := b.Later(t.Context(), test.wanted)
				if got := Waits(done); got != test.waits {
					t.Errorf("waits: %t, want %t", got, test.waits)
				}
				a.Do("ROLLBACK")
				if err := <-done; err != nil {
					t.Error(err)
				}
				b.Do("ROLLBACK")
			})
		})
	}
}

func testSecondCreatorFindsTheTable(t *testing.T, open opener) {
	synctest.Test(t, func(t *testing.T) {
		a, b := open.pair(t)
		a.Do("BEGIN", "CREATE TABLE fresh (a INT)")
		done := b.Later(t.Context(), "CREATE TABLE fresh (b INT)")
		if !Waits(done) {
			t.Fatal("the second creator does not wait")
		}
		a.Do("COMMIT")
		var e *fakeredshift.Error
		if err := <-done; !errors.As(err, &e) || e.SQLState != "42P07" {
			t.Errorf("got %v, want 42P07", err)
		}
		b.Do("CREATE TABLE IF NOT EXISTS fresh (b INT)")
	})
}

func testDeadlockIsRefused(t *testing.T, open opener) {
	synctest.Test(t, func(t *testing.T) {
		a, b := open.pair(t)
		a.Do("CREATE TABLE u (id INT)", "BEGIN", "LOCK t")
		b.Do("BEGIN", "LOCK u")
		done := a.Later(t.Context(), "LOCK u")
		if !Waits(done) {
			t.Fatal("does not wait")
		}
		b.WantRefusal("LOCK t", "40P01", "deadlock detected")
		if err := <-done; err != nil {
			t.Errorf("the other one: %v", err)
		}
		a.Do("COMMIT")
		b.Do("ROLLBACK")
	})
}

func testWaitEndsWithItsContext(t *testing.T, open opener) {
	synctest.Test(t, func(t *testing.T) {
		a, b := open.pair(t)
		a.Do("BEGIN", "LOCK t")
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start := time.Now()
		_, err := b.Run(ctx, "SELECT * FROM t", nil)
		var e *fakeredshift.Error
		if !errors.As(err, &e) || e.SQLState != "57014" || time.Since(start) != time.Hour {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
		a.Do("COMMIT")
		b.Do("LOCK t")
	})
}

func testStatementTimeout(t *testing.T, open opener) {
	synctest.Test(t, func(t *testing.T) {
		a, b := open.pair(t)
		a.Do("BEGIN", "LOCK t")
		b.Do("SET statement_timeout TO 5000")
		start := time.Now()
		b.WantRefusal("SELECT * FROM t", "57014", "cancelled")
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("after %s", took)
		}
		a.Do("ROLLBACK")
	})
}
