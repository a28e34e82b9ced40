//go:build cgo

package duck

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
)

// insert is INSERT INTO. Every column gets its value here, converted as an
// assignment, so that DuckDB's table needs no defaults.
func (c *conn) insert(ctx context.Context, d dialect, sql string) (*fakeredshift.Result, error) {
	s := newClauses(sql, d.keep)
	if !s.accept("insert", "into") {
		s.next = 1
		return nil, s.unexpected()
	}
	name, err := s.name()
	if err != nil {
		return nil, err
	}
	r, err := c.target(ctx, name, writing)
	if err != nil {
		return nil, err
	}
	in := &insertion{conn: c, relation: r, dialect: d, columns: r.attributes}
	if s.peek().Text == "(" && !opensQuery(s) {
		if err := in.list(s); err != nil {
			return nil, err
		}
	}
	source, err := in.source(ctx, s)
	if err != nil {
		return nil, err
	}
	n, err := c.change(ctx, r, "INSERT INTO "+r.physical()+" ("+columnList(r.attributes)+") "+source)
	if err != nil {
		return nil, err
	}
	return &fakeredshift.Result{Tag: fmt.Sprintf("INSERT 0 %d", n), RowsAffected: n}, nil
}

// opensQuery tells (SELECT ...) from a list of columns.
func opensQuery(s *clauses) bool {
	i := s.next
	for i < len(s.tokens) && s.tokens[i].Text == "(" {
		i++
	}
	return i < len(s.tokens) && (s.tokens[i].Is("select") || s.tokens[i].Is("with"))
}

func columnList(attributes []attribute) string {
	names := make([]string, len(attributes))
	for i, a := range attributes {
		names[i] = a.name
	}
	return redferry.QuoteAll(names)
}

// An insertion is one INSERT under way.
type insertion struct {
	conn     *conn
	relation *relation
	dialect  dialect
	columns  []attribute // that the statement gives values
	listed   bool        // they are written out
}

func (in *insertion) list(s *clauses) error {
	names, err := s.names()
	if err != nil {
		return err
	}
	in.columns, in.listed = nil, true
	for _, name := range names {
		a, err := in.relation.attribute(name)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(in.columns, func(other attribute) bool { return other.num == a.num }) {
			return refuse(stateDoubleColumn, "column %q specified more than once", name)
		}
		in.columns = append(in.columns, a)
	}
	return nil
}

// source is the query or the VALUES that fill all columns of the table.
func (in *insertion) source(ctx context.Context, s *clauses) (string, error) {
	switch {
	case s.accept("default", "values"):
		in.columns = nil
		row, err := in.row(nil)
		return "VALUES " + row, err
	case s.accept("values"):
		return in.values(ctx, s)
	case s.peek().Is("select"), s.peek().Is("with"), s.peek().Text == "(":
		return in.query(ctx, s.rest())
	}
	return "", s.unexpected()
}

// row makes one row of values for all columns; expressions are those of
// in.columns, "" for DEFAULT.
func (in *insertion) row(expressions []string) (string, error) {
	cells := make([]string, 0, len(in.relation.attributes))
	for _, a := range in.relation.attributes {
		i := slices.IndexFunc(in.columns, func(given attribute) bool { return given.num == a.num })
		if i < 0 || i >= len(expressions) || expressions[i] == "" {
			cell, err := in.conn.missing(in.relation, a)
			if err != nil {
				return "", err
			}
			cells = append(cells, cell)
			continue
		}
		if a.identity != nil && !a.identity.ByDefault {
			return "", refuse(stateNotSupported, "cannot set an identity column to a value")
		}
		cells = append(cells, assigned(a.typ, expressions[i]))
	}
	return "(" + strings.Join(cells, ", ") + ")", nil
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
func (in *insertion) values(ctx context.Context, s *clauses) (string, error) {
	var widths []int
	parts := []string{"SELECT "}
	for {
		if !s.accept("(") {
			return "", s.unexpected()
		}
		width := 0
		for {
			text, err := in.cell(s.until(","))
			if err != nil {
				return "", err
			}
			parts = append(parts, text, ", ")
			width++
			if s.accept(")") {
				break
			}
			if !s.accept(",") {
				return "", s.unexpected()
			}
		}
		if err := in.checkWidth(width); err != nil {
			return "", err
		}
		if widths = append(widths, width); widths[0] != width {
			return "", refuse(stateSyntax, "VALUES lists must all be the same length")
		}
		if !s.accept(",") {
			break
		}
	}
	if s.next < len(s.tokens) {
		return "", s.unexpected()
	}
	return in.rows(ctx, parts[:len(parts)-1], widths[0])
}

// cell translates one expression; DEFAULT is the word NULL in a comment's place:
// a blank.
func (in *insertion) cell(text string) (string, error) {
	if strings.EqualFold(text, "default") {
		return defaultCell, nil
	}
	if text == "" {
		return "", refuse(stateSyntax, `syntax error at or near ","`)
	}
	translated, err := in.dialect.translate(text)
	return "(" + translated + ")", err
}

// defaultCell stands for DEFAULT while the row is resolved.
const defaultCell = "(NULL /* default */)"

// rows resolves the cells, which stand at the odd places of parts.
func (in *insertion) rows(ctx context.Context, parts []string, width int) (string, error) {
	q, err := in.conn.resolve(ctx, parts...)
	if err != nil {
		return "", err
	}
	if err := refuseCatalog(q); err != nil {
		return "", err
	}
	var rows []string
	for i := 1; i < len(parts); i += 2 * width {
		expressions := make([]string, width)
		for j := range expressions {
			if cell := q.parts[i+2*j]; cell != defaultCell {
				expressions[j] = cell
			}
		}
		row, err := in.row(expressions)
		if err != nil {
			return "", err
		}
		rows = append(rows, row)
	}
	return "VALUES " + strings.Join(rows, ", "), nil
}

// refuseCatalog refuses a query of the leader node whose rows are to go into a
// table on the compute nodes.
func refuseCatalog(q *query) error {
	for _, ref := range q.refs {
		if !ref.relation.compute() {
			return refuse(stateNotSupported, "Specified types or functions (one per INFO message) not supported on Redshift tables.")
		}
	}
	return nil
}

func (in *insertion) query(ctx context.Context, text string) (string, error) {
	translated, err := in.dialect.translate(text)
	if err != nil {
		return "", err
	}
	q, err := in.conn.resolve(ctx, translated)
	if err != nil {
		return "", err
	}
	if err := refuseCatalog(q); err != nil {
		return "", err
	}
	if err := in.conn.open(ctx); err != nil {
		return "", err
	}
	shape, err := in.conn.main.rows(ctx, "DESCRIBE "+q.sql)
	if err != nil {
		return "", err
	}
	if err := in.checkWidth(len(shape)); err != nil {
		return "", err
	}
	names, expressions := make([]string, len(shape)), make([]string, len(shape))
	for i := range shape {
		names[i] = fmt.Sprintf("c%d", i)
		expressions[i] = "v." + names[i]
	}
	row, err := in.row(expressions)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("SELECT %s FROM (%s) AS v(%s)", row[1:len(row)-1], q.sql, strings.Join(names, ", ")), nil
}
