//go:build cgo

package duck

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// LoadParquet fills a table from a Parquet file without S3, for programs that
// set up a warehouse, and returns how many rows it loaded. The file's columns are
// matched by name; a column that the file lacks gets its default or its
// identity, and one that the table lacks is left out. Values are converted
// freely, but must fit. The table must exist. Its errors are *fakeredshift.Error.
func (e *Engine) LoadParquet(ctx context.Context, table redferry.Table, r io.Reader) (int64, error) {
	return e.load(ctx, table, r, "read_parquet(%s)")
}

// LoadCSV is [Engine.LoadParquet] for CSV with a line of names. An empty field
// without quotes is NULL.
func (e *Engine) LoadCSV(ctx context.Context, table redferry.Table, r io.Reader) (int64, error) {
	return e.load(ctx, table, r, "read_csv(%s, header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false)")
}

func (e *Engine) load(ctx context.Context, table redferry.Table, r io.Reader, reader string) (rows int64, err error) {
	dir, err := e.newDir()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "data")
	if err := save(path, r); err != nil {
		return 0, fmt.Errorf("duck: load %s: %w", table, err)
	}
	session, err := e.Connect(ctx, fakeredshift.Session{User: "rdsdb", Database: "dev"})
	if err != nil {
		return 0, err
	}
	c := session.(*conn)
	defer func() { err = errors.Join(err, c.Close()) }()
	rows, err = c.loadFile(ctx, table, fmt.Sprintf(reader, quote(path)))
	if err != nil {
		return 0, fmt.Errorf("duck: load %s: %w", table, err)
	}
	return rows, c.commit(ctx)
}

func save(path string, r io.Reader) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, r)
	return errors.Join(err, file.Close())
}

func (c *conn) loadFile(ctx context.Context, name redferry.Table, source string) (int64, error) {
	table, err := c.target(ctx, rsql.Name{Schema: name.Schema, Name: name.Name}, writing)
	if err != nil {
		return 0, err
	}
	shape, err := c.leader.rows(ctx, "DESCRIBE SELECT * FROM "+source)
	if err != nil {
		return 0, err
	}
	cells := make([]string, len(table.attributes))
	for i, a := range table.attributes {
		at := slices.IndexFunc(shape, func(row []any) bool { return strings.EqualFold(fmt.Sprint(row[0]), a.name) })
		if at >= 0 {
			cells[i] = assigned(a.typ, redferry.Quote(fmt.Sprint(shape[at][0])))
			continue
		}
		if cells[i], err = c.missing(table, a); err != nil {
			return 0, err
		}
	}
	return c.change(ctx, table, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s",
		table.physical(), columnList(table.attributes), strings.Join(cells, ", "), source))
}
