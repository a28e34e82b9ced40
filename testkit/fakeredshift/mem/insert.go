package mem

import (
	"context"
	"fmt"
	"slices"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// An insertion is one INSERT under way.
type insertion struct {
	*conn
	words   *words
	scope   *scope
	args    []*string
	table   *table
	columns []column // that the statement gives values
	listed  bool     // they are written out
	rest    []filler // of the columns that it gives none
	rows    [][]query.Value
}

// insertInto is INSERT INTO.
func (c *conn) insertInto(ctx context.Context, s *rsql.Other, sql string, args []*string) (*fakeredshift.Result, error) {
	w := c.words(sql)
	if !w.accept("insert", "into") {
		w.next = 1
		return nil, w.unexpected()
	}
	name, err := w.name()
	if err != nil {
		return nil, err
	}
	t, err := c.target(ctx, name, writing)
	if err != nil {
		return nil, err
	}
	in := &insertion{conn: c, words: w, scope: &scope{conn: c, ctx: ctx}, args: args, table: t, columns: t.live()}
	if err := in.readColumns(); err != nil {
		return nil, err
	}
	if err := c.readable(ctx, s.Tables); err != nil {
		return nil, err
	}
	c.begin()
	if err := c.work(ctx); err != nil {
		return nil, err
	}
	if err := in.source(); err != nil {
		return nil, err
	}
	if err := c.insert(t, in.rows); err != nil {
		return nil, err
	}
	n := int64(len(in.rows))
	return &fakeredshift.Result{Tag: fmt.Sprintf("INSERT 0 %d", n), RowsAffected: n}, nil
}

// readColumns reads the list of columns, if there is one.
func (in *insertion) readColumns() error {
	w := in.words
	if !w.is("(") || in.opensQuery() {
		return nil
	}
	names, err := w.names()
	if err != nil {
		return err
	}
	in.columns, in.listed = nil, true
	for _, name := range names {
		a, err := in.table.column(name)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(in.columns, func(other column) bool { return other.num == a.num }) {
			return refuse(stateDoubleColumn, "column %q specified more than once", name)
		}
		in.columns = append(in.columns, a)
	}
	return nil
}

// opensQuery tells (SELECT ...) from a list of columns.
func (in *insertion) opensQuery() bool {
	i := in.words.next
	for i < len(in.words.tokens) && in.words.tokens[i].Text == "(" {
		i++
	}
	return i < len(in.words.tokens) && (in.words.tokens[i].Is("select") || in.words.tokens[i].Is("with"))
}

// source reads and evaluates the query or the VALUES.
func (in *insertion) source() error {
	w := in.words
	switch {
	case w.accept("default", "values"):
		in.columns = nil
		if err := w.end(); err != nil {
			return err
		}
		return in.add(nil)
	case w.accept("values"):
		return in.values()
	case w.is("select"), w.is("with"), w.is("("):
		return in.query(w.rest())
	}
	return w.unexpected()
}

// add makes a row of given values, which are those of in.columns in order; fewer
// leave the last columns to their defaults.
func (in *insertion) add(given []query.Value) error {
	if in.rest == nil {
		var err error
		if in.rest, err = in.fillers(in.table, in.columns[:len(given)]); err != nil {
			return err
		}
	}
	row := make([]query.Value, len(in.table.columns))
	for i, v := range given {
		row[in.columns[i].num-1] = v
	}
	for _, f := range in.rest {
		v, err := f.value()
		if err != nil {
			return err
		}
		row[f.num-1] = v
	}
	in.rows = append(in.rows, row)
	return nil
}

func (in *insertion) checkWidth(n int) error {
	switch {
	case n > len(in.columns):
		return refuse(stateSyntax, "INSERT has more expressions than target columns")
	case n < len(in.columns) && in.listed:
		return refuse(stateSyntax, "INSERT has more target columns than expressions")
	}
	return nil
}

// values reads (a, b), (c, d), ...
func (in *insertion) values() error {
	w, width := in.words, -1
	for {
		row, err := in.tuple()
		if err != nil {
			return err
		}
		if width >= 0 && width != len(row) {
			return refuse(stateSyntax, "VALUES lists must all be the same length")
		}
		width = len(row)
		if err := in.add(row); err != nil {
			return err
		}
		if !w.accept(",") {
			return w.end()
		}
	}
}

// tuple reads one row of VALUES.
func (in *insertion) tuple() ([]query.Value, error) {
	w := in.words
	if !w.accept("(") {
		return nil, w.unexpected()
	}
	var row []query.Value
	for {
		if err := in.checkWidth(len(row) + 1); err != nil && len(row) == len(in.columns) {
			return nil, err
		}
		v, err := in.cell(in.columns[len(row)])
		if err != nil {
			return nil, err
		}
		row = append(row, v)
		if w.accept(")") {
			return row, in.checkWidth(len(row))
		}
		if !w.accept(",") {
			return nil, w.unexpected()
		}
	}
}

// cell reads the value for one column.
func (in *insertion) cell(a column) (query.Value, error) {
	if in.words.accept("default") {
		f, err := in.filler(a)
		if err != nil {
			return nil, err
		}
		return f.value()
	}
	if a.always() {
		return nil, identityRefused()
	}
	e, err := in.words.expression()
	if err != nil {
		return nil, err
	}
	bound, err := e.Bind(in.scope, nil, in.args)
	if err != nil {
		return nil, err
	}
	return bound.Assign(nil, a.field())
}

func identityRefused() error {
	return refuse(stateNotSupported, "cannot set an identity column to a value")
}

// query inserts the rows of a query.
func (in *insertion) query(sql string) error {
	q, err := in.parse(sql)
	if err != nil {
		return err
	}
	if err := checkNodes(q, true); err != nil {
		return err
	}
	result, err := in.rowsOf(in.scope, q, in.args)
	if err != nil {
		return err
	}
	if err := in.checkWidth(len(result.Columns)); err != nil {
		return err
	}
	if slices.ContainsFunc(in.columns[:len(result.Columns)], column.always) {
		return identityRefused()
	}
	for _, from := range result.Rows {
		row := make([]query.Value, len(from))
		for i, v := range from {
			if row[i], err = query.Assign(v, result.Columns[i].Type, in.columns[i].field()); err != nil {
				return err
			}
		}
		if err := in.add(row); err != nil {
			return err
		}
	}
	return nil
}

// A filler makes values for a column that a statement gives none.
type filler struct {
	column
	engine *Engine
	bound  *query.Bound // of the default, nil without
}

// fillers are those of the columns of t that are not given.
func (c *conn) fillers(t *table, given []column) ([]filler, error) {
	fillers := []filler{}
	for _, a := range t.live() {
		if slices.ContainsFunc(given, func(other column) bool { return other.num == a.num }) {
			continue
		}
		f, err := c.filler(a)
		if err != nil {
			return nil, err
		}
		fillers = append(fillers, f)
	}
	return fillers, nil
}

func (c *conn) filler(a column) (filler, error) {
	f := filler{column: a, engine: c.engine}
	if a.identity != nil || a.def == "" {
		return f, nil
	}
	var err error
	f.bound, err = c.defaultOf(a)
	return f, err
}

func (f filler) value() (query.Value, error) {
	switch {
	case f.identity != nil:
		f.engine.mu.Lock()
		defer f.engine.mu.Unlock()
		n := *f.identity.next
		*f.identity.next += f.identity.Step
		return n, nil
	case f.bound != nil:
		return f.column.assignDefault(f.bound)
	}
	return nil, nil
}
