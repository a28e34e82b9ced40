package mem_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/enginetest"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
)

func TestConflicts(t *testing.T) {
	for _, test := range []struct {
		name  string
		other []string // of another session, after the snapshot
		then  string
		code  int // 0 is none
	}{
		{"an INSERT after an INSERT", []string{"INSERT INTO t VALUES (2, 'b')"}, "INSERT INTO t VALUES (2, 'b')", 0},
		{"an INSERT after a DELETE of all", []string{"DELETE FROM t"}, "INSERT INTO t VALUES (2, 'b')", 0},
		{"a DELETE after a DELETE", []string{"DELETE FROM t"}, "DELETE FROM t", 1023},
		{"a DELETE after an UPDATE", []string{"UPDATE t SET name = 'x'"}, "DELETE FROM t", 1023},
		{"an UPDATE after an UPDATE", []string{"UPDATE t SET name = 'x'"}, "UPDATE t SET name = 'y'", 1023},
		{"a DELETE of other rows", []string{"DELETE FROM t WHERE id = 1"}, "DELETE FROM t WHERE id = 2", 0},
		{"a DELETE after an INSERT", []string{"INSERT INTO t VALUES (2, 'b')"}, "DELETE FROM t", 0},
		{"a DELETE after what was rolled back", []string{"BEGIN", "DELETE FROM t", "ROLLBACK"}, "DELETE FROM t", 0},
		{"a TRUNCATE after a DELETE", []string{"DELETE FROM t"}, "TRUNCATE t", 0},
		{"a table that is newer", []string{"CREATE TABLE newer (a INT)"}, "SELECT * FROM newer", 1018},
		{"writing into a table that is newer", []string{"CREATE TABLE newer (a INT)"}, "DELETE FROM newer", 1018},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, b := enginetest.Pair(t, newEngine(t, nil))
			a.Do("CREATE TABLE u (id INT)", "BEGIN", "SELECT count(*) FROM u")
			b.Do(test.other...)
			_, err := a.Try(test.then)
			code := 0
			var e *fakeredshift.Error
			if errors.As(err, &e) {
				code = e.Code
			}
			if code != test.code || (err != nil) != (test.code != 0) {
				t.Errorf("got %v, want %d", err, test.code)
			}
			a.Do("ROLLBACK")
		})
	}
}

func TestDDLTakesTheSnapshot(t *testing.T) {
	for _, test := range []struct {
		sql  string
		rows string // that are seen after another session's commit of the second
	}{
		{"CREATE TABLE fresh (a INT)", "1"},
		{"CREATE TABLE IF NOT EXISTS u (a INT)", "1"},
		{"DROP TABLE u", "1"},
		{"DROP TABLE IF EXISTS nope", "1"},
		{"ALTER TABLE u ADD COLUMN b INT", "1"},
		{"ALTER TABLE u DROP COLUMN a", "1"},
		{"ALTER TABLE u RENAME TO v", "2"},
		{"CREATE SCHEMA s", "2"},
		{"COMMENT ON TABLE u IS 'x'", "2"},
		{"LOCK u", "2"},
	} {
		t.Run(test.sql, func(t *testing.T) {
			a, b := enginetest.Pair(t, newEngine(t, nil))
			a.Do("CREATE TABLE u (id INT, a INT)", "BEGIN", test.sql)
			b.Do("INSERT INTO t VALUES (2, 'b')")
			if got := a.One("SELECT count(*) FROM t"); got != test.rows {
				t.Errorf("%s rows are seen, want %s", got, test.rows)
			}
			a.Do("ROLLBACK")
		})
	}
}

