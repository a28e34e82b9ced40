package exectest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/redferry/redferry/exec"
)

// checkAtomically runs transactions that succeed and that fail.
func checkAtomically(ctx context.Context, s *subject) error {
	if err := s.create(ctx, "id int4, v varchar(10)"); err != nil {
		return err
	}
	insert := func(id int, v any) exec.Statement {
		return exec.Statement{SQL: "INSERT INTO " + s.table + " VALUES ($1, $2)", Args: []any{id, v}, Label: "insert"}
	}
	results, err := exec.Atomically(ctx, s.Executor, insert(1, nil), insert(2, ""), exec.Statement{SQL: "DELETE FROM " + s.table + " WHERE v IS NULL"})
	if errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("transactions: %w", errNotOffered)
	}
	if err != nil {
		return err
	}
	if len(results) != 3 || results[0].RowsAffected != 1 || results[2].RowsAffected != 1 {
		return fmt.Errorf("the results are %+v, want three with one row each", results)
	}
	if err := s.wantCount(ctx, 1, "after the commit"); err != nil {
		return err
	}
	missing := exec.Statement{SQL: "DELETE FROM " + s.table + "_missing"}
	_, err = exec.Atomically(ctx, s.Executor, insert(3, "c"), missing, insert(4, "d"))
	if !errors.Is(err, fs.ErrNotExist) || exec.OutcomeUnknown(err) {
		return fmt.Errorf("a transaction with a missing table: %w, want fs.ErrNotExist", err)
	}
	if err := s.wantCount(ctx, 1, "after the failure"); err != nil {
		return err
	}
	_, err = exec.Atomically(ctx, s.Executor, insert(5, "e"), exec.Statement{SQL: "TRUNCATE " + s.table})
	if err == nil {
		return errors.New("TRUNCATE, which commits, became part of a transaction")
	}
	return s.wantCount(ctx, 1, "after a refused TRUNCATE")
}

// checkAtomicallyMany runs more statements than one batch of the Data API takes.
func checkAtomicallyMany(ctx context.Context, s *subject) error {
	const n = 45
	if err := s.create(ctx, "v int4"); err != nil {
		return err
	}
	statements := make([]exec.Statement, n)
	for i := range statements {
		statements[i] = exec.Statement{SQL: "INSERT INTO " + s.table + " VALUES ($1)", Args: []any{i}}
	}
	results, err := exec.Atomically(ctx, s.Executor, statements...)
	if errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("transactions of %d statements: %w", n, errNotOffered)
	}
	if err != nil {
		return err
	}
	if len(results) != n {
		return fmt.Errorf("got %d results, want %d", len(results), n)
	}
	return s.wantCount(ctx, n, "after the commit")
}

// checkBatch looks at Batcher itself.
func checkBatch(ctx context.Context, s *subject) error {
	b, ok := s.Executor.(exec.Batcher)
	if !ok {
		return fmt.Errorf("batches: %w", errNotOffered)
	}
	if err := s.create(ctx, "v int4"); err != nil {
		return err
	}
	if results, err := b.ExecBatch(ctx, nil); err != nil || len(results) != 0 {
		return fmt.Errorf("an empty batch: %d results, %w", len(results), err)
	}
	results, err := b.ExecBatch(ctx, []exec.Statement{
		{SQL: "INSERT INTO " + s.table + " VALUES (1), (2)", Label: "two"},
		{SQL: "SELECT v FROM " + s.table},
		{SQL: "INSERT INTO " + s.table + " SELECT v + 2 FROM " + s.table},
	})
	if errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("batches: %w", errNotOffered)
	}
	if err != nil {
		return err
	}
	if len(results) != 3 || results[0].RowsAffected != 2 || results[2].RowsAffected != 2 {
		return fmt.Errorf("the results are %+v, want 2 rows in the first and the last of three", results)
	}
	_, err = b.ExecBatch(ctx, []exec.Statement{{SQL: "DELETE FROM " + s.table}, {SQL: "SELEKT 1"}})
	if err == nil {
		return errors.New("a batch with a syntax error went through")
	}
	if refused, ok := errors.AsType[*exec.Error](err); !ok || refused.Statement != 2 {
		return fmt.Errorf("the error of a batch does not say that its statement 2 failed: %w", err)
	}
	return s.wantCount(ctx, 4, "after a failed batch")
}
