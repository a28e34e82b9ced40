//go:build cgo

package duck

import (
	"context"
	"errors"
	"maps"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A transaction is what a session's transaction knows of itself. The zero value
// is none.
type transaction struct {
	explicit bool // by BEGIN
	failed   bool
	begun    bool              // DuckDB has begun; it takes its snapshot at once
	catalog  bool              // has changed the catalog
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

func (c *conn) runBegin(s *rsql.Begin) (*fakeredshift.Result, error) {
	if !c.tx.explicit {
		c.tx = transaction{explicit: true, settings: maps.Clone(c.settings)}
	}
	return done(s.Tag()), nil
}

func (c *conn) runCommit(ctx context.Context) (*fakeredshift.Result, error) {
	return done("COMMIT"), c.commit(ctx)
}

// atomically runs one statement: in the open transaction, or in one of its own.
func (c *conn) atomically(ctx context.Context, work func() (*fakeredshift.Result, error)) (*fakeredshift.Result, error) {
	result, err := work()
	if err != nil || c.tx.explicit {
		return result, err
	}
	return result, c.commit(ctx)
}

// begin takes the snapshot of the transaction, unless it has one. Locks come
// before: what their last holder has committed is in the snapshot.
func (c *conn) begin(ctx context.Context) error {
	if c.tx.begun {
		return nil
	}
	c.names = names{} // the snapshot may be newer than what was found before
	if _, err := c.main.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	c.tx.begun = true
	return nil
}

// open begins the transaction if it is an explicit one. A statement that stands
// alone runs in DuckDB's own autocommit.
func (c *conn) open(ctx context.Context) error {
	if err := c.main.brief(ctx, &c.briefing); err != nil {
		return err
	}
	if !c.tx.explicit {
		return nil
	}
	return c.begin(ctx)
}

// changeCatalog begins a transaction that writes to the catalog.
func (c *conn) changeCatalog(ctx context.Context) error {
	c.tx.catalog = true
	if err := c.main.brief(ctx, &c.briefing); err != nil {
		return err
	}
	return c.begin(ctx)
}

// commit makes the transaction last. It is not to be cancelled half-way.
func (c *conn) commit(ctx context.Context) error {
	if c.tx.begun {
		if err := ctx.Err(); err != nil {
			return refuse(stateCanceled, "Query cancelled on user's request")
		}
		if _, err := c.main.exec(context.WithoutCancel(ctx), "COMMIT"); err != nil {
			c.tx.begun = false
			return errors.Join(err, c.rollback(ctx))
		}
		if c.tx.catalog {
			c.engine.catalog.Add(1)
		}
	}
	local := c.tx.local
	c.tx = transaction{}
	c.engine.locks.release(c)
	if local == nil {
		return nil
	}
	maps.Copy(c.settings, local)
	return c.readPath(ctx)
}

// rollback undoes the transaction, if there is one.
func (c *conn) rollback(ctx context.Context) error {
	var err error
	if c.tx.begun {
		_, err = c.main.exec(context.WithoutCancel(ctx), "ROLLBACK")
	}
	if c.tx.settings != nil {
		c.settings = c.tx.settings
	}
	path := c.tx.settings != nil || c.tx.catalog
	c.tx, c.names = transaction{}, names{}
	if path && c.leader != nil {
		err = errors.Join(err, c.readPath(context.WithoutCancel(ctx)))
	}
	c.engine.locks.release(c)
	return err
}

// fail undoes the transaction after a refusal. An explicit one stays, failed,
// until the client ends it.
func (c *conn) fail(ctx context.Context) error {
	explicit := c.tx.explicit
	err := c.rollback(ctx)
	if explicit {
		c.tx = transaction{explicit: true, failed: true}
	}
	return err
}

// catalog is the connection on which the session sees the names of tables: that
// of its transaction once it has a snapshot.
func (c *conn) catalog() *link {
	if c.tx.begun {
		return c.main
	}
	return c.leader
}
