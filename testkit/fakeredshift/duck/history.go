//go:build cgo

package duck

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// noteQuery keeps the row of SYS_QUERY_HISTORY of a statement that has ended. It
// is written when somebody asks.
func (c *conn) noteQuery(sql string, start time.Time, result *fakeredshift.Result, err error) {
	end, kind, status, message, rows := time.Now(), "OTHER", "success", "", int64(0)
	switch {
	case hasState(err, stateCanceled):
		status, message = "canceled", err.Error()
	case err != nil:
		status, message = "failed", strings.TrimPrefix(err.Error(), "ERROR: ")
	default:
		kind, _, _ = strings.Cut(result.Tag, " ")
		rows = max(result.RowsAffected, 0)
	}
	micros := end.Sub(start).Microseconds()
	row := tuple(100, c.queryID, c.settings["query_group"], c.queryID, c.session.PID, c.session.Database, kind, status, false,
		start, end, micros, 0, micros, message, rows, 0, sql, "1.0.12345")
	c.engine.setup.Lock()
	defer c.engine.setup.Unlock()
	c.engine.queries = append(c.engine.queries, row)
}

// writeHistory writes what q may ask for.
func (e *Engine) writeHistory(ctx context.Context, q *query) error {
	asks := func(r reference) bool { return r.relation.system && r.relation.name == "sys_query_history" }
	if !slices.ContainsFunc(q.refs, asks) {
		return nil
	}
	e.setup.Lock()
	defer e.setup.Unlock()
	if len(e.queries) == 0 {
		return nil
	}
	if _, err := e.admin.exec(ctx, "INSERT INTO pg_internal.sys_query_history VALUES "+strings.Join(e.queries, ", ")); err != nil {
		return err
	}
	e.queries = nil
	return nil
}

// note adds a row to a table of the history.
func (e *Engine) note(ctx context.Context, table string, values ...any) error {
	e.setup.Lock()
	defer e.setup.Unlock()
	_, err := e.admin.exec(ctx, "INSERT INTO "+hidden+"."+table+" VALUES "+tuple(values...))
	return err
}
