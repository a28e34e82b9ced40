package mem

import (
	"context"
	"fmt"
	"slices"

	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// Ids of the catalogs in pg_description.classoid.
const (
	classOfTables      = 1259
	classOfDatabases   = 1262
	classOfConstraints = 2606
	classOfSchemas     = 2615
)

// commentOn is COMMENT ON. Two comments on the same object stand in line.
func (c *conn) commentOn(ctx context.Context, s *rsql.CommentOn) error {
	key, err := c.commented(s)
	if err != nil {
		return err
	}
	lock := nameKey("comment", fmt.Sprint(key))
	if _, err := c.engine.locks.acquire(ctx, c, lock, exclusive); err != nil {
		return err
	}
	text := s.Text
	if text != nil && *text == "" {
		text = nil
	}
	c.tx.changes.setComment(key, text)
	return nil
}

// commented finds what a comment is on.
func (c *conn) commented(s *rsql.CommentOn) (commentKey, error) {
	c.engine.mu.Lock()
	defer c.engine.mu.Unlock()
	switch s.Kind {
	case rsql.OnSchema:
		found := c.sight().schema(s.Table.Name)
		if found == nil {
			return commentKey{}, refuse(stateNoSchema, "schema %q does not exist", s.Table.Name)
		}
		return commentKey{classOfSchemas, found.oid, 0}, nil
	case rsql.OnDatabase:
		if s.Table.Name != c.session.Database {
			return commentKey{}, refuse(stateNotSupported, "database comments may only be applied to the current database")
		}
		return commentKey{classOfDatabases, c.engine.databaseOID(s.Table.Name), 0}, nil
	}
	if isSystem(s.Table.Schema, s.Table.Name) {
		return commentKey{}, refuse(stateDenied, "permission denied: %q is a system catalog", s.Table.Name)
	}
	t, err := c.lookUp(s.Table)
	if err != nil {
		return commentKey{}, err
	}
	return t.commented(s)
}

func (t *table) commented(s *rsql.CommentOn) (commentKey, error) {
	switch s.Kind {
	case rsql.OnColumn:
		a, err := t.column(s.Part)
		return commentKey{classOfTables, t.oid, int64(a.num)}, err
	case rsql.OnConstraint:
		i := slices.IndexFunc(t.constraints, func(k constraint) bool { return k.name == s.Part })
		if i < 0 {
			return commentKey{}, refuse(stateNoObject, "constraint %q for table %q does not exist", s.Part, t.name)
		}
		return commentKey{classOfConstraints, t.constraints[i].oid, 0}, nil
	}
	if (s.Kind == rsql.OnView) != (t.view != nil) {
		return commentKey{}, refuse(stateWrongKind, "%q is not a %s", t.name, s.Kind)
	}
	return commentKey{classOfTables, t.oid, 0}, nil
}
