//go:build cgo

package duck

import (
	"context"
	"fmt"
	"strings"

	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// runOther runs what rsql passes through.
func (c *conn) runOther(ctx context.Context, s *rsql.Other, d dialect, sql string) (*fakeredshift.Result, error) {
	switch s.Keyword {
	case "SELECT", "WITH":
		return c.runSelect(ctx, d, sql)
	case "INSERT":
		return c.insert(ctx, d, sql)
	case "UPDATE":
		return c.update(ctx, d, sql)
	case "DELETE":
		return c.deleteFrom(ctx, d, sql)
	case "EXPLAIN":
		return c.explain(ctx, d, sql)
	case "CREATE VIEW":
		return done("CREATE VIEW"), c.createView(ctx, d, sql)
	case "DROP VIEW":
		return done("DROP VIEW"), c.dropViews(ctx, d, sql)
	}
	return nil, refuse(stateNotSupported, "%s is not supported by the fake warehouse", s.Keyword)
}

func (c *conn) runSelect(ctx context.Context, d dialect, sql string) (*fakeredshift.Result, error) {
	if hasWord(sql, "into") {
		return nil, refuse(stateNotSupported, "SELECT INTO is not supported by the fake warehouse: use CREATE TABLE AS")
	}
	text, err := d.translate(strings.TrimRight(sql, "; \t\r\n"))
	if err != nil {
		return nil, err
	}
	q, err := c.resolve(ctx, text)
	if err != nil {
		return nil, err
	}
	on, err := c.reader(ctx, q)
	if err != nil {
		return nil, err
	}
	cursor, err := on.query(ctx, q.sql)
	if err != nil {
		return nil, err
	}
	c.cursor = cursor
	return &fakeredshift.Result{
		Columns:      columnsOf(cursor, q.fields),
		Read:         cursor.reader(columnsOf(cursor, q.fields)),
		Tag:          "SELECT",
		RowsAffected: -1,
	}, nil
}

// hasWord reports whether sql has an unquoted word outside of parentheses.
func hasWord(sql, word string) bool {
	depth := 0
	for _, t := range sqltext.Code(sql) {
		switch {
		case t.Text == "(":
			depth++
		case t.Text == ")":
			depth--
		case depth == 0 && t.Is(word):
			return true
		}
	}
	return false
}

// columnsOf describes a result. What the tree tells wins over DuckDB's own
// types where they agree on how the value is stored.
func columnsOf(cursor *cursor, fields []field) []fakeredshift.Column {
	columns := make([]fakeredshift.Column, len(cursor.columns))
	for i, column := range cursor.columns {
		columns[i] = fakeredshift.Column{Name: column.name, Type: redshiftType(column.duck)}
		if len(fields) != len(columns) {
			continue
		}
		columns[i].Name = fields[i].name
		if t := fields[i].typ; t != nil && (duckType(*t) == column.duck || t.OID == rsql.Int8 && column.duck == "HUGEINT") {
			columns[i].Type = *t
		}
	}
	return columns
}

// reader reads rows in the text format.
func (c *cursor) reader(columns []fakeredshift.Column) func([][]byte) error {
	return func(row [][]byte) error {
		values, err := c.next()
		if err != nil {
			return err
		}
		for i, v := range values {
			row[i] = encode(v, columns[i].Type)
		}
		return nil
	}
}

// explain checks a query and returns DuckDB's plan for it.
func (c *conn) explain(ctx context.Context, d dialect, sql string) (*fakeredshift.Result, error) {
	code := sqltext.Code(sql)
	at := 1
	if len(code) > 2 && code[1].Is("verbose") {
		at = 2
	}
	if len(code) <= at || !code[at].Is("select") && !code[at].Is("with") {
		return nil, refuse(stateNotSupported, "the fake warehouse explains queries only")
	}
	text, err := d.translate(strings.TrimRight(sql[code[at].Pos:], "; \t\r\n"))
	if err != nil {
		return nil, err
	}
	q, err := c.resolve(ctx, text)
	if err != nil {
		return nil, err
	}
	on, err := c.reader(ctx, q)
	if err != nil {
		return nil, err
	}
	plan, err := on.rows(ctx, "EXPLAIN "+q.sql)
	if err != nil {
		return nil, err
	}
	var lines [][]string
	for _, row := range plan {
		for line := range strings.Lines(fmt.Sprint(row[1])) {
			lines = append(lines, []string{strings.TrimRight(line, "\n")})
		}
	}
	return listed("EXPLAIN", []string{"QUERY PLAN"}, lines), nil
}
