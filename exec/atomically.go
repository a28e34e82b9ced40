package exec

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redferry/redferry/internal/sqltext"
)

// rollbackTimeout bounds a ROLLBACK after the caller's context has ended.
const rollbackTimeout = 30 * time.Second

// Atomically runs all statements or none and returns one Result each: through
// [Batcher] if e has it and takes this batch, else between BEGIN and COMMIT in a
// [Session]. Without either the error wraps [errors.ErrUnsupported].
//
// An error means that nothing took effect, unless it satisfies [OutcomeUnknown]:
// then the answer to the commit was lost. Statements that end a transaction by
// themselves (TRUNCATE, VACUUM, BEGIN, COMMIT, ...) are refused.
func Atomically(ctx context.Context, e Executor, statements ...Statement) ([]Result, error) {
	if len(statements) == 0 {
		return nil, nil
	}
	for _, s := range statements {
		if word, ok := endsTransaction(s.SQL); ok {
			return nil, &Error{Op: "batch", Label: s.Label, Err: fmt.Errorf("%w: %s ends a transaction, so it cannot be part of one", ErrNotStarted, word)}
		}
	}
	if b, ok := e.(Batcher); ok {
		results, err := b.ExecBatch(ctx, statements)
		if _, sessions := e.(Sessioner); !sessions || !errors.Is(err, errors.ErrUnsupported) {
			return results, err
		}
	}
	session, err := OpenSession(ctx, e)
	if err != nil {
		return nil, err
	}
	defer func() { _ = session.Close() }() // what is committed stays so
	return transact(ctx, session, statements)
}

// endsTransaction reports the first word of sql if it cannot be part of a
// transaction. Source: Database Developer Guide, "TRUNCATE" and "VACUUM".
func endsTransaction(sql string) (string, bool) {
	command := sqltext.Command(sql)
	for _, word := range []string{"TRUNCATE", "VACUUM", "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT"} {
		if command.Is(word) {
			return word, true
		}
	}
	return "", false
}

func transact(ctx context.Context, session Session, statements []Statement) ([]Result, error) {
	label := statements[0].Label
	if _, err := session.Exec(ctx, Statement{SQL: "BEGIN", Label: label}); err != nil {
		return nil, settle(err)
	}
	results := make([]Result, 0, len(statements))
	for i, s := range statements {
		result, err := session.Exec(ctx, s)
		if err != nil {
			rollback(ctx, session)
			return nil, settle(number(err, i+1))
		}
		results = append(results, result)
	}
	_, err := session.Exec(ctx, Statement{SQL: "COMMIT", Label: label})
	switch {
	case err == nil:
		return results, nil
	case SafeToRetry(err):
		rollback(ctx, session)
		return nil, err
	case OutcomeUnknown(err) || refused(err):
		return nil, err
	}
	return nil, &Error{Op: "batch", Label: label, Err: fmt.Errorf("commit: %w: %w", ErrOutcomeUnknown, err)}
}

// number returns err with the number of its statement, if there is an [*Error]
// in it. That one may be shared, so it is copied.
func number(err error, n int) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	failed := *e
	failed.Statement = n
	return numbered{err, &failed}
}

// A numbered error reads as its cause, and is found as failed.
type numbered struct {
	cause  error
	failed *Error
}

func (n numbered) Error() string   { return n.cause.Error() }
func (n numbered) Unwrap() []error { return []error{n.failed, n.cause} }

// refused reports whether err is the warehouse's own answer.
func refused(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.SQLState != "" || e.Code != "" || e.QueryID != "")
}

// rollback outlives ctx: a transaction left open would hold its locks until the
// session times out. Where it fails, closing the session rolls back.
func rollback(ctx context.Context, session Session) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	_, _ = session.Exec(ctx, Statement{SQL: "ROLLBACK"})
}

// settle is for an error in a transaction that is not committed: whatever became
// of the statement, it has no effect.
func settle(err error) error {
	if OutcomeUnknown(err) {
		return settled{err}
	}
	return err
}

// A settled error hides [ErrOutcomeUnknown], and nothing else, of its cause.
type settled struct{ cause error }

func (s settled) Error() string { return s.cause.Error() + "; the transaction was not committed" }

func (s settled) Is(target error) bool {
	return target != ErrOutcomeUnknown && errors.Is(s.cause, target)
}

func (s settled) As(target any) bool { return errors.As(s.cause, target) }
