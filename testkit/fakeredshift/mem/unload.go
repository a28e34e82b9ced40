package mem

import (
	"bytes"
	"context"
	"strings"

	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/parquetfile"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
	"github.com/redferry/redferry/testkit/fakeredshift/stage"
)

// An unloading is one UNLOAD under way.
type unloading struct {
	*conn
	cmd     *rsql.Unload
	columns []fakeredshift.Column
	writer  *parquetfile.Writer
	to      *stage.Destination
	bytes   int64
	files   int64
}

// unload is UNLOAD: the query runs once, and its rows are cut into the slices,
// whose files are written one after the other.
func (c *conn) unload(ctx context.Context, s *rsql.Unload) (*fakeredshift.Result, error) {
	switch {
	case s.Format != rsql.Parquet:
		return nil, unsupported("UNLOAD in another format than PARQUET")
	case len(s.PartitionBy) > 0:
		return nil, unsupported("UNLOAD with PARTITION BY")
	}
	u := &unloading{conn: c, cmd: s}
	start := now()
	err := u.run(ctx)
	rows := int64(0)
	if err == nil {
		rows = u.to.Rows()
	}
	c.counts.unloadRows = rows
	status, message := "completed", ""
	if err != nil {
		status, message = "aborted", err.Error()
	}
	end := now()
	c.engine.note(&c.engine.history.unloads, int64(ownerID), c.queryID, c.queryID, int64(c.session.PID), c.session.Database, status,
		start, end, end.Sub(start).Microseconds(), strings.ToLower(string(s.Format)), s.Compression, s.To.String(),
		rows, u.files, u.bytes, message)
	if err != nil {
		return nil, err
	}
	c.counts.unloadID = c.queryID
	return &fakeredshift.Result{Tag: s.Tag(), RowsAffected: rows}, nil
}

func (u *unloading) run(ctx context.Context) error {
	if u.session.Storage == nil {
		return errNoStorage()
	}
	q, err := u.parse(u.cmd.Query)
	if err != nil {
		return err
	}
	limited, ordered := outerClauses(u.cmd.Query)
	if limited {
		return refuse(stateSyntax, "Limit clause is not supported")
	}
	result, err := u.answer(ctx, q, nil, true)
	if err != nil {
		return err
	}
	for _, column := range result.Columns {
		column.Type = stored(column.Type)
		u.columns = append(u.columns, column)
	}
	if err := checkParquet(u.columns); err != nil {
		return err
	}
	if u.writer, err = parquetfile.NewWriter(u.columns, u.engine.opts.Uncompressed); err != nil {
		return err
	}
	if u.to, err = stage.OpenDestination(ctx, u.session.Storage, u.cmd); err != nil {
		return err
	}
	if err := u.slices(ctx, result.Rows, ordered); err != nil {
		return err
	}
	return u.to.Finish(ctx, u.columns)
}

// errNoStorage is for a session that was opened without S3.
func errNoStorage() error { return refuse(stateInternal, "this session has no way to S3") }

// outerClauses reports whether a query has LIMIT and ORDER BY outside of
// parentheses.
func outerClauses(sql string) (limited, ordered bool) {
	depth := 0
	for _, t := range sqltext.Code(sql) {
		switch {
		case t.Text == "(":
			depth++
		case t.Text == ")":
			depth--
		case depth == 0 && (t.Is("limit") || t.Is("top") || t.Is("offset")):
			limited = true
		case depth == 0 && t.Is("order"):
			ordered = true
		}
	}
	return limited, ordered
}

// slices writes the rows, slice by slice. A slice without rows writes no file. A
// parallel UNLOAD of an ordered query is the work of one slice, as it was seen to
// be on a live warehouse.
func (u *unloading) slices(ctx context.Context, rows [][]query.Value, ordered bool) error {
	n := u.engine.opts.Slices
	if u.cmd.Single || ordered {
		n = 1
	}
	for slice := range n {
		part := rows[len(rows)*slice/n : len(rows)*(slice+1)/n]
		if len(part) == 0 {
			continue
		}
		if _, err := u.write(ctx, slice, 0, part); err != nil {
			return err
		}
	}
	return nil
}

// write writes rows into files of one slice, of which part is the first, and
// returns the number of the part after them.
func (u *unloading) write(ctx context.Context, slice, part int, rows [][]query.Value) (int, error) {
	body, err := u.writer.File(rows)
	if err != nil {
		return part, err
	}
	size := int64(len(body))
	if limit := u.cmd.MaxFileSize; limit > 0 && size > limit && len(rows) > 1 {
		pieces := min(int(size/limit)+1, len(rows))
		for i := range pieces {
			piece := rows[len(rows)*i/pieces : len(rows)*(i+1)/pieces]
			if part, err = u.write(ctx, slice, part, piece); err != nil {
				return part, err
			}
		}
		return part, nil
	}
	u.bytes += size
	u.files++
	_, err = u.to.Put(ctx, stage.File{Slice: slice, Part: part, Body: bytes.NewReader(body), Rows: int64(len(rows))})
	return part + 1, err
}
