//go:build cgo

package duck

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift"
)

// A briefing is what the macros know of the session: pg_backend_pid(),
// pg_last_copy_count(), ... They read it from a variable of DuckDB.
type briefing struct {
	user, database string
	pid            int32
	path           []string // the schemas of the search path that exist
	copyCount      int64
	copyID         int64
	unloadCount    int64
	unloadID       int64
	lastQuery      int64
	clock          time.Time
}

// newBriefing is that of a session that has done nothing yet.
func newBriefing(s fakeredshift.Session) briefing {
	return briefing{user: s.User, database: s.Database, pid: s.PID, copyID: -1, unloadID: -1, lastQuery: -1, clock: time.Now()}
}

func (b *briefing) sql() string {
	path := make([]string, len(b.path))
	for i, schema := range b.path {
		path[i] = quote(schema)
	}
	return fmt.Sprintf("SET VARIABLE session = {'user_name': %s, 'database_name': %s, 'pid': %d::INTEGER, 'search_path': [%s]::VARCHAR[], "+
		"'copy_count': %d::BIGINT, 'copy_id': %d::BIGINT, 'unload_count': %d::BIGINT, 'unload_id': %d::BIGINT, 'last_query': %d::BIGINT, 'clock': %s}",
		quote(b.user), quote(b.database), b.pid, strings.Join(path, ", "),
		b.copyCount, b.copyID, b.unloadCount, b.unloadID, b.lastQuery, constant(b.clock))
}

// brief tells l what has changed since it was told last.
func (l *link) brief(ctx context.Context, b *briefing) error {
	sql := b.sql()
	if l.told == sql {
		return nil
	}
	if _, err := l.exec(ctx, sql); err != nil {
		return err
	}
	l.told = sql
	return nil
}

// tick puts the clock right, by package time, if sql could ask for it.
func (c *conn) tick(sql string) {
	asks := []string{
		"getdate", "now", "current_date", "current_timestamp", "current_time", "timeofday", "today", "transaction_timestamp",
	}
	for _, t := range sqltext.Code(sql) {
		if slices.ContainsFunc(asks, t.Is) {
			c.briefing.clock = time.Now()
			return
		}
	}
}

// readPath works out which schemas of the search path exist.
func (c *conn) readPath(ctx context.Context) error {
	wanted := []string{}
	for _, schema := range c.searchPath() {
		wanted = append(wanted, quote(schema))
	}
	list := "[" + strings.Join(wanted, ", ") + "]::VARCHAR[]"
	rows, err := c.catalog().rows(ctx, `SELECT nspname FROM pg_internal.pg_namespace
		WHERE list_contains(`+list+`, nspname) ORDER BY list_position(`+list+`, nspname)`)
	if err != nil {
		return err
	}
	c.briefing.path = nil
	for _, row := range rows {
		c.briefing.path = append(c.briefing.path, fmt.Sprint(row[0]))
	}
	return nil
}
