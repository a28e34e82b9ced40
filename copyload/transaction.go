package copyload

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/internal/remedy"
)

// rollBackTimeout bounds a ROLLBACK after the caller's context has ended.
const rollBackTimeout = 30 * time.Second

// attempt runs the transaction once, in a session or as a batch.
func (l *load) attempt(ctx context.Context, locked []redferry.Table) (already bool, err error) {
	session, err := exec.OpenSession(ctx, l.e)
	if errors.Is(err, errors.ErrUnsupported) {
		return l.inBatch(ctx, locked)
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = session.Close() }() // nothing is left to lose
	already, err = l.inSession(ctx, session, locked)
	if err == nil && !already {
		return false, nil // committed
	}
	rollBack(ctx, session)
	if refused, ok := errors.AsType[*refusedCopy](err); ok {
		err = l.withRejects(ctx, session, refused, ofSession)
	}
	return already, err
}

// rollBack ends a transaction that is not to be committed. It does not leave that
// to Close, because the session may be one that the caller holds (see
// [exec.Borrow]): it would keep the lock. It outlives ctx for the same reason. If
// it fails the session is lost, and the warehouse rolls back by itself.
func rollBack(ctx context.Context, session exec.Executor) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollBackTimeout)
	defer cancel()
	_, _ = session.Exec(ctx, exec.Statement{SQL: "ROLLBACK", Label: "roll back load", Expect: time.Minute})
}

// inSession runs the transaction up to its COMMIT, unless already says that there
// is nothing to do.
func (l *load) inSession(ctx context.Context, session exec.Executor, locked []redferry.Table) (already bool, err error) {
	for _, s := range []exec.Statement{{SQL: "BEGIN", Label: "begin load"}, lock(locked)} {
		if _, err := session.Exec(ctx, s); err != nil {
			return false, err
		}
	}
	done, err := l.lookUp(ctx, session)
	if err != nil {
		return false, err
	}
	if done != nil {
		return true, l.stands(ctx, session, done)
	}
	if err := l.load(ctx, session); err != nil {
		return false, err
	}
	_, err = session.Exec(ctx, exec.Statement{SQL: "COMMIT", Label: "commit load"})
	return false, err
}

// lock takes the locks before anything is read.
func lock(tables []redferry.Table) exec.Statement {
	names := make([]string, len(tables))
	for i, table := range tables {
		names[i] = table.String()
	}
	list := strings.Join(names, ", ")
	return exec.Statement{SQL: "LOCK " + list, Label: "lock " + list}
}

func (l *load) load(ctx context.Context, session exec.Executor) error {
	if err := l.makeRoom(ctx, session); err != nil {
		return err
	}
	if len(l.Manifest.Entries) > 0 {
		if err := l.copy(ctx, session); err != nil {
			return err
		}
	}
	_, err := session.Exec(ctx, l.recording())
	return err
}

// makeRoom does with the rows that are there what the Mode says.
func (l *load) makeRoom(ctx context.Context, session exec.Executor) error {
	if l.Generation > 0 {
		if err := l.fence(ctx, session, l.Generation, l.Mode); err != nil {
			return err
		}
	}
	switch l.Mode {
	case OntoEmpty:
		return l.mustBeEmpty(ctx, session)
	case Replace:
		_, err := session.Exec(ctx, l.deletion())
		return err
	}
	return nil
}

func (l *load) deletion() exec.Statement {
	return exec.Statement{SQL: "DELETE FROM " + l.Into.String(), Label: "empty " + l.Into.String()}
}

// mustBeEmpty refuses a table with rows.
func (l *load) mustBeEmpty(ctx context.Context, e exec.Executor) error {
	empty, err := l.isEmpty(ctx, e)
	if err == nil && !empty {
		err = fmt.Errorf("%w: load with mode Append or Replace, or empty it", ErrNotEmpty)
	}
	return err
}

func (l *load) isEmpty(ctx context.Context, e exec.Executor) (bool, error) {
	rows, err := e.Query(ctx, exec.Statement{
		SQL: "SELECT count(*) " + l.firstRow(), Label: "is empty " + l.Into.String(), Idempotent: true,
	})
	if err != nil {
		return false, err
	}
	count, err := exec.Scalar[int64](rows)
	return count == 0, err
}

// firstRow is of one row if the target has any.
func (l *load) firstRow() string {
	return "FROM (SELECT 1 FROM " + l.Into.String() + " LIMIT 1) AS first_row"
}

// copy runs COPY and holds its count against the manifest.
func (l *load) copy(ctx context.Context, session exec.Executor) error {
	begun := time.Now()
	if _, err := session.Exec(ctx, l.copying()); err != nil {
		return &refusedCopy{l.remedy(err), begun}
	}
	rows, err := session.Query(ctx, exec.Statement{SQL: "SELECT pg_last_copy_count()", Label: "count of copy " + l.Into.String()})
	if err != nil {
		return err
	}
	count, err := exec.Scalar[int64](rows)
	if err != nil {
		return err
	}
	if count != l.Manifest.Rows {
		return fmt.Errorf("%w: COPY loaded %d rows, the manifest has %d; the load was rolled back", ErrCount, count, l.Manifest.Rows)
	}
	return nil
}

func (l *load) copying() exec.Statement {
	return exec.Statement{SQL: l.copySQL(), Label: "copy " + l.Into.String(), Expect: l.Expect}
}

// remedy adds what to do about S3 and the role to the error of a COPY.
func (l *load) remedy(err error) error {
	return remedy.Transfer{Role: l.Role, Place: l.To, Actions: "s3:GetObject and s3:ListBucket, and s3:GetObject on the manifest beside it"}.Wrap(err)
}
