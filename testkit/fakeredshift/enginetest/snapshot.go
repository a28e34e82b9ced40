package enginetest

import (
	"testing"
	"testing/synctest"
)

func testSnapshotIsTakenByTheFirstStatementOnData(t *testing.T, open opener) {
	synctest.Test(t, func(t *testing.T) {
		a, b := open.pair(t)
		for _, before := range []string{"SELECT 1", "SELECT count(*) FROM pg_class", "LOCK other", "SET query_group TO 'x'", "SHOW search_path"} {
			a.Do("DROP TABLE IF EXISTS other", "CREATE TABLE other (x INT)", "DELETE FROM t")
			b.Do("BEGIN", before)
			a.Do("INSERT INTO t VALUES (2, 'b')")
			if got := b.One("SELECT count(*) FROM t"); got != "1" {
				t.Errorf("after BEGIN; %s: a commit that came later is not seen", before)
			}
			b.Do("COMMIT")
		}
		a.Do("DELETE FROM t")
		b.Do("BEGIN", "SELECT count(*) FROM t")
		a.Do("CREATE TABLE newer (x INT)")
		if got := b.One("SELECT count(*) FROM pg_class WHERE relname = 'newer'"); got != "1" {
			t.Error("the catalog is not read as committed")
		}
		b.Do("COMMIT", "BEGIN", "SELECT count(*) FROM newer")
		a.Do("INSERT INTO t VALUES (3, 'c')")
		if got := b.One("SELECT count(*) FROM t"); got != "0" {
			t.Error("the snapshot moved")
		}
		b.Do("COMMIT")
		if got := b.One("SELECT count(*) FROM t"); got != "1" {
			t.Error("the next transaction has the old snapshot")
		}
	})
}

func testTwoWritersOfOneRow(t *testing.T, open opener) {
	a, b := open.pair(t)
	b.Do("BEGIN", "SELECT * FROM t")
	a.Do("UPDATE t SET name = 'x'")
	e := b.Refused("UPDATE t SET name = 'y'")
	if e.SQLState != "XX000" || e.Code != 1023 || e.Message != "1023" {
		t.Errorf("got %+v", e)
	}
	b.Do("ROLLBACK")
}

func testLookThenLoadWithoutALockLoadsTwice(t *testing.T, open opener) {
	a, b := open.pair(t)
	for _, u := range []*Session{a, b} {
		u.Do("BEGIN")
		if got := u.One("SELECT count(*) FROM t WHERE id = 7"); got != "0" {
			t.Fatal(got)
		}
	}
	a.Do("INSERT INTO t VALUES (7, 'once')", "COMMIT")
	b.Do("INSERT INTO t VALUES (7, 'once')", "COMMIT")
	if got := a.One("SELECT count(*) FROM t WHERE id = 7"); got != "2" {
		t.Errorf("snapshot isolation loads it %s times, want 2", got)
	}
}

func testUnloadsOfOneTransactionHaveOneSnapshot(t *testing.T, open opener) {
	s := NewStorage(t)
	e := open(t)
	a, b := Connect(t, e, 1, s), Connect(t, e, 2, nil)
	a.Do("CREATE TABLE x (id INT)", "CREATE TABLE y (id INT)", "INSERT INTO x VALUES (1)", "INSERT INTO y VALUES (1)", "BEGIN",
		s.With(`UNLOAD ('SELECT id FROM x') TO 's3://bucket/x/' {role} FORMAT PARQUET`))
	b.Do("INSERT INTO y VALUES (2)")
	a.Do(s.With(`UNLOAD ('SELECT id FROM y') TO 's3://bucket/y/' {role} FORMAT PARQUET`))
	if got := a.One("SELECT pg_last_unload_count()"); got != "1" {
		t.Errorf("the second UNLOAD sees %s rows, want 1", got)
	}
	a.Do("COMMIT")
}
