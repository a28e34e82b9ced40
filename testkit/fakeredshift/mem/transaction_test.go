package mem_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// twoSessions makes two sessions of one engine, inside of the bubble that calls it.
func twoSessions(t *testing.T) (a, b *user) {
	t.Helper()
	e := newEngine(t, nil)
	a, b = connect(t, e, 1), connect(t, e, 2)
	a.do("CREATE TABLE t (id INT, name VARCHAR(10))", "INSERT INTO t VALUES (1, 'a')")
	return a, b
}

// later runs a statement in a goroutine; the channel gets its error.
func (u *user) later(ctx context.Context, sql string) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := u.conn.Run(ctx, sql, nil)
		done <- err
	}()
	return done
}

// waits reports whether a statement is still at it when all else stands still.
func waits(done <-chan error) bool {
	synctest.Wait()
	return len(done) == 0
}

func TestSnapshotIsTakenByTheFirstStatementOnData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := twoSessions(t)
		for _, before := range []string{"SELECT 1", "SELECT count(*) FROM pg_class", "LOCK other", "SET query_group TO 'x'", "SHOW search_path"} {
			a.do("DROP TABLE IF EXISTS other", "CREATE TABLE other (x INT)", "DELETE FROM t")
			b.do("BEGIN", before)
			a.do("INSERT INTO t VALUES (2, 'b')")
			if got := b.one("SELECT count(*) FROM t"); got != "1" {
				t.Errorf("after BEGIN; %s: a commit that came later is not seen", before)
			}
			b.do("COMMIT")
		}
		a.do("DELETE FROM t")
		b.do("BEGIN", "SELECT count(*) FROM t")
		a.do("CREATE TABLE newer (x INT)")
		if got := b.one("SELECT count(*) FROM pg_class WHERE relname = 'newer'"); got != "1" {
			t.Error("the catalog is not read as committed")
		}
		b.do("COMMIT", "BEGIN", "SELECT count(*) FROM newer")
		a.do("INSERT INTO t VALUES (3, 'c')")
		if got := b.one("SELECT count(*) FROM t"); got != "0" {
			t.Error("the snapshot moved")
		}
		b.do("COMMIT")
		if got := b.one("SELECT count(*) FROM t"); got != "1" {
			t.Error("the next transaction has the old snapshot")
		}
	})
}

func TestLockWaitsAndSeesWhatWasCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := twoSessions(t)
		a.do("BEGIN", "LOCK t")
		b.do("BEGIN")
		done := b.later(t.Context(), "LOCK TABLE t")
		if !waits(done) {
			t.Fatal("the second LOCK does not wait")
		}
		a.do("INSERT INTO t VALUES (2, 'b')", "COMMIT")
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := b.one("SELECT count(*) FROM t"); got != "2" {
			t.Errorf("behind the lock: %s rows", got)
		}
		b.do("ROLLBACK")
	})
}

func TestWhoWaitsForWhom(t *testing.T) {
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
				a, b := twoSessions(t)
				a.do("BEGIN", test.held)
				b.do("BEGIN")
				done := b.later(t.Context(), test.wanted)
				if got := waits(done); got != test.waits {
					t.Errorf("waits: %t, want %t", got, test.waits)
				}
				a.do("ROLLBACK")
				if err := <-done; err != nil {
					t.Error(err)
				}
				b.do("ROLLBACK")
			})
		})
	}
}

func TestSecondCreatorFindsTheTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := twoSessions(t)
		a.do("BEGIN", "CREATE TABLE fresh (a INT)")
		done := b.later(t.Context(), "CREATE TABLE fresh (b INT)")
		if !waits(done) {
			t.Fatal("the second creator does not wait")
		}
		a.do("COMMIT")
		var e *fakeredshift.Error
		if err := <-done; !errors.As(err, &e) || e.SQLState != "42P07" {
			t.Errorf("got %v, want 42P07", err)
		}
		b.do("CREATE TABLE IF NOT EXISTS fresh (b INT)")
	})
}

func TestDeadlockIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := twoSessions(t)
		a.do("CREATE TABLE u (id INT)", "BEGIN", "LOCK t")
		b.do("BEGIN", "LOCK u")
		done := a.later(t.Context(), "LOCK u")
		if !waits(done) {
			t.Fatal("does not wait")
		}
		wantRefusal(t, b, "LOCK t", "40P01", "deadlock detected")
		if err := <-done; err != nil {
			t.Errorf("the other one: %v", err)
		}
		a.do("COMMIT")
		b.do("ROLLBACK")
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := twoSessions(t)
		a.do("BEGIN", "LOCK t")
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start := time.Now()
		_, err := b.conn.Run(ctx, "SELECT * FROM t", nil)
		var e *fakeredshift.Error
		if !errors.As(err, &e) || e.SQLState != "57014" || time.Since(start) != time.Hour {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
		a.do("COMMIT")
		b.do("LOCK t")
	})
}

func TestTwoWritersOfOneRow(t *testing.T) {
	a, b := twoSessions(t)
	b.do("BEGIN", "SELECT * FROM t")
	a.do("UPDATE t SET name = 'x'")
	e := b.refused("UPDATE t SET name = 'y'")
	if e.SQLState != "XX000" || e.Code != 1023 || e.Message != "1023" {
		t.Errorf("got %+v", e)
	}
	b.do("ROLLBACK")
}

func TestLookThenLoadWithoutALockLoadsTwice(t *testing.T) {
	a, b := twoSessions(t)
	for _, u := range []*user{a, b} {
		u.do("BEGIN")
		if got := u.one("SELECT count(*) FROM t WHERE id = 7"); got != "0" {
			t.Fatal(got)
		}
	}
	a.do("INSERT INTO t VALUES (7, 'once')", "COMMIT")
	b.do("INSERT INTO t VALUES (7, 'once')", "COMMIT")
	if got := a.one("SELECT count(*) FROM t WHERE id = 7"); got != "2" {
		t.Errorf("snapshot isolation loads it %s times, want 2", got)
	}
}

func TestFailedTransaction(t *testing.T) {
	u := login(t)
	u.do("CREATE TABLE t (id INT)", "BEGIN", "INSERT INTO t VALUES (1)")
	if got := u.conn.Status(); got != fakeredshift.InTx {
		t.Errorf("status %c", got)
	}
	if e := u.refused("SELECT nope FROM t"); e.SQLState != "42703" {
		t.Errorf("got %v", e)
	}
	if got := u.conn.Status(); got != fakeredshift.Failed {
		t.Errorf("status %c", got)
	}
	wantRefusal(t, u, "SELECT 1", "25P02", "current transaction is aborted")
	result, err := u.conn.Run(t.Context(), "COMMIT", nil)
	if err != nil || result.Tag != "ROLLBACK" {
		t.Errorf("COMMIT: %v, %v", result, err)
	}
	if got := u.one("SELECT count(*) FROM t"); got != "0" || u.conn.Status() != fakeredshift.Idle {
		t.Errorf("after all: %s rows, status %c", got, u.conn.Status())
	}
}

func TestDDLInTransactions(t *testing.T) {
	a, b := twoSessions(t)
	a.do("BEGIN", "CREATE SCHEMA s", "CREATE TABLE s.t (id BIGINT IDENTITY(1,1), v INT)", "INSERT INTO s.t (v) VALUES (5)",
		"ALTER TABLE s.t ADD COLUMN w INT DEFAULT 7", "ALTER TABLE s.t RENAME TO u", "COMMENT ON TABLE s.u IS 'hi'")
	if got := a.one("SELECT * FROM s.u"); got != "1|5|7" {
		t.Errorf("inside: %s", got)
	}
	if got := a.one("SELECT obj_description(oid) FROM pg_class WHERE relname = 'u'"); got != "hi" {
		t.Errorf("the transaction does not see its own DDL: %s", got)
	}
	if got := b.one("SELECT count(*) FROM pg_class WHERE relname = 'u'"); got != "0" {
		t.Error("another session sees it before the commit")
	}
	a.do("ROLLBACK")
	wantRefusal(t, a, "SELECT * FROM s.u", "3F000", `schema "s" does not exist`)
	if got := a.one("SELECT count(*) FROM pg_namespace WHERE nspname = 's'"); got != "0" {
		t.Error("the catalog kept the schema")
	}
	a.do("BEGIN", "INSERT INTO t VALUES (9, 'z')", "TRUNCATE t")
	if got := a.conn.Status(); got != fakeredshift.Idle {
		t.Errorf("TRUNCATE leaves the transaction open: %c", got)
	}
	if got := b.one("SELECT count(*) FROM t"); got != "0" {
		t.Errorf("TRUNCATE did not commit: %s rows", got)
	}
}

