package mem

import (
	"context"
	"slices"
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

func (c *conn) dropTables(ctx context.Context, s *rsql.DropTable) error {
	defer c.begin()
	for _, name := range s.Tables {
		t, err := c.target(ctx, name, exclusive)
		if s.IfExists && (hasState(err, stateNoTable) || hasState(err, stateNoSchema)) {
			continue
		}
		if hasState(err, stateNoTable) {
			return refuse(stateNoTable, "Table %q does not exist", name.Name)
		}
		if err == nil {
			err = c.drop(ctx, t, s.Cascade)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// drop removes a table or view that is locked. What depends on it goes, too, or
// stands in the way.
func (c *conn) drop(ctx context.Context, t *table, cascade bool) error {
	c.engine.mu.Lock()
	views, children := c.dependents(t)
	c.engine.mu.Unlock()
	if len(views)+len(children) > 0 && !cascade {
		kind := "table"
		if t.view != nil {
			kind = "view"
		}
		return dependsOn("%s %s", kind, t.name)
	}
	for _, v := range views {
		if _, err := c.engine.locks.acquire(ctx, c, lockKey{oid: v.oid}, exclusive); err != nil {
			return err
		}
		if err := c.drop(ctx, v, true); err != nil {
			return err
		}
	}
	c.engine.mu.Lock()
	defer c.engine.mu.Unlock()
	for _, child := range children {
		orphan := child.altered()
		orphan.constraints = slices.DeleteFunc(orphan.constraints, func(k constraint) bool { return k.parent == t.oid })
		c.tx.changes.setTable(orphan.oid, orphan)
	}
	c.tx.changes.setTable(t.oid, nil)
	c.dropComments(t)
	return nil
}

func dependsOn(format string, args ...any) error {
	e := refuse(stateDependents, "cannot drop "+format+" because other objects depend on it", args...)
	e.Hint = "Use DROP ... CASCADE to drop the dependent objects too."
	return e
}

// dependents are the views that read t, and the other tables that refer to it.
func (c *conn) dependents(t *table) (views, children []*table) {
	for _, other := range c.sight().allTables() {
		switch {
		case other.oid == t.oid:
		case other.view != nil && slices.Contains(other.view.reads, t.oid):
			views = append(views, other)
		case slices.ContainsFunc(other.constraints, func(k constraint) bool { return k.parent == t.oid }):
			children = append(children, other)
		}
	}
	return views, children
}

func (c *conn) dropComments(t *table) {
	for _, key := range c.sight().allComments() {
		isKey := key.class == classOfConstraints && slices.ContainsFunc(t.constraints, func(k constraint) bool { return k.oid == key.object })
		if key.class == classOfTables && key.object == t.oid || isKey {
			c.tx.changes.setComment(key, nil)
		}
	}
}

func (c *conn) dropSchemas(ctx context.Context, s *rsql.DropSchema) error {
	for _, name := range s.Names {
		if err := c.dropSchema(ctx, name, s); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) dropSchema(ctx context.Context, name string, s *rsql.DropSchema) error {
	found, err := c.lockSchema(ctx, name)
	switch {
	case err != nil:
		return err
	case found == nil && s.IfExists:
		return nil
	case found == nil:
		return refuse(stateNoSchema, "schema %q does not exist", name)
	case strings.HasPrefix(name, "pg_"), name == hiddenInformation:
		return refuse(stateDenied, "permission denied for schema %s", name)
	}
	tables := c.tablesIn(name)
	if len(tables) > 0 && !s.Cascade {
		return dependsOn("schema %s", name)
	}
	for _, t := range tables {
		if err := c.dropFrom(ctx, t); err != nil {
			return err
		}
	}
	c.tx.changes.setSchema(name, nil)
	c.tx.changes.setComment(commentKey{classOfSchemas, found.oid, 0}, nil)
	return nil
}

// lockSchema keeps others from making something in a schema, which is nil if
// there is none.
func (c *conn) lockSchema(ctx context.Context, name string) (*schema, error) {
	look := func() *schema {
		c.engine.mu.Lock()
		defer c.engine.mu.Unlock()
		return c.sight().schema(name)
	}
	if look() == nil {
		return nil, nil
	}
	_, err := c.engine.locks.acquire(ctx, c, nameKey(name), exclusive)
	return look(), err
}

// tablesIn are the tables and views of a schema, views first.
func (c *conn) tablesIn(schema string) []*table {
	c.engine.mu.Lock()
	defer c.engine.mu.Unlock()
	all := slices.DeleteFunc(c.sight().allTables(), func(t *table) bool { return t.schema.name != schema })
	slices.SortStableFunc(all, func(a, b *table) int { return rank(a) - rank(b) })
	return all
}

func rank(t *table) int {
	if t.view != nil {
		return 0
	}
	return 1
}

// dropFrom drops a table of a schema that is dropped, unless it went with
// another one.
func (c *conn) dropFrom(ctx context.Context, t *table) error {
	if _, err := c.engine.locks.acquire(ctx, c, lockKey{oid: t.oid}, exclusive); err != nil {
		return err
	}
	c.engine.mu.Lock()
	now := c.sight().byOID(t.oid)
	c.engine.mu.Unlock()
	if now == nil {
		return nil
	}
	return c.drop(ctx, now, true)
}

// dropTemporary removes the session's temporary tables.
func (c *conn) dropTemporary() error {
	name := tempSchema(c.session.PID)
	for _, t := range c.tablesIn(name) {
		c.tx.changes.setTable(t.oid, nil)
		c.dropCommentsOf(t)
		c.tx.changes.setSchema(name, nil)
	}
	if c.tx.changes.empty() {
		return nil
	}
	return c.commit(context.Background())
}

func (c *conn) dropCommentsOf(t *table) {
	c.engine.mu.Lock()
	defer c.engine.mu.Unlock()
	c.dropComments(t)
}

// truncate is TRUNCATE: whatever transaction is open commits with it. It removes
// what is committed by now, whatever the transaction's snapshot.
func (c *conn) truncate(ctx context.Context, s *rsql.Truncate) error {
	t, err := c.target(ctx, s.Table, exclusive)
	if err != nil {
		return err
	}
	if err := c.work(ctx); err != nil {
		return err
	}
	c.engine.mu.Lock()
	defer c.engine.mu.Unlock()
	for _, v := range t.data.versions(c.engine.clock, c.tx.stamp) {
		c.remove(t, v)
	}
	t.data.added = 0
	return nil
}

// vacuum is VACUUM. There is nothing to do but to forget what was deleted.
func (c *conn) vacuum(s *rsql.Vacuum) error {
	c.engine.mu.Lock()
	defer c.engine.mu.Unlock()
	tables := c.sight().allTables()
	if s.Table != nil {
		t, err := c.lookUp(*s.Table)
		if err != nil {
			return err
		}
		tables = []*table{t}
	}
	for _, t := range tables {
		if t.data != nil {
			t.data.added = t.data.live()
		}
	}
	return nil
}
