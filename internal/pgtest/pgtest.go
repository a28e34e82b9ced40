// Package pgtest gives tests databases in a real PostgreSQL.
package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Variable names the environment variable with the URL of a PostgreSQL in which
// tests may make databases. Without it the tests that need one are skipped; .ci/run
// starts one and sets it.
const Variable = "REDFERRY_POSTGRES"

var count atomic.Int64

// Database makes an empty database that goes when the test ends, and returns its URL.
// The database sorts texts as people do, not byte by byte, unless it is told.
func Database(t testing.TB) string {
	t.Helper()
	server := os.Getenv(Variable)
	if server == "" {
		t.Skipf("%s is not set: .ci/postgres starts a PostgreSQL and says what to set it to", Variable)
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s: %v", Variable, err)
	}
	name := fmt.Sprintf("redferry_test_%d_%d", os.Getpid(), count.Add(1))
	run(t.Context(), t, server, `create database `+name+` template template0 encoding 'UTF8' locale_provider icu icu_locale 'en-US'`)
	t.Cleanup(func() { run(context.Background(), t, server, `drop database `+name+` with (force)`) })
	u.Path = "/" + name
	return u.String()
}

func run(ctx context.Context, t testing.TB, server, sql string) {
	t.Helper()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(ctx); err != nil {
		t.Error(err)
	}
}