func TestSettingsGoBackWithTheTransaction(t *testing.T) {
	u := login(t)
	u.do("CREATE SCHEMA s", "BEGIN", "SET search_path TO s", "ROLLBACK")
	if got := u.one("SHOW search_path"); got != "$user, public" {
		t.Errorf("got %s", got)
	}
	if got := u.one("SELECT current_schema()"); got != "public" {
		t.Errorf("got %s", got)
	}
}

func TestEverythingRunsInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		u := connectTo(t, newEngine(t, nil), 7, w)
		u.do("CREATE TABLE a (id INT, at TIMESTAMP DEFAULT getdate())", "CREATE TABLE b (id INT, at TIMESTAMP)", "INSERT INTO a (id) VALUES (1), (2), (3)",
			w.with(`UNLOAD ('SELECT id, at FROM a') TO 's3://bucket/x/' {role} FORMAT PARQUET MANIFEST`),
			w.with(`COPY b FROM 's3://bucket/x/manifest' {role} FORMAT PARQUET MANIFEST`))
		if got := u.one("SELECT count(*), min(at) FROM b"); got != "3|2000-01-01 00:00:00" {
			t.Errorf("the engine does not keep the bubble's time: %s", got)
		}
		start := time.Now()
		time.Sleep(time.Hour)
		if time.Since(start) != time.Hour {
			t.Error("time stands still")
		}
		w.transport.CloseIdleConnections()
	})
}

func TestUnloadsOfOneTransactionHaveOneSnapshot(t *testing.T) {
	w := newWorld(t)
	e := newEngine(t, nil)
	a, b := connectTo(t, e, 1, w), connect(t, e, 2)
	a.do("CREATE TABLE x (id INT)", "CREATE TABLE y (id INT)", "INSERT INTO x VALUES (1)", "INSERT INTO y VALUES (1)", "BEGIN",
		w.with(`UNLOAD ('SELECT id FROM x') TO 's3://bucket/x/' {role} FORMAT PARQUET`))
	b.do("INSERT INTO y VALUES (2)")
	a.do(w.with(`UNLOAD ('SELECT id FROM y') TO 's3://bucket/y/' {role} FORMAT PARQUET`))
	if got := a.one("SELECT pg_last_unload_count()"); got != "1" {
		t.Errorf("the second UNLOAD sees %s rows, want 1", got)
	}
	a.do("COMMIT")
}

func TestStatementTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := twoSessions(t)
		a.do("BEGIN", "LOCK t")
		b.do("SET statement_timeout TO 5000")
		start := time.Now()
		wantRefusal(t, b, "SELECT * FROM t", "57014", "cancelled")
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("after %s", took)
		}
		a.do("ROLLBACK")
	})
}

func TestSetLocalEndsWithTheTransaction(t *testing.T) {
	u := login(t)
	u.do("SET query_group TO 'outer'", "BEGIN", "SET LOCAL query_group TO 'inner'")
	if got := u.one("SHOW query_group"); got != "inner" {
		t.Errorf("inside: %s", got)
	}
	u.do("COMMIT")
	if got := u.one("SHOW query_group"); got != "outer" {
		t.Errorf("after: %s", got)
	}
}

func TestTemporaryTables(t *testing.T) {
	e := newEngine(t, nil)
	a, b := connect(t, e, 1), connect(t, e, 2)
	a.do("CREATE TABLE t (a INT)", "CREATE TEMP TABLE t (b INT)", "INSERT INTO t VALUES (5)", "CREATE TABLE #u (c INT)", "INSERT INTO #u SELECT b FROM t")
	if got := a.one("SELECT t.b, u.c, p.n FROM t, #u u, (SELECT count(*) n FROM public.t) p"); got != "5|5|0" {
		t.Errorf("got %s", got)
	}
	if got := b.one("SELECT count(*) FROM t"); got != "0" {
		t.Errorf("another session sees the temporary table: %s", got)
	}
	wantRefusal(t, b, "SELECT * FROM #u", "42P01", "does not exist")
	a.do("BEGIN", "DROP TABLE #u", "ROLLBACK", "SELECT * FROM #u", "DROP TABLE t")
	if got := a.one("SELECT count(*) FROM t"); got != "0" {
		t.Error("the permanent table is still hidden")
	}
}
