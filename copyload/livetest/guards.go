package livetest

import (
	"context"
	"errors"
	"fmt"

	"github.com/redferry/redferry/copyload/internal/guard"
	"github.com/redferry/redferry/exec"
)

// guards checks that one guard holds and the other fails as copyload takes it.
func (c *trial) guards(e exec.Executor, holds, fails string) error {
	if _, err := c.value(e, holds); err != nil {
		return fmt.Errorf("livetest: a guard fails though its condition holds: %w", err)
	}
	n, err := c.value(e, fails)
	switch {
	case err == nil:
		return fmt.Errorf("livetest: %s: a guard whose condition does not hold answered %d", fails, n)
	case !guard.Refused(err):
		return fmt.Errorf("livetest: a guard failed, but not with a division by zero (22012): %w", err)
	}
	return nil
}

// guardOnTable has the forms of copyload's guards on the ledger and the target.
func guardOnTable(c *trial) error {
	empty, newest := "FROM "+c.u.String(), "FROM "+c.t.String()+" WHERE n > 0"
	first := "FROM (SELECT 1 FROM " + c.t.String() + " LIMIT 1) AS first_row"
	for _, form := range []struct{ holds, fails string }{
		{guard.SQL("count(*) = 0", empty), guard.SQL("count(*) = 0", newest)},
		{guard.SQL("count(*) = 1", first), guard.SQL("count(*) = 0", first)},
		{guard.SQL("coalesce(max(n), 0) <= 5", newest), guard.SQL("coalesce(max(n), 0) <= 4", newest)},
		{guard.SQL("coalesce(max(n), 0) <= 0", empty), guard.SQL("max(n) <= 0", empty)},
	} {
		session, err := c.session()
		if err != nil {
			return err
		}
		if err := c.run(session, "DELETE FROM "+c.t.String(), "INSERT INTO "+c.t.String()+" VALUES (5)"); err != nil {
			return err
		}
		if err := c.run(session, "BEGIN", "INSERT INTO "+c.t.String()+" VALUES (3)"); err != nil {
			return err
		}
		if err := c.guards(session, form.holds, form.fails); err != nil {
			return err
		}
		if _, err := c.value(session, "SELECT 1"); err == nil {
			return fmt.Errorf("livetest: %s: the transaction goes on after a guard failed", form.fails)
		}
		if err := c.run(session, "ROLLBACK"); err != nil {
			return err
		}
		if err := c.want(session, c.t, 1, "what was before the guard that failed is still there"); err != nil {
			return err
		}
	}
	return nil
}

// guardOnCount has the form of copyload's guard after COPY, which the leader node
// computes. There is no COPY here, so the count is what it is without one.
func guardOnCount(c *trial) error {
	session, err := c.session()
	if err != nil {
		return err
	}
	n, err := c.value(session, "SELECT pg_last_copy_count()")
	if err != nil {
		return err
	}
	form := func(n int64) string { return guard.SQL(fmt.Sprintf("pg_last_copy_count() = %d", n), "") }
	return c.guards(session, form(n), form(n+1))
}

// insert is one of a batch.
func (c *trial) insert() exec.Statement {
	return exec.Statement{SQL: "INSERT INTO " + c.u.String() + " VALUES (1)", Label: "livetest"}
}

// emptyT is a guard of a batch.
func (c *trial) emptyT() exec.Statement {
	return exec.Statement{SQL: guard.SQL("count(*) = 0", "FROM "+c.t.String()), Label: "livetest"}
}

// guardBehindLock is a batch as copyload sends it, behind another load.
func guardBehindLock(c *trial) error {
	first, err := c.session()
	if err != nil {
		return err
	}
	lock := exec.Statement{SQL: "LOCK " + c.t.String(), Label: "livetest"}
	if err := c.run(first, "BEGIN", lock.SQL); err != nil {
		return err
	}
	waiting := c.start(func() error { return c.batch(c.ctx, lock, c.emptyT(), c.insert()) })
	if err := c.waits("the batch that begins with LOCK", waiting); err != nil {
		return err
	}
	if err := c.run(first, "INSERT INTO "+c.t.String()+" VALUES (1)", "COMMIT"); err != nil {
		return err
	}
	if err := failedAt(2, c.ends("the batch that begins with LOCK", waiting)); err != nil {
		return err
	}
	return c.want(c.DB, c.u, 0, "the batch went on though its guard had failed")
}

// guardInBatch lets one batch pass and one fail.
func guardInBatch(c *trial) error {
	if err := c.batch(c.ctx, c.insert(), c.emptyT()); err != nil {
		return fmt.Errorf("livetest: a batch whose guard holds: %w", err)
	}
	if err := c.want(c.DB, c.u, 1, "a batch whose guard holds did not commit"); err != nil {
		return err
	}
	if err := c.run(c.DB, "INSERT INTO "+c.t.String()+" VALUES (1)"); err != nil {
		return err
	}
	if err := failedAt(2, c.batch(c.ctx, c.insert(), c.emptyT(), c.insert())); err != nil {
		return err
	}
	return c.want(c.DB, c.u, 1, "a batch whose guard failed left something")
}

func (c *trial) batch(ctx context.Context, statements ...exec.Statement) error {
	_, err := exec.Atomically(ctx, c.Batches, statements...)
	return err
}

// failedAt returns nil if err is that of a guard that is statement n of a batch.
func failedAt(n int, err error) error {
	failed, ok := errors.AsType[*exec.Error](err)
	switch {
	case err == nil:
		return errors.New("livetest: the batch succeeded, and its guard was to fail")
	case !ok || !guard.Refused(err):
		return fmt.Errorf("livetest: the batch was to fail with a division by zero (22012): %w", err)
	case failed.Statement != n:
		return fmt.Errorf("livetest: the error says that statement %d of the batch failed, and it was %d: %w", failed.Statement, n, err)
	}
	return nil
}
