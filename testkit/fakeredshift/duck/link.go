//go:build cgo

package duck

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

// A link is one connection to DuckDB. It is used by one goroutine at a time.
type link struct {
	conn *duckdb.Conn
	told string // the briefing that it has
}

func newLink(ctx context.Context, connector *duckdb.Connector) (*link, error) {
	c, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn, ok := c.(*duckdb.Conn)
	if !ok {
		return nil, errors.Join(errors.New("duck: not a connection of DuckDB"), c.Close())
	}
	l := &link{conn: conn}
	if _, err := l.exec(ctx, "SET search_path = '"+database+"."+hidden+"'"); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *link) close() error { return l.conn.Close() }

// exec runs a statement and returns how many rows it changed.
func (l *link) exec(ctx context.Context, query string) (int64, error) {
	result, err := l.conn.ExecContext(ctx, query, nil)
	if err != nil {
		return 0, translate(ctx, err)
	}
	return result.RowsAffected()
}

// rows runs a query and returns all of its rows.
func (l *link) rows(ctx context.Context, query string) ([][]any, error) {
	cursor, err := l.query(ctx, query)
	if err != nil {
		return nil, err
	}
	var all [][]any
	for {
		row, err := cursor.next()
		if errors.Is(err, io.EOF) {
			return all, cursor.close()
		}
		if err != nil {
			return nil, errors.Join(err, cursor.close())
		}
		all = append(all, anys(row))
	}
}

// query runs a query to its end; the rows wait inside of DuckDB.
func (l *link) query(ctx context.Context, query string) (*cursor, error) {
	r, err := l.conn.QueryContext(ctx, query, nil)
	if err != nil {
		return nil, translate(ctx, err)
	}
	c := &cursor{rows: r, row: make([]driver.Value, len(r.Columns()))}
	names, ok := r.(driver.RowsColumnTypeDatabaseTypeName)
	if !ok {
		return nil, errors.Join(errors.New("duck: DuckDB's rows have no types"), r.Close())
	}
	for i, name := range r.Columns() {
		c.columns = append(c.columns, column{name: name, duck: names.ColumnTypeDatabaseTypeName(i)})
	}
	return c, nil
}

// A column is one column of a cursor.
type column struct {
	name string
	duck string // DuckDB's type: "DECIMAL(18,2)"
}

// A cursor reads the rows of one query.
type cursor struct {
	rows    driver.Rows
	columns []column
	row     []driver.Value
}

// next returns the next row, valid until the call after it, or io.EOF.
func (c *cursor) next() ([]driver.Value, error) {
	if err := c.rows.Next(c.row); err != nil {
		return nil, err
	}
	return c.row, nil
}

func (c *cursor) close() error { return c.rows.Close() }

func anys(row []driver.Value) []any {
	copied := make([]any, len(row))
	for i, v := range row {
		copied[i] = v
	}
	return copied
}
