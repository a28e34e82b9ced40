//go:build live

package livetest_test

import (
	"os"
	"testing"

	"github.com/redferry/redferry/copyload/livetest"
	"github.com/redferry/redferry/exec"
)

// TestLive checks the facts on the warehouse that the environment gives, and fails
// without one.
func TestLive(t *testing.T) {
	warehouses, err := livetest.FromEnv(t.Context(), os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warehouses {
		t.Run(w.Name, func(t *testing.T) {
			t.Logf("isolation: %s", isolation(t, w.DB))
			for _, f := range livetest.Facts() {
				t.Run(f.Name, func(t *testing.T) {
					if f.Batch && w.Batches == nil {
						t.Skip("a direct connection has no batches; give a Data API, too")
					}
					if err := f.Check(t.Context(), w); err != nil {
						t.Error(err)
					}
				})
			}
			if w.Close == nil {
				return
			}
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// isolation is the isolation level of the database. The facts must hold at either;
// which one they were seen at is for the record.
func isolation(t *testing.T, e exec.Executor) string {
	rows, err := e.Query(t.Context(), exec.Statement{SQL: "SELECT current_database()"})
	if err != nil {
		t.Fatal(err)
	}
	database, err := exec.Scalar[string](rows)
	if err != nil {
		t.Fatal(err)
	}
	rows, err = e.Query(t.Context(), exec.Statement{
		SQL: "SELECT trim(isolation_level) FROM stv_db_isolation_level WHERE trim(db_name) = $1", Args: []any{database},
	})
	if err != nil {
		return "not known: " + err.Error()
	}
	level, err := exec.Scalar[string](rows)
	if err != nil {
		return "not known: " + err.Error()
	}
	return level
}
