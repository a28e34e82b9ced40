//go:build cgo

package duck

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
	"github.com/redferry/redferry/testkit/fakeredshift/stage"
)

// A loading is one COPY under way.
type loading struct {
	*conn
	cmd     *rsql.Copy
	table   *relation
	columns []attribute // that the files fill, in their order
	from    *stage.Source
	dir     string
	file    string // the URI of the file at hand
	column  string // that is at fault, if that is known
	line    int64
	reason  *fakeredshift.Error // behind the error that the client sees
}

// copyFrom is COPY: all files or none.
func (c *conn) copyFrom(ctx context.Context, s *rsql.Copy) (*fakeredshift.Result, error) {
	switch {
	case s.Format == rsql.Parquet, s.Format == rsql.CSV, s.Format == rsql.Delimited:
	default:
		return nil, refuse(stateNotSupported, "COPY with FORMAT %s is not supported by the fake warehouse", s.Format)
	}
	if s.NoLoad || s.IgnoreAllErrors || s.FixedWidth != "" {
		return nil, refuse(stateNotSupported, "COPY with NOLOAD, IGNOREALLERRORS or FIXEDWIDTH is not supported by the fake warehouse")
	}
	table, err := c.target(ctx, s.Table, writing)
	if err != nil {
		return nil, err
	}
	l := &loading{conn: c, cmd: s, table: table}
	if err := l.choose(); err != nil {
		return nil, err
	}
	start := time.Now()
	rows, err := l.run(ctx)
	if noted := l.note(context.WithoutCancel(ctx), start, rows, err); noted != nil && err == nil {
		err = noted
	}
	if err != nil {
		return nil, err
	}
	c.briefing.copyCount, c.briefing.copyID = rows, c.queryID
	return &fakeredshift.Result{Tag: s.Tag(), RowsAffected: rows}, nil
}

// choose works out which columns the files fill.
func (l *loading) choose() error {
	if l.cmd.Columns == nil {
		for _, a := range l.table.attributes {
			if a.identity == nil || a.identity.ByDefault || l.cmd.ExplicitIDs {
				l.columns = append(l.columns, a)
			}
		}
		return l.needJSON()
	}
	for _, name := range l.cmd.Columns {
		a, err := l.table.attribute(name)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(l.columns, func(b attribute) bool { return b.num == a.num }) {
			return refuse(stateDoubleColumn, "column %q specified more than once", name)
		}
		if a.identity != nil && !a.identity.ByDefault && !l.cmd.ExplicitIDs {
			return refuse(stateNotSupported, "cannot load values into IDENTITY column %q without EXPLICIT_IDS", name)
		}
		l.columns = append(l.columns, a)
	}
	for _, a := range l.table.attributes {
		if slices.ContainsFunc(l.columns, func(b attribute) bool { return b.num == a.num }) {
			continue
		}
		switch {
		case a.identity != nil && l.cmd.ExplicitIDs:
			return refuse(stateSyntax, "EXPLICIT_IDS needs IDENTITY column %q in the column list", a.name)
		case a.notNull && a.def == "" && (a.identity == nil || l.cmd.Format == rsql.Parquet):
			return refuse(stateSyntax, "NOT NULL column without DEFAULT must be included in column list")
		}
	}
	return l.needJSON()
}

// needJSON refuses a Parquet COPY into SUPER without SERIALIZETOJSON.
func (l *loading) needJSON() error {
	for _, a := range l.columns {
		if a.typ.OID == rsql.Super && l.cmd.Format == rsql.Parquet && !l.cmd.SerializeToJSON {
			return refuse(stateNotSupported, "SUPER column in COPY query requires SERIALIZETOJSON option")
		}
	}
	return nil
}

