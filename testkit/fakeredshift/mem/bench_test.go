package mem_test

import (
	"context"
	"testing"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
)

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		e := mem.New(nil)
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkConnect(b *testing.B) {
	e := newEngine(b, nil)
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
		{"count", "SELECT count(*) FROM t"},
		{"catalog", "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"},
		{"INSERT", "INSERT INTO t VALUES (1, 'a')"},
		{"DELETE", "DELETE FROM t WHERE id = 2"},
		{"CREATE and DROP", "CREATE TEMP TABLE x (id INT NOT NULL PRIMARY KEY, name VARCHAR(20))"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			u := login(b)
			u.Do("CREATE TABLE t (id INT, name VARCHAR(20))")
			for i := 0; b.Loop(); i++ {
				u.Do(bench.sql)
				if bench.name == "CREATE and DROP" {
					u.Do("DROP TABLE x")
				}
				if bench.name == "INSERT" && i%1000 == 999 {
					u.Do("TRUNCATE t")
				}
			}
		})
	}
}

// BenchmarkWorld is what a simulated world takes before anything happens in it.
func BenchmarkWorld(b *testing.B) {
	for b.Loop() {
		inBubble(b, func(t *testing.T) {
			newAccounts(t, nil).close(t)
			time.Sleep(time.Minute)
		})
	}
}
