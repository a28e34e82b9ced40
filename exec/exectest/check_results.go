package exectest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redferry/redferry/exec"
)

// checkColumns looks at the columns of results without rows, with equal names
// and with odd ones.
func checkColumns(ctx context.Context, s *subject) error {
	rows, err := s.Query(ctx, exec.Statement{SQL: `SELECT 1::int4 AS a, 'x'::varchar AS a, 2::int8 AS "odd ""name" WHERE 1 = 0`})
	if err != nil {
		return err
	}
	columns := slices.Clone(rows.Columns())
	if rows.Next() {
		return errors.New("a result without rows has one")
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	want := []exec.Column{{Name: "a", Type: "int4"}, {Name: "a", Type: "varchar"}, {Name: `odd "name`, Type: "int8"}}
	if !slices.Equal(columns, want) {
		return fmt.Errorf("the columns are %+v, want %+v", columns, want)
	}
	return nil
}

// checkRowsAffected counts what is written.
func checkRowsAffected(ctx context.Context, s *subject) error {
	if err := s.create(ctx, "v int4"); err != nil {
		return err
	}
	steps := []struct {
		sql  string
		want int64
	}{
		{"INSERT INTO " + s.table + " VALUES (1), (2), (3)", 3},
		{"UPDATE " + s.table + " SET v = v + 1 WHERE v > 1", 2},
		{"DELETE FROM " + s.table + " WHERE v = 4", 1},
		{"DELETE FROM " + s.table + " WHERE v = 99", 0},
	}
	for _, step := range steps {
		r, err := s.Exec(ctx, exec.Statement{SQL: step.sql})
		if err != nil {
			return err
		}
		if r.RowsAffected != step.want {
			return fmt.Errorf("%s affected %d rows, want %d", step.sql, r.RowsAffected, step.want)
		}
	}
	return s.wantCount(ctx, 2, "after all")
}

// checkResult looks at what a Result carries besides rows.
func checkResult(ctx context.Context, s *subject) error {
	r, err := s.Exec(ctx, exec.Statement{SQL: "SELECT 1", Label: "exectest result"})
	if err != nil {
		return err
	}
	if r.QueryID == "" {
		return errors.New("the result has no query id")
	}
	if r.Elapsed < 0 {
		return fmt.Errorf("the statement took %v", r.Elapsed)
	}
	return nil
}

// manyRows fills the table with the numbers from 0 up to manyRows.
const manyRows = 8192

func (s *subject) fill(ctx context.Context) error {
	if err := s.create(ctx, "n int8"); err != nil {
		return err
	}
	if err := s.do(ctx, "INSERT INTO "+s.table+" VALUES (0)"); err != nil {
		return err
	}
	for n := 1; n < manyRows; n *= 2 {
		if err := s.do(ctx, fmt.Sprintf("INSERT INTO %s SELECT n + %d FROM %s", s.table, n, s.table)); err != nil {
			return err
		}
	}
	return nil
}

// checkManyRows reads more than one page, or packet, holds.
func checkManyRows(ctx context.Context, s *subject) error {
	if err := s.fill(ctx); err != nil {
		return err
	}
	rows, err := s.Query(ctx, exec.Statement{SQL: "SELECT n, 'row ' || n::varchar || ' ' || repeat('x', 100) FROM " + s.table + " ORDER BY n"})
	if err != nil {
		return err
	}
	n := 0
	for text, err := range exec.Each(rows, func(r *exec.Rows) (string, error) {
		var number int
		var text string
		if err := r.Scan(&number, &text); err != nil {
			return "", err
		}
		if number != n {
			return "", fmt.Errorf("row %d holds %d", n, number)
		}
		return text, nil
	}) {
		if err != nil {
			return err
		}
		if want := fmt.Sprintf("row %d xxx", n); len(text) != len(want)+97 || text[:len(want)] != want {
			return fmt.Errorf("row %d holds %q", n, text)
		}
		n++
	}
	if n != manyRows {
		return fmt.Errorf("read %d rows, want %d", n, manyRows)
	}
	return nil
}

// checkEarlyClose leaves a result in the middle and goes on.
func checkEarlyClose(ctx context.Context, s *subject) error {
	if err := s.fill(ctx); err != nil {
		return err
	}
	for range 3 {
		rows, err := s.Query(ctx, exec.Statement{SQL: "SELECT n FROM " + s.table})
		if err != nil {
			return err
		}
		if !rows.Next() {
			return errors.Join(errors.New("no row"), rows.Err(), rows.Close())
		}
		if err := errors.Join(rows.Close(), rows.Close()); err != nil {
			return fmt.Errorf("close early, twice: %w", err)
		}
		if rows.Next() || rows.Err() != nil {
			return fmt.Errorf("closed rows go on, with error %w", rows.Err())
		}
	}
	return s.wantCount(ctx, manyRows, "after closing early")
}
