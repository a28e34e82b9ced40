package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
	"github.com/redferry/redferry/testkit/pair"
)

// A row is the cells of a row of a table, as text; nil is NULL.
type row [][]byte

// Query runs SQL in an account's warehouse, besides all processes and in no
// time, and returns the rows as text: each cell quoted, but for NULL.
func (w *World) Query(a *pair.Account, sql string) ([][]string, error) {
	rows, err := w.query(a, sql)
	texts := make([][]string, len(rows))
	for i, r := range rows {
		texts[i] = r.texts()
	}
	return texts, err
}

func (w *World) query(a *pair.Account, sql string) (rows []row, err error) {
	ctx := context.Background()
	conn, err := a.Engine.Connect(ctx, fakeredshift.Session{PID: 1, User: a.Login.User, Superuser: true, Database: a.Database})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	result, err := conn.Run(ctx, own+sql, nil)
	if err != nil || result.Columns == nil {
		return nil, err
	}
	for {
		cells := make(row, len(result.Columns))
		switch err := result.Read(cells); {
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil:
			return nil, err
		}
		for i := range cells {
			cells[i] = bytes.Clone(cells[i])
		}
		rows = append(rows, cells)
	}
}

// Table returns the rows of a table of a side, "a" or "b", as text, in their
// order. With an engine of package mem it sees what is committed, and waits for
// nobody's lock.
func (w *World) Table(side string, table redferry.Table) ([]string, error) {
	a := w.A
	if side == "b" {
		a = w.B
	}
	rows, err := w.table(a, table)
	texts := make([]string, len(rows))
	for i, r := range rows {
		texts[i] = r.String()
	}
	return texts, err
}

// table returns the rows of a table in an order that they alone decide.
func (w *World) table(a *pair.Account, table redferry.Table) ([]row, error) {
	var rows []row
	if engine, ok := a.Engine.(*mem.Engine); ok {
		cells, ok := engine.Rows(table)
		if !ok {
			return nil, fmt.Errorf("there is no table %s", table)
		}
		for _, r := range cells {
			rows = append(rows, r)
		}
	} else {
		var err error
		if rows, err = w.query(a, "SELECT * FROM "+table.String()); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(rows, row.compare)
	return rows, nil
}

func (r row) compare(other row) int { return slices.CompareFunc(r, other, compareCells) }

// compareCells puts NULL before all else.
func compareCells(a, b []byte) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return bytes.Compare(a, b)
}

// texts makes a row readable: each cell quoted, but for NULL.
func (r row) texts() []string {
	list := make([]string, len(r))
	for i, cell := range r {
		list[i] = "NULL"
		if cell != nil {
			list[i] = strconv.Quote(string(cell))
		}
	}
	return list
}

func (r row) String() string { return strings.Join(r.texts(), "|") }

// SameTables checks that each table has exactly the rows in B that it has in A.
func SameTables(w *World, tables ...redferry.Table) []error {
	var wrong []error
	for _, t := range tables {
		if err := w.sameTable(t, t); err != nil {
			wrong = append(wrong, err)
		}
	}
	return wrong
}

// sameTable compares a table of A with one of B.
func (w *World) sameTable(source, target redferry.Table) error {
	want, err := w.table(w.A, source)
	if err != nil {
		return err
	}
	got, err := w.table(w.B, target)
	if err != nil {
		return fmt.Errorf("%s: %w", target, err)
	}
	if slices.EqualFunc(want, got, func(a, b row) bool { return a.compare(b) == 0 }) {
		return nil
	}
	return fmt.Errorf("%s has %d rows in A, %d in B: %s", source, len(want), len(got), difference(want, got))
}

func difference(want, got []row) string {
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			return "missing " + clip(want[i])
		case i >= len(want):
			return "too many " + clip(got[i])
		case want[i].compare(got[i]) != 0:
			return "want " + clip(want[i]) + ", got " + clip(got[i])
		}
	}
	return "no difference"
}

func clip(r row) string {
	text := r.String()
	return text[:min(len(text), 60)]
}
