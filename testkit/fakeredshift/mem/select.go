package mem

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// runOther runs what rsql passes through.
func (c *conn) runOther(ctx context.Context, s *rsql.Other, sql string, args []*string) (*fakeredshift.Result, error) {
	switch s.Keyword {
	case "SELECT", "WITH":
		return c.runSelect(ctx, sql, args)
	case "INSERT":
		return c.insertInto(ctx, s, sql, args)
	case "UPDATE":
		return c.update(ctx, s, sql, args)
	case "DELETE":
		return c.deleteFrom(ctx, s, sql, args)
	case "CREATE VIEW":
		return done("CREATE VIEW"), c.createView(ctx, sql)
	case "DROP VIEW":
		return done("DROP VIEW"), c.dropViews(ctx, sql)
	}
	return nil, unsupported("%s", s.Keyword)
}

func (c *conn) runSelect(ctx context.Context, sql string, args []*string) (*fakeredshift.Result, error) {
	q, err := c.parse(sql)
	if err != nil {
		return nil, err
	}
	result, err := c.answer(ctx, q, args, false)
	if err != nil {
		return nil, err
	}
	return &fakeredshift.Result{Columns: result.Columns, Read: reader(result), Tag: "SELECT", RowsAffected: -1}, nil
}

// parse reads a query.
func (c *conn) parse(sql string) (*query.Query, error) {
	return c.engine.parsed.query(strings.TrimRight(sql, "; \t\r\n"), c.keepsCase())
}

// answer takes the locks of a query and runs it. Only a query on tables takes a
// snapshot. With toTable its rows are for a table or a file, which the leader node
// cannot fill.
func (c *conn) answer(ctx context.Context, q *query.Query, args []*string, toTable bool) (*query.Relation, error) {
	if err := c.readable(ctx, q.Tables()); err != nil {
		return nil, err
	}
	if err := checkNodes(q, toTable); err != nil {
		return nil, err
	}
	if readsData(q) {
		c.begin()
	}
	if err := c.work(ctx); err != nil {
		return nil, err
	}
	return c.rowsOf(&scope{conn: c, ctx: ctx}, q, args)
}

// rowsOf runs a query whose locks are held.
func (c *conn) rowsOf(s *scope, q *query.Query, args []*string) (*query.Relation, error) {
	if readsData(q) {
		c.begin()
	}
	if name, ok := q.Counts(); ok {
		if counted, err := s.count(name); counted != nil || err != nil {
			return counted, err
		}
	}
	return q.Run(s, args)
}

// readsData reports whether a query reads a table of a user, which takes the
// snapshot of the transaction.
func readsData(q *query.Query) bool {
	return slices.ContainsFunc(q.Tables(), func(n rsql.Name) bool { return !isSystem(n.Schema, n.Name) })
}

// reader reads rows in the text format.
func reader(r *query.Relation) func([][]byte) error {
	next := 0
	return func(row [][]byte) error {
		if next == len(r.Rows) {
			return io.EOF
		}
		for i, v := range r.Rows[next] {
			row[i] = query.Text(v, r.Columns[i].Type)
		}
		next++
		return nil
	}
}

// createTableAs is CREATE TABLE ... AS query.
func (c *conn) createTableAs(ctx context.Context, s *rsql.CreateTableAs, args []*string) (*fakeredshift.Result, error) {
	in, free, err := c.newName(ctx, s.Name, s.Temp)
	if err != nil {
		return nil, err
	}
	if !free {
		return nil, refuse(stateDoubleTable, "relation %q already exists", s.Name.Name)
	}
	q, err := c.parse(s.Query)
	if err != nil {
		return nil, err
	}
	result, err := c.answer(ctx, q, args, true)
	if err != nil {
		return nil, err
	}
	made := &rsql.CreateTable{Name: s.Name, Temp: s.Temp, Layout: s.Layout}
	for i, column := range result.Columns {
		if i < len(s.Columns) {
			column.Name = s.Columns[i]
		}
		made.Columns = append(made.Columns, rsql.Column{Name: column.Name, Type: stored(column.Type)})
	}
	t, err := c.define(ctx, in, made)
	if err != nil {
		return nil, err
	}
	rows := make([][]query.Value, len(result.Rows))
	for i, from := range result.Rows {
		rows[i] = make([]query.Value, len(from))
		for j, v := range from {
			if rows[i][j], err = query.Assign(v, result.Columns[j].Type, t.columns[j].field()); err != nil {
				return nil, err
			}
		}
	}
	return &fakeredshift.Result{Tag: s.Tag(), RowsAffected: int64(len(rows))}, c.insert(t, rows)
}

// checkNodes refuses a query that neither the leader node nor the compute nodes
// could run alone. What fills a table runs on the compute nodes.
func checkNodes(q *query.Query, toTable bool) error {
	leader, compute := false, toTable
	for _, name := range q.Tables() {
		if onCompute(name) {
			compute = true
		} else {
			leader = true
		}
	}
	if leader && compute {
		return notOnTables()
	}
	if !compute {
		return nil
	}
	for _, name := range q.Functions() {
		if slices.Contains(leaderOnly, name) && len(q.Tables()) > 0 {
			return notOnTables()
		}
	}
	return nil
}

// leaderOnly are functions that only the leader node has.
// Source: Database Developer Guide, "Leader node-only functions", and what is
// known to fail in queries on tables.
var leaderOnly = []string{
	"array_to_string", "col_description", "current_schema", "current_schemas", "format_encoding", "format_type", "generate_series",
	"has_database_privilege", "has_schema_privilege", "has_table_privilege", "now", "obj_description", "pg_get_constraintdef",
	"pg_get_expr", "pg_get_userbyid", "pg_get_viewdef", "pg_table_is_visible",
}

// onCompute reports whether the compute nodes run a query on this relation: a
// user's table, or one of the SVV, SVL, STL, STV and SYS families.
func onCompute(name rsql.Name) bool {
	if !isSystem(name.Schema, name.Name) {
		return true
	}
	for _, family := range []string{"svv_", "svl_", "stl_", "stv_", "sys_"} {
		if strings.HasPrefix(name.Name, family) {
			return true
		}
	}
	return false
}