// TestCycles: of two transactions that each read what the other writes, only
// Snapshot lets both commit.
func TestCycles(t *testing.T) {
	for _, test := range []struct {
		name string
		a, b []string
		code int // of b's COMMIT under Serializable
	}{
		{"look, then write", []string{"SELECT * FROM t", "INSERT INTO t VALUES (2, 'b')"}, []string{"SELECT * FROM t", "INSERT INTO t VALUES (2, 'b')"}, 1023},
		{"crosswise", []string{"SELECT * FROM t", "INSERT INTO u VALUES (1)"}, []string{"SELECT * FROM u", "INSERT INTO t VALUES (2, 'b')"}, 1023},
		{"writes alone", []string{"INSERT INTO t VALUES (2, 'b')"}, []string{"INSERT INTO u VALUES (2)"}, 0},
		{"reads alone", []string{"SELECT * FROM t"}, []string{"SELECT * FROM t"}, 0},
		{"one way", []string{"INSERT INTO t VALUES (2, 'b')"}, []string{"SELECT * FROM t", "INSERT INTO u VALUES (1)"}, 0},
	} {
		for level, code := range map[mem.Isolation]int{mem.Snapshot: 0, mem.Serializable: test.code} {
			t.Run(test.name, func(t *testing.T) {
				e := newEngine(t, &mem.Options{Isolation: level})
				a, b := enginetest.Connect(t, e, 1, nil), enginetest.Connect(t, e, 2, nil)
				a.Do("CREATE TABLE t (id INT, name VARCHAR(10))", "CREATE TABLE u (id INT)", "BEGIN", "SELECT count(*) FROM u WHERE 1 = 0")
				a.Do("ROLLBACK")
				reads := func(u *enginetest.Session, list []string) { u.Do(list[:len(list)-1]...) }
				a.Do("BEGIN")
				b.Do("BEGIN")
				reads(a, test.a)
				reads(b, test.b)
				a.Do(test.a[len(test.a)-1], "COMMIT")
				b.Do(test.b[len(test.b)-1])
				_, err := b.Try("COMMIT")
				var refused *fakeredshift.Error
				if errors.As(err, &refused) != (code != 0) || code != 0 && refused.Code != code {
					t.Errorf("%v: got %v, want %d", level, err, code)
				}
				b.Do("ROLLBACK")
				if got := b.One("SHOW transaction_isolation"); (got == "serializable") != (level == mem.Serializable) {
					t.Errorf("transaction_isolation is %s", got)
				}
			})
		}
	}
}

func TestSerialTransactionsHaveNoConflict(t *testing.T) {
	e := newEngine(t, &mem.Options{Isolation: mem.Serializable})
	a, b := enginetest.Connect(t, e, 1, nil), enginetest.Connect(t, e, 2, nil)
	a.Do("CREATE TABLE t (id INT)")
	for range 3 {
		for _, u := range []*enginetest.Session{a, b} {
			u.Do("BEGIN", "SELECT count(*) FROM t", "INSERT INTO t VALUES (1)", "DELETE FROM t", "COMMIT")
		}
	}
}

// TestLocksAreFirstComeFirstServed: nobody overtakes who waits before.
func TestLocksAreFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, nil)
		a := enginetest.Connect(t, e, 1, nil)
		a.Do("CREATE TABLE t (id INT)", "BEGIN", "SELECT * FROM t")
		var order []string
		var waiting []<-chan error
		var users []*enginetest.Session
		for i, sql := range []string{"LOCK t", "SELECT * FROM t", "LOCK t", "INSERT INTO t VALUES (1)"} {
			u := enginetest.Connect(t, e, int32(2+i), nil)
			u.Do("BEGIN")
			users, waiting = append(users, u), append(waiting, u.Later(t.Context(), sql))
			synctest.Wait()
		}
		a.Do("COMMIT")
		for range users {
			synctest.Wait()
			for i, done := range waiting {
				if len(done) > 0 {
					if err := <-done; err != nil {
						t.Error(err)
					}
					order = append(order, string(rune('a'+i)))
					users[i].Do("COMMIT")
				}
			}
		}
		if got := strings.Join(order, ""); got != "abcd" {
			t.Errorf("they came through in the order %s", got)
		}
	})
}

func TestDropAndCreateInOneTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := enginetest.Pair(t, newEngine(t, nil))
		a.Do("BEGIN", "DROP TABLE t", "CREATE TABLE t (id INT)", "INSERT INTO t VALUES (7)")
		done := b.Later(t.Context(), "SELECT * FROM t")
		if !enginetest.Waits(done) {
			t.Fatal("a reader does not wait for the DROP")
		}
		a.Do("COMMIT")
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got := b.One("SELECT * FROM t"); got != "7" {
			t.Errorf("got %s", got)
		}
	})
}

func TestIdentitiesNeverComeTwice(t *testing.T) {
	u := login(t)
	u.Do("CREATE TABLE t (n BIGINT IDENTITY(10, 5), v INT)", "INSERT INTO t (v) VALUES (1)", "BEGIN", "INSERT INTO t (v) VALUES (2)", "ROLLBACK",
		"INSERT INTO t (v) VALUES (3), (4)")
	if diff := cmp.Diff([]string{"10|1", "20|3", "25|4"}, u.Rows("SELECT n, v FROM t ORDER BY v")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestRowsFromBeforeAColumnWas(t *testing.T) {
	u := login(t)
	u.Do("CREATE TABLE t (a INT, b INT)", "INSERT INTO t VALUES (1, 2)", "ALTER TABLE t ADD COLUMN c VARCHAR(5) DEFAULT 'old'", "INSERT INTO t VALUES (3, 4, 'new')",
		"ALTER TABLE t DROP COLUMN a", "INSERT INTO t VALUES (5)", "UPDATE t SET b = b + 10 WHERE c = 'old'")
	if diff := cmp.Diff([]string{"4|new", "12|old", "15|old"}, u.Rows("SELECT * FROM t ORDER BY b")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
