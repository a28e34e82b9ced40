package livetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
)

// A trial is the check of one fact, with two tables of one column each.
type trial struct {
	*Warehouse
	ctx   context.Context // of the check
	t, u  redferry.Table
	fresh redferry.Table // not created yet

	sessions []exec.Session
	started  []<-chan error
}

// try checks a fact.
func try(ctx context.Context, w *Warehouse, check func(*trial) error) (err error) {
	full := *w
	if full.Hold <= 0 {
		full.Hold = 5 * time.Second
	}
	if full.Release <= 0 {
		full.Release = 3 * time.Minute
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	mark := strings.ToLower(rand.Text()[:8])
	name := func(what string) redferry.Table {
		return redferry.Table{Schema: w.Schema, Name: "redferry_live_" + mark + "_" + what}
	}
	c := &trial{Warehouse: &full, ctx: inner, t: name("t"), u: name("u"), fresh: name("fresh")}
	defer func() {
		cancel()
		err = errors.Join(err, c.cleanUp(context.WithoutCancel(ctx)))
	}()
	for _, table := range []redferry.Table{c.t, c.u} {
		if err := c.run(c.DB, "CREATE TABLE "+table.String()+" (n int)"); err != nil {
			return err
		}
	}
	return check(c)
}

// cleanUp waits for what runs, closes the sessions and drops the tables.
func (c *trial) cleanUp(ctx context.Context) error {
	var errs []error
	for _, done := range c.started {
		for range done { // until it is closed
		}
	}
	for _, session := range c.sessions {
		errs = append(errs, session.Close())
	}
	ctx, cancel := context.WithTimeout(ctx, c.Release)
	defer cancel()
	for _, table := range []redferry.Table{c.t, c.u, c.fresh} {
		_, err := c.DB.Exec(ctx, exec.Statement{SQL: "DROP TABLE IF EXISTS " + table.String(), Label: "livetest: clean up"})
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// session opens a session that ends with the trial.
func (c *trial) session() (exec.Session, error) {
	session, err := exec.OpenSession(c.ctx, c.DB)
	if err == nil {
		c.sessions = append(c.sessions, session)
	}
	return session, err
}

// pair opens two sessions.
func (c *trial) pair() (first, second exec.Session, err error) {
	if first, err = c.session(); err != nil {
		return nil, nil, err
	}
	second, err = c.session()
	return first, second, err
}

// run runs statements, one after the other.
func (c *trial) run(e exec.Executor, statements ...string) error {
	for _, sql := range statements {
		if _, err := e.Exec(c.ctx, exec.Statement{SQL: sql, Label: "livetest"}); err != nil {
			return fmt.Errorf("livetest: %s: %w", sql, err)
		}
	}
	return nil
}

// value returns what a query of one number answers.
func (c *trial) value(e exec.Executor, sql string) (int64, error) {
	rows, err := e.Query(c.ctx, exec.Statement{SQL: sql, Label: "livetest"})
	if err != nil {
		return 0, fmt.Errorf("livetest: %s: %w", sql, err)
	}
	n, err := exec.Scalar[int64](rows)
	if err != nil {
		return 0, fmt.Errorf("livetest: %s: %w", sql, err)
	}
	return n, nil
}

// want returns an error unless the table has n rows; told says what it means.
func (c *trial) want(e exec.Executor, table redferry.Table, n int64, told string) error {
	got, err := c.value(e, "SELECT count(*) FROM "+table.String())
	if err == nil && got != n {
		err = fmt.Errorf("livetest: %s: the table has %d rows, want %d", told, got, n)
	}
	return err
}

// start begins what may wait. Its error comes on the channel, which is then closed.
func (c *trial) start(work func() error) <-chan error {
	done := make(chan error, 1)
	go func() {
		defer close(done)
		done <- work()
	}()
	c.started = append(c.started, done)
	return done
}

// waits returns an error if what was started ends within Hold.
func (c *trial) waits(what string, started <-chan error) error {
	hold := time.NewTimer(c.Hold)
	defer hold.Stop()
	select {
	case err := <-started:
		if err != nil {
			return fmt.Errorf("livetest: %s was to wait, and failed: %w", what, err)
		}
		return fmt.Errorf("livetest: %s was to wait, and did not", what)
	case <-hold.C:
		return nil
	}
}

// ends returns the error of what was started, once it ends.
func (c *trial) ends(what string, started <-chan error) error {
	release := time.NewTimer(c.Release)
	defer release.Stop()
	select {
	case err := <-started:
		return err
	case <-release.C:
		return fmt.Errorf("livetest: %s still waits after %s", what, c.Release)
	}
}
