//go:build cgo

package duck

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
	"github.com/redferry/redferry/testkit/fakeredshift/stage"
)

// An unloading is one UNLOAD under way.
type unloading struct {
	*conn
	cmd     *rsql.Unload
	on      *link
	table   string // the result; DuckDB keeps the order of its rows
	columns []fakeredshift.Column
	to      *stage.Destination
	dir     string
	bytes   int64
	files   int64
}

// unload is UNLOAD: the query runs once, and its rows are cut into the slices.
func (c *conn) unload(ctx context.Context, s *rsql.Unload) (*fakeredshift.Result, error) {
	if len(s.PartitionBy) > 0 || s.Format == rsql.JSON || s.FixedWidth != "" {
		return nil, refuse(stateNotSupported, "UNLOAD with PARTITION BY, FIXEDWIDTH or FORMAT JSON is not supported by the fake warehouse")
	}
	u := &unloading{conn: c, cmd: s}
	start := time.Now()
	err := u.run(ctx)
	rows := int64(0)
	if err == nil {
		rows = u.to.Rows()
	}
	c.briefing.unloadCount = rows
	if noted := u.note(context.WithoutCancel(ctx), start, rows, err); noted != nil && err == nil {
		err = noted
	}
	if err != nil {
		return nil, err
	}
	c.briefing.unloadID = c.queryID
	return &fakeredshift.Result{Tag: s.Tag(), RowsAffected: rows}, nil
}

func (u *unloading) run(ctx context.Context) (err error) {
	if u.session.Storage == nil {
		return errNoStorage()
	}
	q, err := u.query(ctx)
	if err != nil {
		return err
	}
	if u.to, err = stage.OpenDestination(ctx, u.session.Storage, u.cmd); err != nil {
		return err
	}
	if u.dir, err = u.engine.newDir(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(u.dir)) }()
	u.table = fmt.Sprintf("temp.main.unload_%d", u.queryID)
	if _, err := u.on.exec(ctx, "CREATE TEMP TABLE "+u.table+" AS "+u.renamed(q.sql)); err != nil {
		return err
	}
	if err := u.slices(ctx, q); err != nil {
		// With a transaction the table goes by itself.
		if !u.tx.begun {
			_, _ = u.on.exec(context.WithoutCancel(ctx), "DROP TABLE "+u.table)
		}
		return err
	}
	if _, err := u.on.exec(ctx, "DROP TABLE "+u.table); err != nil {
		return err
	}
	return u.to.Finish(ctx, u.columns)
}

// errNoStorage is for a session that was opened without S3.
func errNoStorage() error { return refuse(stateInternal, "this session has no way to S3") }

// query checks the inner query and works out its columns.
func (u *unloading) query(ctx context.Context) (*query, error) {
	text, err := dialect{keep: u.keepsCase()}.translate(strings.TrimRight(u.cmd.Query, "; \t\r\n"))
	if err != nil {
		return nil, err
	}
	q, err := u.resolve(ctx, text)
	if err != nil {
		return nil, err
	}
	if q.tree.has("LIMIT_MODIFIER") {
		return nil, refuse(stateSyntax, "Limit clause is not supported")
	}
	if err := refuseCatalog(q); err != nil {
		return nil, err
	}
	if u.on, err = u.reader(ctx, q); err != nil {
		return nil, err
	}
	u.columns, err = u.shape(ctx, u.on, q)
	if err != nil {
		return nil, err
	}
	for i := range u.columns {
		u.columns[i].Type = stored(u.columns[i].Type)
	}
	if u.cmd.Format == rsql.Parquet {
		return q, checkParquet(u.columns)
	}
	return q, nil
}

// renamed gives the columns of the result names of their own: those of the
// query may be the same twice.
func (u *unloading) renamed(sql string) string {
	names := make([]string, len(u.columns))
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i)
	}
	return fmt.Sprintf("SELECT * FROM (%s) AS v(%s)", sql, strings.Join(names, ", "))
}

// slices writes the rows, slice by slice. A slice without rows writes no file.
// A parallel UNLOAD of an ordered query is the work of one slice, as it was seen
// to be on a live warehouse.
func (u *unloading) slices(ctx context.Context, q *query) error {
	counted, err := u.on.rows(ctx, "SELECT count(*) FROM "+u.table)
	if err != nil {
		return err
	}
	total, n := counted[0][0].(int64), int64(u.engine.opts.Slices)
	if u.cmd.Single || q.tree.has("ORDER_MODIFIER") {
		n = 1
	}
	for slice := range n {
		first, last := total*slice/n, total*(slice+1)/n
		if first == last {
			continue
		}
		if _, err := u.write(ctx, int(slice), 0, first, last); err != nil {
			return err
		}
	}
	return nil
}

// write writes the rows from first up to last into files of one slice, of which
// part is the first, and returns the number of the part after them.
func (u *unloading) write(ctx context.Context, slice, part int, first, last int64) (int, error) {
	path := filepath.Join(u.dir, fmt.Sprintf("%d-%d", slice, part))
	if err := u.file(ctx, path, first, last); err != nil {
		return part, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return part, err
	}
	if limit := u.cmd.MaxFileSize; limit > 0 && info.Size() > limit && last-first > 1 {
		pieces := min(info.Size()/limit+1, last-first)
		for i := range pieces {
			if part, err = u.write(ctx, slice, part, first+(last-first)*i/pieces, first+(last-first)*(i+1)/pieces); err != nil {
				return part, err
			}
		}
		return part, nil
	}
	u.bytes += info.Size()
	u.files++
	return part + 1, u.put(ctx, path, slice, part, last-first)
}

func (u *unloading) file(ctx context.Context, path string, first, last int64) error {
	if u.cmd.Format == rsql.Parquet {
		return u.writeParquet(ctx, path, first, last)
	}
	return u.writeText(ctx, path, first, last)
}

func (u *unloading) put(ctx context.Context, path string, slice, part int, rows int64) error {
	body, err := os.Open(path)
	if err != nil {
		return err
	}
	_, err = u.to.Put(ctx, stage.File{Slice: slice, Part: part, Body: body, Rows: rows})
	if closed := body.Close(); err == nil {
		err = closed
	}
	if removed := os.Remove(path); err == nil {
		err = removed
	}
	return err
}

// note writes the row of SYS_UNLOAD_HISTORY.
func (u *unloading) note(ctx context.Context, start time.Time, rows int64, err error) error {
	status, message, format := "completed", "", strings.ToLower(string(u.cmd.Format))
	if err != nil {
		status, message = "aborted", err.Error()
	}
	if format == "" {
		format = "text"
	}
	end := time.Now()
	return u.engine.note(ctx, "sys_unload_history", 100, u.queryID, u.queryID, u.session.PID, u.session.Database, status, start, end,
		end.Sub(start).Microseconds(), format, u.cmd.Compression, u.cmd.To.String(), rows, u.files, u.bytes, message)
}
