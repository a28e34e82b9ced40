package main

import (
	"context"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/redferry/redferry/internal/pgtest"
)

// TestLockLost: whose database is gone, with the lock that is in it, copies nothing more
// and says so. S3 answers nothing here: what ends the program is the lock.
func TestLockLost(t *testing.T) {
	state := pgtest.Database(t)
	config, err := pgx.ParseConfig(state)
	if err != nil {
		t.Fatal(err)
	}
	lose := sync.OnceValue(func() error { return closeDatabase(t.Context(), config.Database) })
	url, ca := handle(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := lose(); err != nil {
			t.Error(err)
		}
		<-r.Context().Done()
	}))
	c := child(t, "key", "secret", "-src", "s3://source/p/", "-dst", "s3://target/q/", "-src-endpoint", url, "-dst-endpoint", url, "-ca", ca, "-write-only", "-state", state)
	out, err := c.CombinedOutput()
	if c.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "pgstate: lock s3://target/q/ in database "+config.Database) || !strings.Contains(string(out), "the lock is lost") {
		t.Errorf("exit code %d, %v:\n%s", c.ProcessState.ExitCode(), err, out)
	}
}

// closeDatabase ends all connections to a database, and has it take no more.
func closeDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, os.Getenv(pgtest.Variable))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, `alter database `+name+` allow_connections false`); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1`, name)
	return err
}
