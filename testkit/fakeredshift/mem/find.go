package mem

import (
	"context"
	"slices"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// find resolves a name as the session sees it.
func (c *conn) find(name rsql.Name) (*table, error) {
	c.engine.mu.Lock()
	defer c.engine.mu.Unlock()
	return c.lookUp(name)
}

// lookUp is find under Engine.mu.
func (c *conn) lookUp(name rsql.Name) (*table, error) {
	if err := c.checkDatabase(name); err != nil {
		return nil, err
	}
	s := c.sight()
	if name.Schema == "" {
		for _, schema := range c.path() {
			if t := s.table(tableName{schema, name.Name}); t != nil {
				return t, nil
			}
		}
		return nil, refuse(stateNoTable, "relation %q does not exist", name.Name)
	}
	if t := s.table(tableName{name.Schema, name.Name}); t != nil {
		return t, nil
	}
	if s.schema(name.Schema) == nil {
		return nil, refuse(stateNoSchema, "schema %q does not exist", name.Schema)
	}
	return nil, refuse(stateNoTable, "relation \"%s.%s\" does not exist", name.Schema, name.Name)
}

func (c *conn) checkDatabase(name rsql.Name) error {
	if name.Database != "" && name.Database != c.session.Database {
		return refuse(stateNoDatabase, "database %q does not exist", name.Database)
	}
	return nil
}

// path are the schemas in which a name is looked up.
func (c *conn) path() []string {
	return append([]string{tempSchema(c.session.PID)}, c.searchPath()...)
}

// existingPath are the schemas of the search path that exist. It is used under
// Engine.mu.
func (c *conn) existingPath() []string {
	s := c.sight()
	return slices.DeleteFunc(c.searchPath(), func(name string) bool { return s.schema(name) == nil })
}

// target finds the table that a statement changes, and locks it. What it waited
// for may have changed the table, or have taken it away.
func (c *conn) target(ctx context.Context, name rsql.Name, mode lockMode) (*table, error) {
	for {
		t, err := c.changeable(name)
		if err != nil {
			return nil, err
		}
		waited, err := c.engine.locks.acquire(ctx, c, lockKey{oid: t.oid}, mode)
		if err != nil || !waited {
			return t, err
		}
	}
}

func (c *conn) changeable(name rsql.Name) (*table, error) {
	if isSystem(name.Schema, name.Name) {
		return nil, refuse(stateDenied, "permission denied: %q is a system catalog", name.Name)
	}
	t, err := c.find(name)
	if err == nil && t.view != nil {
		return nil, refuse(stateWrongKind, "%q is a view", t.name)
	}
	return t, err
}

// readable takes the readers' locks of all relations that exist, views and what
// they read included. What is not there is found missing when it is read.
func (c *conn) readable(ctx context.Context, names []rsql.Name) error {
	for again := true; again; {
		again = false
		for _, oid := range c.locksFor(names) {
			waited, err := c.engine.locks.acquire(ctx, c, lockKey{oid: oid}, shared)
			if err != nil {
				return err
			}
			again = again || waited
		}
	}
	return nil
}

func (c *conn) locksFor(names []rsql.Name) []uint32 {
	c.engine.mu.Lock()
	defer c.engine.mu.Unlock()
	var oids []uint32
	for _, name := range names {
		if isSystem(name.Schema, name.Name) {
			continue
		}
		if t, err := c.lookUp(name); err == nil {
			oids = c.withRead(oids, t)
		}
	}
	return oids
}

// withRead adds t, and what it reads if it is a view.
func (c *conn) withRead(oids []uint32, t *table) []uint32 {
	if slices.Contains(oids, t.oid) {
		return oids
	}
	oids = append(oids, t.oid)
	if t.view == nil {
		return oids
	}
	for _, oid := range t.view.reads {
		if below := c.sight().byOID(oid); below != nil {
			oids = c.withRead(oids, below)
		}
	}
	return oids
}

// nameKey is the lock on a name that is about to be taken.
func nameKey(parts ...string) lockKey {
	key := lockKey{}
	for _, part := range parts {
		key.name += "." + redferry.Quote(part)
	}
	return key
}

// lockTables is LOCK. It takes no snapshot.
func (c *conn) lockTables(ctx context.Context, s *rsql.Lock) error {
	for _, name := range s.Tables {
		if _, err := c.target(ctx, name, exclusive); err != nil {
			return err
		}
	}
	return nil
}
