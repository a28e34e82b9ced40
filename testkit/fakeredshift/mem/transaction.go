package mem

import (
	"context"
	"maps"
	"slices"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A transaction is what a session's transaction knows of itself. It begins with
// the first statement after the last one's end; the zero value has done nothing.
type transaction struct {
	explicit bool // by BEGIN
	failed   bool
	begun    bool       // it has a snapshot
	snapshot uint64     // Engine.clock of its snapshot
	start    uint64     // Engine.ends of its snapshot
	stamp    *stamp     // of its row versions, nil before the first
	touched  []*storage // that have such versions
	dirtied  []*storage // of which it has deleted rows
	changes  changes    // of the catalog
	read     []uint32   // oids of tables, each once
	wrote    []uint32
	settings map[string]string // as they were at BEGIN
	local    map[string]string // as they were before SET LOCAL
}

// keep notes what a setting was before SET LOCAL changed it.
func (t *transaction) keep(name, value string) {
	if t.local == nil {
		t.local = make(map[string]string)
	}
	if _, ok := t.local[name]; !ok {
		t.local[name] = value
	}
}

func (t *transaction) status() fakeredshift.TxStatus {
	switch {
	case t.failed:
		return fakeredshift.Failed
	case t.explicit:
		return fakeredshift.InTx
	}
	return fakeredshift.Idle
}

// own is the stamp under which the transaction writes.
func (t *transaction) own() *stamp {
	if t.stamp == nil {
		t.stamp = &stamp{}
	}
	return t.stamp
}

func (t *transaction) touch(s *storage) {
	if !slices.Contains(t.touched, s) {
		t.touched = append(t.touched, s)
	}
}

func noteTable(list *[]uint32, oid uint32) {
	if !slices.Contains(*list, oid) {
		*list = append(*list, oid)
	}
}

func (c *conn) runBegin(s *rsql.Begin) (*fakeredshift.Result, error) {
	if !c.tx.explicit {
		c.tx.explicit, c.tx.settings = true, maps.Clone(c.settings)
	}
	return done(s.Tag()), nil
}

// begin takes the snapshot of the transaction, unless it has one. Locks come
// before: what their last holder has committed is in the snapshot.
func (c *conn) begin() {
	if c.tx.begun {
		return
	}
	c.engine.mu.Lock()
	defer c.engine.mu.Unlock()
	c.tx.begun, c.tx.snapshot, c.tx.start = true, c.engine.clock, c.engine.ends
	c.engine.snapshots[c.tx] = struct{}{}
}

// commit makes the transaction last. It is not to be cancelled half-way.
func (c *conn) commit(ctx context.Context) error {
	if ctx.Err() != nil {
		return cancelled()
	}
	if err := c.engine.commit(c.tx); err != nil {
		return err
	}
	local := c.tx.local
	c.tx = &transaction{}
	c.engine.locks.release(c)
	maps.Copy(c.settings, local)
	return nil
}

func (e *Engine) commit(t *transaction) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.checkCycle(t); err != nil {
		return err
	}
	if t.stamp != nil || !t.changes.empty() {
		e.clock++
	}
	if t.stamp != nil {
		t.stamp.commit = e.clock
	}
	e.catalog.apply(&t.changes)
	for _, s := range t.dirtied {
		if !slices.Contains(e.dirty, s) {
			e.dirty = append(e.dirty, s)
		}
	}
	e.leaveFootmark(t)
	delete(e.snapshots, t)
	e.sweep()
	return nil
}

// rollback undoes the transaction, if there is one.
func (c *conn) rollback() {
	c.engine.rollback(c.tx)
	if c.tx.explicit && !c.tx.failed {
		c.settings = c.tx.settings
	}
	c.tx = &transaction{}
	c.engine.locks.release(c)
}

func (e *Engine) rollback(t *transaction) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range t.touched {
		s.undo(t.stamp)
	}
	delete(e.snapshots, t)
	e.sweep()
}

// fail undoes the transaction after a refusal. An explicit one stays, failed,
// until the client ends it.
func (c *conn) fail() {
	explicit := c.tx.explicit
	c.rollback()
	c.tx.explicit, c.tx.failed = explicit, explicit
}

// runFailed runs what a failed transaction takes.
func (c *conn) runFailed(s rsql.Statement) (*fakeredshift.Result, error) {
	switch s.(type) {
	case *rsql.Commit, *rsql.Rollback:
		c.rollback()
		return done("ROLLBACK"), nil
	}
	return nil, refuse(stateFailed, "current transaction is aborted, commands ignored until end of transaction block")
}

// sight is the catalog as the session sees it. It is used under Engine.mu.
func (c *conn) sight() sight { return sight{c.engine.catalog, &c.tx.changes} }
