package exectest

import (
	"context"
	"errors"
	"testing"

	"github.com/redferry/redferry/exec"
)

// BenchmarkExecutor measures a round trip, and how fast rows are read.
func BenchmarkExecutor(b *testing.B, open func(b *testing.B) exec.Executor) {
	b.Run("RoundTrip", func(b *testing.B) {
		e := open(b)
		for b.Loop() {
			if _, err := scalar[int](b.Context(), e, "SELECT 1"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Rows", func(b *testing.B) {
		read := check{run: func(ctx context.Context, s *subject) error { return readRows(ctx, s, b) }}
		if err := read.check(b.Context(), open(b)); err != nil {
			b.Fatal(err)
		}
	})
}

// readRows reads manyRows rows of a number and a text in each round.
func readRows(ctx context.Context, s *subject, b *testing.B) error {
	if err := s.fill(ctx); err != nil {
		return err
	}
	for b.Loop() {
		rows, err := s.Query(ctx, exec.Statement{SQL: "SELECT n, n::varchar FROM " + s.table})
		if err != nil {
			return err
		}
		var n int64
		var text string
		for rows.Next() {
			if err := rows.Scan(&n, &text); err != nil {
				return errors.Join(err, rows.Close())
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
	}
	b.ReportMetric(float64(manyRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	return nil
}
