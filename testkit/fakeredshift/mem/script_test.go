//go:build cgo

package mem_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/enginetest"
)

// A step is one statement of one of the sessions of a script.
type step struct {
	session int
	sql     string
}

// randomScript draws the steps of sessions. With more than two, what writes stands
// in transactions: two statements that one COMMIT sets free at once must not see
// one another.
func randomScript(r *rand.Rand, sessions, steps int) []step {
	tables := []string{"t", "u"}
	// DuckDB does not see that a row was updated when it is deleted, so a script
	// has one or the other.
	change := []string{"DELETE FROM %s WHERE id = %d", "UPDATE %s SET n = n + 1 WHERE id = %d"}[r.IntN(2)]
	inside := make([]bool, sessions)
	script := make([]step, steps)
	for i := range script {
		s := r.IntN(sessions)
		table, id := tables[r.IntN(len(tables))], r.IntN(4)
		statements := []string{
			"SELECT count(*), coalesce(max(id), -1), coalesce(sum(n), 0) FROM " + table,
			fmt.Sprintf("INSERT INTO %s VALUES (%d, %d)", table, id, i),
			fmt.Sprintf(change, table, id),
			"SELECT count(*) FROM pg_class WHERE relname IN ('t', 'u')",
			fmt.Sprintf("CREATE TABLE fresh%d (a int)", id),
		}
		sql := statements[r.IntN(len(statements))]
		switch n := r.IntN(10); {
		case !inside[s] && (n < 4 || sessions > 2):
			sql, inside[s] = "BEGIN", true
		case inside[s] && n < 2:
			sql, inside[s] = "COMMIT", false
		case inside[s] && n == 2:
			sql, inside[s] = "ROLLBACK", false
		case inside[s] && n == 3:
			sql = "LOCK " + table
		}
		script[i] = step{s, sql}
	}
	return script
}

// play runs a script in virtual time and tells what every step answered, and
// when. A session that waits is left out until it goes on.
func play(t *testing.T, open func(*testing.T) fakeredshift.Engine, sessions int, script []step) (told []string) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t)
		users := make([]*enginetest.Session, sessions)
		waiting := make([]chan string, sessions)
		for i := range users {
			users[i] = enginetest.Connect(t, e, int32(i+1), nil)
		}
		users[0].Do("CREATE TABLE t (id int, n int)", "CREATE TABLE u (id int, n int)", "INSERT INTO t VALUES (0, 0), (1, 0), (2, 0)", "INSERT INTO u VALUES (1, 0)")
		listen := func() {
			synctest.Wait()
			for s, done := range waiting {
				if len(done) > 0 {
					told = append(told, fmt.Sprintf("      %d: %s", s, <-done))
					waiting[s] = nil
				}
			}
		}
		run := func(s int, sql string) {
			done := make(chan string, 1)
			waiting[s] = done
			go func() { done <- outcome(users[s].Try(sql)) }()
			listen()
		}
		for _, step := range script {
			if waiting[step.session] != nil {
				continue
			}
			told = append(told, fmt.Sprintf("%d: %s", step.session, step.sql))
			run(step.session, step.sql)
		}
		for range sessions {
			for s := range users {
				if waiting[s] == nil {
					told = append(told, fmt.Sprintf("%d: COMMIT", s))
					run(s, "COMMIT")
				}
			}
		}
		told = append(told, users[0].Rows("SELECT 't', id, n FROM t ORDER BY 1, 2, 3")...)
		told = append(told, users[0].Rows("SELECT relname FROM pg_class ORDER BY 1")...)
		told = append(told, users[0].Rows("SELECT 'u', id, n FROM u ORDER BY 1, 2, 3")...)
	})
	return told
}

func outcome(rows []string, err error) string {
	var e *fakeredshift.Error
	switch {
	case errors.As(err, &e) && e.Code != 0:
		return fmt.Sprint(e.SQLState, " ", e.Code)
	case errors.As(err, &e):
		return e.SQLState
	case err != nil:
		return err.Error()
	}
	return "ok " + strings.Join(rows, " ")
}

// TestScriptsAreThoseOfDuck: transactions that run side by side come out the same
// on both engines.
func TestScriptsAreThoseOfDuck(t *testing.T) {
	const scripts = 40
	for seed := range uint64(scripts) {
		sessions := 2 + int(seed%2)
		script := randomScript(rand.New(rand.NewPCG(seed, 0)), sessions, 50)
		onDuck := play(t, func(t *testing.T) fakeredshift.Engine { return newDuck(t) }, sessions, script)
		inMemory := play(t, func(t *testing.T) fakeredshift.Engine { return newEngine(t, nil) }, sessions, script)
		if diff := cmp.Diff(onDuck, inMemory); diff != "" {
			t.Fatalf("seed %d: -duck +mem\n%s\n%s", seed, diff, strings.Join(inMemory, "\n"))
		}
	}
}