func (l *loading) run(ctx context.Context) (rows int64, err error) {
	if l.session.Storage == nil {
		return 0, errNoStorage()
	}
	if l.from, err = stage.OpenSource(ctx, l.session.Storage, l.cmd); err != nil {
		return 0, err
	}
	if l.dir, err = l.engine.newDir(); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(l.dir)) }()
	if err := l.from.Fetch(ctx, l.dir); err != nil {
		return 0, err
	}
	if err := l.begin(ctx); err != nil {
		return 0, err
	}
	for _, object := range l.from.Objects {
		l.file = object.URI.String()
		load := l.loadText
		if l.cmd.Format == rsql.Parquet {
			load = l.loadParquet
		}
		n, err := load(ctx, object.Path)
		if err != nil {
			return 0, err
		}
		rows += n
	}
	if l.cmd.ExplicitIDs {
		risk := fmt.Sprintf("1|%d|%s", l.queryID, time.Now().UTC().Format("2006-01-02 15:04:05"))
		_, err = l.main.exec(ctx, fmt.Sprintf("UPDATE pg_internal.layout SET risk_event = %s WHERE relid = %d", quote(risk), l.table.oid))
	}
	return rows, err
}

// insert runs the INSERT of one file: source is what stands after FROM, with the
// columns c0, c1, ..., of which there are width; value makes the value for a
// column out of one of them.
func (l *loading) insert(ctx context.Context, source string, width int, value func(a attribute, name string) string) (int64, error) {
	cells := make([]string, len(l.table.attributes))
	for i, a := range l.table.attributes {
		at := slices.IndexFunc(l.columns, func(b attribute) bool { return b.num == a.num })
		if at >= 0 && at < width {
			cells[i] = value(a, fmt.Sprintf("v.c%d", at))
			continue
		}
		if at >= 0 { // FILLRECORD
			cells[i] = "CAST(NULL AS " + duckType(a.typ) + ")"
			continue
		}
		cell, err := l.missing(l.table, a)
		if err != nil {
			return 0, err
		}
		cells[i] = cell
	}
	names := make([]string, width)
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i)
	}
	return l.change(ctx, l.table, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s AS v(%s)",
		l.table.physical(), columnList(l.table.attributes), strings.Join(cells, ", "), source, strings.Join(names, ", ")))
}

// note writes the rows of SYS_LOAD_HISTORY and, after a failure over data, of
// SYS_LOAD_ERROR_DETAIL.
func (l *loading) note(ctx context.Context, start time.Time, rows int64, err error) error {
	end, status, errs := time.Now(), "completed", 0
	var files, size int64
	if l.from != nil {
		for _, object := range l.from.Objects {
			files++
			size += object.Size
		}
	}
	if err != nil {
		status, errs = "aborted", 1
		e := l.reason
		if (e != nil || errors.As(err, &e)) && e.Code != 0 && l.file != "" {
			if noted := l.noteError(ctx, start, e); noted != nil {
				return noted
			}
		}
	}
	format := strings.ToLower(string(l.cmd.Format))
	if format == "" {
		format = "text"
	}
	return l.engine.note(ctx, "sys_load_history", 100, l.queryID, l.queryID, l.session.PID, l.session.Database, status, l.table.name,
		start, end, end.Sub(start).Microseconds(), l.cmd.From.String(), format, rows, size, files, size, files, size, errs, 0)
}

func (l *loading) noteError(ctx context.Context, start time.Time, e *fakeredshift.Error) error {
	column, kind, length := l.column, "", ""
	if a, err := l.table.attribute(column); err == nil {
		kind = rsql.BaseText(a.typ)
		if n := rsql.Length(a.typ); n >= 0 {
			length = fmt.Sprint(n)
		}
	}
	message := e.Message
	if len(message) > 512 {
		message = message[:512]
	}
	return l.engine.note(ctx, "sys_load_error_detail", 100, l.queryID, l.queryID, l.session.PID, l.session.Database, l.table.oid,
		start, l.file, l.line, column, kind, length, 0, e.Code, message)
}
