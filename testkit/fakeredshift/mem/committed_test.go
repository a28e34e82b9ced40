package mem_test

import (
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift/enginetest"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
)

// TestRowsWaitForNothing: a lock keeps out a SELECT, and not who looks from
// outside; what is not committed is not there.
func TestRowsWaitForNothing(t *testing.T) {
	e := mem.New(nil)
	u := enginetest.Connect(t, e, 1, nil)
	table := redferry.Table{Schema: "public", Name: "t"}
	if _, ok := e.Rows(table); ok {
		t.Error("there is a table before it is made")
	}
	for _, step := range []struct {
		sql  string
		rows int
	}{
		{"CREATE TABLE t (a int, b varchar(10))", 0},
		{"INSERT INTO t VALUES (1, 'x'), (2, NULL)", 2},
		{"BEGIN", 2},
		{"LOCK t", 2},
		{"INSERT INTO t VALUES (3, 'y')", 2},
		{"DELETE FROM t WHERE a = 1", 2},
		{"COMMIT", 2},
	} {
		u.Do(step.sql)
		if rows, ok := e.Rows(table); !ok || len(rows) != step.rows {
			t.Errorf("after %s there are %d rows, want %d", step.sql, len(rows), step.rows)
		}
	}
	if rows, _ := e.Rows(table); string(rows[0][0]) != "2" || rows[0][1] != nil || string(rows[1][1]) != "y" {
		t.Errorf("got %q", rows)
	}
}
