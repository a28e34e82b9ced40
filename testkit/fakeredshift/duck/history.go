//go:build cgo

package duck

import (
	"context"
	"strings"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// noteQuery writes the row of SYS_QUERY_HISTORY of a statement that has ended.
func (c *conn) noteQuery(ctx context.Context, sql string, start time.Time, result *fakeredshift.Result, err error) error {
	end, status, message, rows := time.Now(), "success", "", int64(0)
	if err != nil {
		status, message = "failed", strings.TrimPrefix(err.Error(), "ERROR: ")
		if hasState(err, stateCanceled) {
			status = "canceled"
		}
	} else if result.RowsAffected > 0 {
		rows = result.RowsAffected
	}
	kind := "OTHER"
	if err == nil && result.Tag != "" {
		kind, _, _ = strings.Cut(result.Tag, " ")
	}
	micros := end.Sub(start).Microseconds()
	return c.engine.note(ctx, "sys_query_history", 100, c.queryID, c.settings["query_group"], c.queryID, c.session.PID,
		c.session.Database, kind, status, false, start, end, micros, int64(0), micros, message, rows, int64(0), sql, "1.0.12345")
}

// note adds a row to a table of the history.
func (e *Engine) note(ctx context.Context, table string, values ...any) error {
	e.setup.Lock()
	defer e.setup.Unlock()
	_, err := e.admin.exec(ctx, "INSERT INTO "+hidden+"."+table+" VALUES "+tuple(values...))
	return err
}
