package exectest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/redferry/redferry/exec"
)

// checkErrors lets statements fail, and looks whether the error says why and
// whether the Executor still works.
func checkErrors(ctx context.Context, s *subject) error {
	if err := s.create(ctx, "v int4"); err != nil {
		return err
	}
	tests := []struct {
		sql  string
		want error // nil if any error will do
	}{
		{"SELECT * FROM " + s.table + "_missing", fs.ErrNotExist},
		{"INSERT INTO " + s.table + "_missing VALUES (1)", fs.ErrNotExist},
		{"DROP TABLE " + s.table + "_missing", fs.ErrNotExist},
		{"CREATE TABLE " + s.table + "_schema.t (v int4)", fs.ErrNotExist},
		{"CREATE TABLE " + s.table + " (v int4)", fs.ErrExist},
		{"SELEKT 1", nil},
		{"SELECT missing_column FROM " + s.table, nil},
	}
	for _, tt := range tests {
		st := exec.Statement{SQL: tt.sql, Label: "must fail"}
		_, execErr := s.Exec(ctx, st)
		for op, err := range map[string]error{"exec": execErr, "query": outcome(ctx, s, st)} {
			if problem := wantRefusal(err, op, tt.want); problem != nil {
				return fmt.Errorf("%s of %s: %w", op, tt.sql, problem)
			}
		}
	}
	return s.wantCount(ctx, 0, "after errors")
}

// wantRefusal checks the error of a statement that the warehouse refused.
func wantRefusal(err error, op string, want error) error {
	e, ok := errors.AsType[*exec.Error](err)
	switch {
	case err == nil:
		return errors.New("no error")
	case !ok:
		return fmt.Errorf("no *exec.Error: %w", err)
	case want != nil && !errors.Is(err, want):
		return fmt.Errorf("errors.Is does not find %w in: %w", want, err)
	case e.Op != op || e.Label != "must fail":
		return fmt.Errorf("the error is of op %q and label %q: %w", e.Op, e.Label, err)
	case exec.OutcomeUnknown(err) || exec.SafeToRetry(err):
		return fmt.Errorf("a refusal is no lost statement (unknown %v, never started %v): %w", exec.OutcomeUnknown(err), exec.SafeToRetry(err), err)
	}
	return nil
}

// checkLabels labels statements with what could break out of where labels go.
func checkLabels(ctx context.Context, s *subject) error {
	for _, label := range []string{"plain", "*/ SELEKT /*", "/* /* /*", "it's $1 :p1", "two\nlines --", "🦦", strings.Repeat("long", 200), "\xff\x00"} {
		rows, err := s.Query(ctx, exec.Statement{SQL: "SELECT $1::varchar", Args: []any{"x"}, Label: label})
		if err != nil {
			return fmt.Errorf("label %.40q: %w", label, err)
		}
		if got, err := exec.Scalar[string](rows); err != nil || got != "x" {
			return fmt.Errorf("label %.40q: got %q, %w", label, got, err)
		}
	}
	return nil
}

// checkConcurrency runs statements side by side and looks for mixed-up answers.
func checkConcurrency(ctx context.Context, s *subject) error {
	const workers, rounds = 8, 5
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for round := range rounds {
				want := fmt.Sprintf("%d/%d", w, round)
				got, err := scalar[string](ctx, s, "SELECT $1::varchar", want)
				if err != nil || got != want {
					errs[w] = fmt.Errorf("asked for %s, got %q, %w", want, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
