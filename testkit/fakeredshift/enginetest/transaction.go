package enginetest

import (
	"testing"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

func testFailedTransaction(t *testing.T, open opener) {
	u := open.login(t)
	u.Do("CREATE TABLE t (id INT)", "BEGIN", "INSERT INTO t VALUES (1)")
	if got := u.Status(); got != fakeredshift.InTx {
		t.Errorf("status %c", got)
	}
	if e := u.Refused("SELECT nope FROM t"); e.SQLState != "42703" {
		t.Errorf("got %v", e)
	}
	if got := u.Status(); got != fakeredshift.Failed {
		t.Errorf("status %c", got)
	}
	u.WantRefusal("SELECT 1", "25P02", "current transaction is aborted")
	result, err := u.Run(t.Context(), "COMMIT", nil)
	if err != nil || result.Tag != "ROLLBACK" {
		t.Errorf("COMMIT: %v, %v", result, err)
	}
	if got := u.One("SELECT count(*) FROM t"); got != "0" || u.Status() != fakeredshift.Idle {
		t.Errorf("after all: %s rows, status %c", got, u.Status())
	}
}

func testDDLInTransactions(t *testing.T, open opener) {
	a, b := open.pair(t)
	a.Do("BEGIN", "CREATE SCHEMA s", "CREATE TABLE s.t (id BIGINT IDENTITY(1,1), v INT)", "INSERT INTO s.t (v) VALUES (5)",
		"ALTER TABLE s.t ADD COLUMN w INT DEFAULT 7", "ALTER TABLE s.t RENAME TO u", "COMMENT ON TABLE s.u IS 'hi'")
	if got := a.One("SELECT * FROM s.u"); got != "1|5|7" {
		t.Errorf("inside: %s", got)
	}
	if got := a.One("SELECT obj_description(oid) FROM pg_class WHERE relname = 'u'"); got != "hi" {
		t.Errorf("the transaction does not see its own DDL: %s", got)
	}
	if got := b.One("SELECT count(*) FROM pg_class WHERE relname = 'u'"); got != "0" {
		t.Error("another session sees it before the commit")
	}
	a.Do("ROLLBACK")
	a.WantRefusal("SELECT * FROM s.u", "3F000", `schema "s" does not exist`)
	if got := a.One("SELECT count(*) FROM pg_namespace WHERE nspname = 's'"); got != "0" {
		t.Error("the catalog kept the schema")
	}
	a.Do("BEGIN", "INSERT INTO t VALUES (9, 'z')", "TRUNCATE t")
	if got := a.Status(); got != fakeredshift.Idle {
		t.Errorf("TRUNCATE leaves the transaction open: %c", got)
	}
	if got := b.One("SELECT count(*) FROM t"); got != "0" {
		t.Errorf("TRUNCATE did not commit: %s rows", got)
	}
}

func testSettingsGoBackWithTheTransaction(t *testing.T, open opener) {
	u := open.login(t)
	u.Do("CREATE SCHEMA s", "BEGIN", "SET search_path TO s", "ROLLBACK")
	if got := u.One("SHOW search_path"); got != "$user, public" {
		t.Errorf("got %s", got)
	}
	if got := u.One("SELECT current_schema()"); got != "public" {
		t.Errorf("got %s", got)
	}
}

func testSetLocalEndsWithTheTransaction(t *testing.T, open opener) {
	u := open.login(t)
	u.Do("SET query_group TO 'outer'", "BEGIN", "SET LOCAL query_group TO 'inner'")
	if got := u.One("SHOW query_group"); got != "inner" {
		t.Errorf("inside: %s", got)
	}
	u.Do("COMMIT")
	if got := u.One("SHOW query_group"); got != "outer" {
		t.Errorf("after: %s", got)
	}
}

func testTemporaryTables(t *testing.T, open opener) {
	e := open(t)
	a, b := Connect(t, e, 1, nil), Connect(t, e, 2, nil)
	a.Do("CREATE TABLE t (a INT)", "CREATE TEMP TABLE t (b INT)", "INSERT INTO t VALUES (5)", "CREATE TABLE #u (c INT)", "INSERT INTO #u SELECT b FROM t")
	if got := a.One("SELECT t.b, u.c, p.n FROM t, #u u, (SELECT count(*) n FROM public.t) p"); got != "5|5|0" {
		t.Errorf("got %s", got)
	}
	if got := b.One("SELECT count(*) FROM t"); got != "0" {
		t.Errorf("another session sees the temporary table: %s", got)
	}
	b.WantRefusal("SELECT * FROM #u", "42P01", "does not exist")
	a.Do("BEGIN", "DROP TABLE #u", "ROLLBACK", "SELECT * FROM #u", "DROP TABLE t")
	if got := a.One("SELECT count(*) FROM t"); got != "0" {
		t.Error("the permanent table is still hidden")
	}
}
