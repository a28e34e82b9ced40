package exectest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redferry/redferry/exec"
)

// checkCancelledBefore uses a context that has ended.
func checkCancelledBefore(ctx context.Context, s *subject) error {
	if err := s.create(ctx, "v int4"); err != nil {
		return err
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	st := exec.Statement{SQL: "INSERT INTO " + s.table + " VALUES (1)"}
	_, err := s.Exec(ended, st)
	if !errors.Is(err, context.Canceled) || !exec.SafeToRetry(err) {
		return fmt.Errorf("exec: %w, want context.Canceled and exec.ErrNotStarted", err)
	}
	if err := outcome(ended, s, exec.Statement{SQL: "SELECT 1"}); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("query: %w, want context.Canceled", err)
	}
	if session, err := exec.OpenSession(ended, s.Executor); err == nil {
		return errors.Join(errors.New("a session was opened with a context that has ended"), session.Close())
	}
	return s.wantCount(ctx, 0, "after an INSERT that never started")
}

// checkCancelledWhileRunning ends the context of a statement that would run for
// hours. It may have taken effect only if the error leaves that open.
func checkCancelledWhileRunning(ctx context.Context, s *subject) error {
	if err := s.fill(ctx); err != nil {
		return err
	}
	t := s.table
	endless := fmt.Sprintf("INSERT INTO %s SELECT max(a.n * b.n + c.n * d.n) FROM %s a, %s b, %s c, %s d", t, t, t, t, t)
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := s.Exec(short, exec.Statement{SQL: endless, Label: "endless"})
	if !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("exec: %w, want context.DeadlineExceeded", err)
	}
	if took := time.Since(begin); took > time.Minute {
		return fmt.Errorf("the cancelled statement came back after %v", took)
	}
	if exec.SafeToRetry(err) {
		return fmt.Errorf("the statement ran, but the error says that it never started: %w", err)
	}
	n, err2 := s.count(ctx)
	if err2 != nil {
		return fmt.Errorf("after a cancellation: %w", err2)
	}
	if n != manyRows && !exec.OutcomeUnknown(err) {
		return fmt.Errorf("the error says that nothing was done, but the table grew to %d rows: %w", n, err)
	}
	return nil
}
