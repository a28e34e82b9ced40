package mem

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/parquetfile"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
	"github.com/redferry/redferry/testkit/fakeredshift/stage"
)

// A loading is one COPY under way.
type loading struct {
	*conn
	cmd     *rsql.Copy
	table   *table
	columns []column // that the files fill, in their order
	fillers []filler // of the others
	from    *stage.Source
	file    string // the URI of the file at hand
	column  string // that is at fault, if that is known
	rows    [][]query.Value
}

// copyFrom is COPY: all files or none.
func (c *conn) copyFrom(ctx context.Context, s *rsql.Copy) (*fakeredshift.Result, error) {
	switch {
	case s.Format != rsql.Parquet:
		return nil, unsupported("COPY in another format than PARQUET")
	case s.NoLoad:
		return nil, unsupported("COPY with NOLOAD")
	}
	t, err := c.target(ctx, s.Table, writing)
	if err != nil {
		return nil, err
	}
	l := &loading{conn: c, cmd: s, table: t}
	if err := l.choose(); err != nil {
		return nil, err
	}
	start := now()
	err = l.run(ctx)
	l.note(start, err)
	if err != nil {
		return nil, err
	}
	rows := int64(len(l.rows))
	c.counts.copyRows, c.counts.copyID = rows, c.queryID
	return &fakeredshift.Result{Tag: s.Tag(), RowsAffected: rows}, nil
}

// choose works out which columns the files fill.
func (l *loading) choose() error {
	var err error
	if l.cmd.Columns == nil {
		l.columns = slices.DeleteFunc(slices.Clone(l.table.live()), func(a column) bool { return a.always() && !l.cmd.ExplicitIDs })
	} else if err = l.chooseListed(); err != nil {
		return err
	}
	for _, a := range l.columns {
		if a.typ.OID == rsql.Super && !l.cmd.SerializeToJSON {
			return refuse(stateNotSupported, "SUPER column in COPY query requires SERIALIZETOJSON option")
		}
	}
	l.fillers, err = l.conn.fillers(l.table, l.columns)
	return err
}

func (l *loading) chooseListed() error {
	for _, name := range l.cmd.Columns {
		a, err := l.table.column(name)
		switch {
		case err != nil:
			return err
		case l.fills(a):
			return refuse(stateDoubleColumn, "column %q specified more than once", name)
		case a.always() && !l.cmd.ExplicitIDs:
			return refuse(stateNotSupported, "cannot load values into IDENTITY column %q without EXPLICIT_IDS", name)
		}
		l.columns = append(l.columns, a)
	}
	for _, a := range l.table.live() {
		switch {
		case l.fills(a):
		case a.identity != nil && l.cmd.ExplicitIDs:
			return refuse(stateSyntax, "EXPLICIT_IDS needs IDENTITY column %q in the column list", a.name)
		case a.notNull && a.def == "":
			return refuse(stateSyntax, "NOT NULL column without DEFAULT must be included in column list")
		}
	}
	return nil
}

func (l *loading) fills(a column) bool {
	return slices.ContainsFunc(l.columns, func(b column) bool { return b.num == a.num })
}

func (l *loading) run(ctx context.Context) error {
	if l.session.Storage == nil {
		return errNoStorage()
	}
	l.begin()
	if err := l.work(ctx); err != nil {
		return err
	}
	var err error
	if l.from, err = stage.OpenSource(ctx, l.session.Storage, l.cmd); err != nil {
		return err
	}
	bodies, err := l.from.Read(ctx)
	if err != nil {
		return err
	}
	for i, object := range l.from.Objects {
		l.file = object.URI.String()
		if err := l.load(ctx, bodies[i]); err != nil {
			return err
		}
	}
	if err := l.insert(l.table, l.rows); err != nil {
		return err
	}
	if l.cmd.ExplicitIDs {
		marked := l.table.altered()
		marked.risk = fmt.Sprintf("1|%d|%s", l.queryID, now().Format("2006-01-02 15:04:05"))
		l.tx.changes.setTable(marked.oid, marked)
	}
	return nil
}

// load reads one file. Columns are taken by their position; their names do not
// matter.
func (l *loading) load(ctx context.Context, body []byte) error {
	f, err := parquetfile.Open(body)
	if err != nil {
		return stage.Failure(codeSpectrum, "Spectrum Scan Error", "File '"+l.file+"' is not a Parquet file")
	}
	if err := l.checkColumns(f.Columns); err != nil {
		return err
	}
	rows, err := f.Rows()
	if err != nil {
		return stage.Failure(codeSpectrum, "Spectrum Scan Error", "File '"+l.file+"' cannot be read: "+err.Error())
	}
	for _, from := range rows {
		if ctx.Err() != nil {
			return cancelled()
		}
		row, err := l.row(from)
		if err != nil {
			return err
		}
		l.rows = append(l.rows, row)
	}
	return nil
}

// row makes a row of the table of one of the file.
func (l *loading) row(from []query.Value) ([]query.Value, error) {
	row := make([]query.Value, len(l.table.columns))
	for i, v := range from {
		a := l.columns[i]
		fitted, err := l.fit(v, a)
		if err != nil {
			return nil, err
		}
		if row[a.num-1] = fitted; fitted == nil && a.notNull {
			return nil, nullRefused(a)
		}
	}
	for _, f := range l.fillers {
		v, err := f.value()
		if err != nil {
			return nil, err
		}
		row[f.num-1] = v
	}
	return row, nil
}

// note writes the rows of SYS_LOAD_HISTORY and, after a failure over data, of
// SYS_LOAD_ERROR_DETAIL.
func (l *loading) note(start time.Time, err error) {
	end, status, rows, failures := now(), "completed", int64(len(l.rows)), zero
	var files, size int64
	if l.from != nil {
		for _, object := range l.from.Objects {
			files++
			size += object.Size
		}
	}
	if err != nil {
		status, rows, failures = "aborted", 0, 1
		var e *fakeredshift.Error
		if errors.As(err, &e) && e.Code != 0 && l.file != "" {
			l.noteError(start, e)
		}
	}
	l.engine.note(&l.engine.history.loads, int64(ownerID), l.queryID, l.queryID, int64(l.session.PID), l.session.Database, status, l.table.name,
		start, end, end.Sub(start).Microseconds(), l.cmd.From.String(), strings.ToLower(string(l.cmd.Format)), rows, size, files, size, files, size,
		failures, zero)
}

func (l *loading) noteError(start time.Time, e *fakeredshift.Error) {
	kind, length := "", ""
	if a, err := l.table.column(l.column); err == nil {
		kind = rsql.BaseText(a.typ)
		if n := rsql.Length(a.typ); n >= 0 {
			length = fmt.Sprint(n)
		}
	}
	message := e.Message
	if len(message) > 512 {
		message = message[:512]
	}
	l.engine.note(&l.engine.history.errors, int64(ownerID), l.queryID, l.queryID, int64(l.session.PID), l.session.Database, int64(l.table.oid),
		start, l.file, zero, l.column, kind, length, zero, int64(e.Code), message)
}
