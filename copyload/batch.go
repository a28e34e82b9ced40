package copyload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/copyload/internal/guard"
	"github.com/redferry/redferry/exec"
)

// A step is one statement of a batch.
type step struct {
	exec.Statement
	// why, if set, finds out why the warehouse refused the statement. It returns
	// nil if it cannot tell.
	why func(ctx context.Context, refused error) error
}

// inBatch runs the transaction as one batch.
func (l *load) inBatch(ctx context.Context, locked []redferry.Table) (already bool, err error) {
	begun := time.Now()
	steps := l.steps(begun, locked)
	statements := make([]exec.Statement, len(steps))
	for i, s := range steps {
		statements[i] = s.Statement
	}
	_, err = exec.Atomically(ctx, l.e, statements...)
	if err == nil || again(err) || ctx.Err() != nil || errors.Is(err, errors.ErrUnsupported) {
		return false, err
	}
	done, unseen := l.lookUp(ctx, l.e)
	switch {
	case unseen != nil:
		return false, fmt.Errorf("%w; the ledger, which may say why, was not read: %w", err, unseen)
	case done != nil:
		return true, l.stands(ctx, l.e, done)
	}
	return false, explain(ctx, steps, err)
}

// steps are the statements of the batch, in the order of the package comment.
func (l *load) steps(begun time.Time, locked []redferry.Table) []step {
	steps := []step{{lock(locked), nil}, {l.notLoaded(), nil}}
	if l.Generation > 0 {
		steps = append(steps, step{l.notSuperseded(), func(ctx context.Context, _ error) error {
			return l.fence(ctx, l.e, l.Generation, l.Mode)
		}})
	}
	switch l.Mode {
	case OntoEmpty:
		empty := exec.Statement{SQL: guard.SQL("count(*) = 0", l.firstRow()), Label: "guard: empty " + l.Into.String()}
		steps = append(steps, step{empty, func(ctx context.Context, _ error) error { return l.mustBeEmpty(ctx, l.e) }})
	case Replace:
		steps = append(steps, step{l.deletion(), nil})
	}
	if len(l.Manifest.Entries) > 0 {
		all := exec.Statement{SQL: guard.SQL(fmt.Sprintf("pg_last_copy_count() = %d", l.Manifest.Rows), ""), Label: "guard: count of copy " + l.Into.String()}
		steps = append(steps,
			step{l.copying(), func(ctx context.Context, refused error) error {
				return l.withRejects(ctx, l.e, &refusedCopy{l.remedy(refused), begun}, l.ofFiles)
			}},
			step{all, l.miscounted})
	}
	return append(steps, step{l.recording(), nil})
}

// miscounted is why the guard after COPY refused.
func (l *load) miscounted(_ context.Context, refused error) error {
	if !guard.Refused(refused) {
		return nil
	}
	return fmt.Errorf("%w: COPY loaded another number of rows than the manifest has, %d; the load was rolled back: %w", ErrCount, l.Manifest.Rows, refused)
}

// explain finds the statement that failed, and asks why. What a guard has seen
// may be gone by then.
func explain(ctx context.Context, steps []step, failed error) error {
	refused, ok := errors.AsType[*exec.Error](failed)
	if !ok || refused.Statement < 1 || refused.Statement > len(steps) {
		return failed
	}
	s := steps[refused.Statement-1]
	if s.why != nil {
		if why := s.why(ctx, failed); why != nil {
			return why
		}
	}
	return fmt.Errorf("%s: %w", s.Label, failed)
}
