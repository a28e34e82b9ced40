//go:build cgo

package duck

import (
	"context"
	"testing"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		e, err := New(&Options{Dir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkConnect(b *testing.B) {
	e := newEngine(b)
	for b.Loop() {
		conn, err := e.Connect(context.Background(), fakeredshift.Session{PID: 1, User: "admin", Database: "dev"})
		if err != nil {
			b.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStatements(b *testing.B) {
	for _, bench := range []struct{ name, sql string }{
		{"SELECT 1", "SELECT 1"},
		{"SELECT of a table", "SELECT id, name FROM t WHERE id = 1"},
		{"catalog", "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"},
		{"INSERT", "INSERT INTO t VALUES (1, 'a')"},
		{"CREATE and DROP", "CREATE TEMP TABLE x (id INT NOT NULL PRIMARY KEY, name VARCHAR(20))"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			u := login(b)
			u.Do("CREATE TABLE t (id INT, name VARCHAR(20))")
			for b.Loop() {
				u.Rows(bench.sql)
				if bench.name == "CREATE and DROP" {
					u.Do("DROP TABLE x")
				}
			}
		})
	}
}
