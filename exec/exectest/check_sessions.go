package exectest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/redferry/redferry/exec"
)

// openSession opens a session of e; a missing one is not offered.
func openSession(ctx context.Context, e exec.Executor) (exec.Session, error) {
	s, err := exec.OpenSession(ctx, e)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, fmt.Errorf("sessions: %w", errNotOffered)
	}
	return s, err
}

// checkSession looks for what must carry over between statements, and must not
// reach others.
func checkSession(ctx context.Context, s *subject) error {
	one, err := openSession(ctx, s.Executor)
	if err != nil {
		return err
	}
	defer func() { _ = one.Close() }() // closed below, unless a check fails
	temp := s.table + "_temp"
	for _, sql := range []string{"CREATE TEMP TABLE " + temp + " (v int4)", "INSERT INTO " + temp + " VALUES (7)", "SET query_group TO 'exectest'"} {
		if err := do(ctx, one, sql); err != nil {
			return err
		}
	}
	if v, err := scalar[int](ctx, one, "SELECT v FROM "+temp); err != nil || v != 7 {
		return fmt.Errorf("the temporary table holds %d, %w", v, err)
	}
	if v, err := scalar[string](ctx, one, "SHOW query_group"); err != nil || v != "exectest" {
		return fmt.Errorf("query_group is %q, %w", v, err)
	}
	first, err := scalar[int](ctx, one, "SELECT pg_backend_pid()")
	if err != nil {
		return err
	}
	if second, err := scalar[int](ctx, one, "SELECT pg_backend_pid()"); err != nil || first != second {
		return fmt.Errorf("the session has the processes %d and %d, %w", first, second, err)
	}
	if _, err := scalar[int](ctx, s, "SELECT v FROM "+temp); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("outside of the session the temporary table: %w, want fs.ErrNotExist", err)
	}
	return errors.Join(one.Close(), s.afterClose(ctx, one, temp))
}

// afterClose checks that a closed session is gone, with what it held.
func (s *subject) afterClose(ctx context.Context, closed exec.Session, temp string) error {
	if err := closed.Close(); err != nil {
		return fmt.Errorf("a session closed again: %w", err)
	}
	if err := do(ctx, closed, "SELECT 1"); err == nil {
		return errors.New("a closed session runs statements")
	}
	other, err := exec.OpenSession(ctx, s.Executor)
	if err != nil {
		return err
	}
	_, err = scalar[int](ctx, other, "SELECT v FROM "+temp)
	if !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("the temporary table of a closed session: %w, want fs.ErrNotExist", err), other.Close())
	}
	return other.Close()
}

// checkSessionTransactions commits, rolls back, and closes in mid-transaction.
func checkSessionTransactions(ctx context.Context, s *subject) error {
	if err := s.create(ctx, "v int4"); err != nil {
		return err
	}
	insert := "INSERT INTO " + s.table + " VALUES (1)"
	tests := []struct {
		name string
		sqls []string
		fail string // a statement that must be refused
		then string
		want int
	}{
		{name: "rolled back", sqls: []string{"BEGIN", insert, insert, "ROLLBACK"}, want: 0},
		{name: "closed without a commit", sqls: []string{"BEGIN", insert}, want: 0},
		{name: "failed", sqls: []string{"BEGIN", insert}, fail: "SELECT * FROM " + s.table + "_missing", then: "ROLLBACK", want: 0},
		{name: "failed and closed", sqls: []string{"BEGIN", insert}, fail: "SELEKT", want: 0},
		{name: "committed", sqls: []string{"BEGIN", insert, insert, "COMMIT"}, want: 2},
		{name: "without a transaction", sqls: []string{insert}, want: 3},
	}
	for _, tt := range tests {
		one, err := openSession(ctx, s.Executor)
		if err != nil {
			return err
		}
		for _, sql := range tt.sqls {
			err = errors.Join(err, do(ctx, one, sql))
		}
		if tt.fail != "" && do(ctx, one, tt.fail) == nil {
			err = errors.Join(err, fmt.Errorf("%s was not refused", tt.fail))
		}
		if tt.then != "" {
			err = errors.Join(err, do(ctx, one, tt.then))
		}
		if err = errors.Join(err, one.Close()); err != nil {
			return fmt.Errorf("%s: %w", tt.name, err)
		}
		if err := s.wantCount(ctx, tt.want, tt.name+":"); err != nil {
			return err
		}
	}
	return nil
}

// checkSessionInSession opens a session of a session, which is itself.
func checkSessionInSession(ctx context.Context, s *subject) error {
	outer, err := openSession(ctx, s.Executor)
	if err != nil {
		return err
	}
	defer func() { _ = outer.Close() }() // the check is over
	temp := s.table + "_temp"
	if err := do(ctx, outer, "CREATE TEMP TABLE "+temp+" (v int4)"); err != nil {
		return err
	}
	inner, err := openSession(ctx, outer)
	if err != nil {
		return err
	}
	if err := errors.Join(do(ctx, inner, "INSERT INTO "+temp+" VALUES (1)"), inner.Close()); err != nil {
		return err
	}
	n, err := scalar[int](ctx, outer, "SELECT count(*) FROM "+temp)
	if err == nil && n != 1 {
		err = fmt.Errorf("what the inner session wrote: %d rows, want 1", n)
	}
	return err
}
