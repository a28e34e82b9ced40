package livetest

import (
	"errors"
	"fmt"
	"io/fs"
)

// lockTakesNoSnapshot: who has waited for a lock sees what was committed while it
// waited. If LOCK took a snapshot, a load that waited for another one would not
// find that one in the ledger, and load again.
func lockTakesNoSnapshot(c *trial) error {
	first, second, err := c.pair()
	if err != nil {
		return err
	}
	if err := errors.Join(c.run(first, "BEGIN", "LOCK "+c.t.String()), c.run(second, "BEGIN")); err != nil {
		return err
	}
	waiting := c.start(func() error { return c.run(second, "LOCK "+c.t.String()) })
	if err := c.waits("the second LOCK", waiting); err != nil {
		return err
	}
	if err := c.run(first, "INSERT INTO "+c.t.String()+" VALUES (1)", "COMMIT"); err != nil {
		return err
	}
	if err := c.ends("the second LOCK", waiting); err != nil {
		return err
	}
	if err := c.want(second, c.t, 1, "what was committed while LOCK waited is not seen after it"); err != nil {
		return err
	}
	return c.run(second, "ROLLBACK")
}

// firstReadTakesTheSnapshot: and it is kept to the end of the transaction.
func firstReadTakesTheSnapshot(c *trial) error {
	first, second, err := c.pair()
	if err != nil {
		return err
	}
	insert := "INSERT INTO " + c.t.String() + " VALUES (1)"
	for _, step := range []func() error{
		func() error { return c.run(second, "BEGIN") },
		func() error { return c.run(first, insert) },
		func() error { return c.want(second, c.t, 1, "BEGIN took the snapshot") },
		func() error { return c.run(first, insert) },
		func() error { return c.want(second, c.t, 1, "the first read did not take the snapshot") },
		func() error { return c.run(second, "COMMIT") },
		func() error { return c.want(second, c.t, 2, "the next transaction has the old snapshot") },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// creators lets two sessions create one name. The first is in a transaction, and
// ends it so.
func creators(c *trial, end string) error {
	first, second, err := c.pair()
	if err != nil {
		return err
	}
	create := "CREATE TABLE " + c.fresh.String() + " (n int)"
	if err := c.run(first, "BEGIN", create); err != nil {
		return err
	}
	waiting := c.start(func() error { return c.run(second, create) })
	if err := c.waits("the second CREATE TABLE", waiting); err != nil {
		return err
	}
	if err := c.run(first, end); err != nil {
		return err
	}
	return c.ends("the second CREATE TABLE", waiting)
}

// secondCreatorFails with 42P07. [copyload.CreateLedger] takes that for done.
func secondCreatorFails(c *trial) error {
	if err := creators(c, "COMMIT"); !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("livetest: the second creator got %w, want that the table exists (42P07)", or(err))
	}
	return nil
}

func secondCreatorProceeds(c *trial) error {
	if err := creators(c, "ROLLBACK"); err != nil {
		return err
	}
	return c.want(c.DB, c.fresh, 0, "the second creator made no table")
}

// abandonedIsRolledBack: a load whose program was killed does not keep the table
// for ever, and nothing of it stays.
func abandonedIsRolledBack(c *trial) error {
	session, abandon, err := c.Abandon(c.ctx)
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }() // it is lost
	second, err := c.session()
	if err != nil {
		return err
	}
	if err := c.run(session, "BEGIN", "LOCK "+c.t.String(), "INSERT INTO "+c.t.String()+" VALUES (1)"); err != nil {
		return err
	}
	if err := c.run(second, "BEGIN"); err != nil {
		return err
	}
	waiting := c.start(func() error { return c.run(second, "LOCK "+c.t.String()) })
	if err := c.waits("LOCK, before the other session is abandoned,", waiting); err != nil {
		return err
	}
	abandon()
	if err := c.ends("LOCK, after the other session was abandoned,", waiting); err != nil {
		return err
	}
	return c.want(second, c.t, 0, "what an abandoned session has not committed is there")
}

// truncateCommits is why TRUNCATE has no place in a load.
func truncateCommits(c *trial) error {
	session, err := c.session()
	if err != nil {
		return err
	}
	err = c.run(session, "INSERT INTO "+c.t.String()+" VALUES (1)",
		"BEGIN", "INSERT INTO "+c.u.String()+" VALUES (1)", "TRUNCATE "+c.t.String(), "ROLLBACK")
	if err != nil {
		return err
	}
	if err := c.want(c.DB, c.t, 0, "ROLLBACK undid TRUNCATE"); err != nil {
		return err
	}
	return c.want(c.DB, c.u, 1, "TRUNCATE did not commit what was before it")
}

// or names the error that there is none.
func or(err error) error {
	if err == nil {
		return errors.New("no error")
	}
	return err
}
