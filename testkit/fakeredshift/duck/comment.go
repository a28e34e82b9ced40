//go:build cgo

package duck

import (
	"context"
	"fmt"

	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// Ids of the catalogs in pg_description.classoid.
const (
	classOfTables      = 1259
	classOfDatabases   = 1262
	classOfConstraints = 2606
	classOfSchemas     = 2615
)

func (c *conn) commentOn(ctx context.Context, s *rsql.CommentOn) error {
	if err := c.changeCatalog(ctx); err != nil {
		return err
	}
	object, class, part, err := c.commented(ctx, s)
	if err != nil {
		return err
	}
	sql := fmt.Sprintf("DELETE FROM pg_internal.pg_description WHERE objoid = %d AND classoid = %d AND objsubid = %d", object, class, part)
	if s.Text != nil && *s.Text != "" {
		sql += "; INSERT INTO pg_internal.pg_description VALUES " + tuple(object, class, part, *s.Text)
	}
	_, err = c.main.exec(ctx, sql)
	return err
}

// commented finds what a comment is on.
func (c *conn) commented(ctx context.Context, s *rsql.CommentOn) (object uint32, class, part int, err error) {
	switch s.Kind {
	case rsql.OnSchema:
		object, err = c.schemaOID(ctx, c.main, s.Table.Name)
		if err == nil && object == 0 {
			err = refuse(stateNoSchema, "schema %q does not exist", s.Table.Name)
		}
		return object, classOfSchemas, 0, err
	case rsql.OnDatabase:
		if s.Table.Name != c.session.Database {
			return 0, 0, 0, refuse(stateNotSupported, "database comments may only be applied to the current database")
		}
		object, err = c.one(ctx, "SELECT oid FROM pg_internal.pg_database WHERE datname = "+quote(s.Table.Name))
		return object, classOfDatabases, 0, err
	}
	r, err := c.find(ctx, s.Table.Database, s.Table.Schema, s.Table.Name)
	if err != nil {
		return 0, 0, 0, err
	}
	if r.system {
		return 0, 0, 0, refuse(stateDenied, "permission denied: %q is a system catalog", r.name)
	}
	switch s.Kind {
	case rsql.OnColumn:
		a, err := r.attribute(s.Part)
		return r.oid, classOfTables, int(a.num), err
	case rsql.OnConstraint:
		object, err = c.one(ctx, fmt.Sprintf("SELECT oid FROM pg_internal.pg_constraint WHERE conrelid = %d AND conname = %s", r.oid, quote(s.Part)))
		if err == nil && object == 0 {
			err = refuse(stateNoObject, "constraint %q for table %q does not exist", s.Part, r.name)
		}
		return object, classOfConstraints, 0, err
	}
	if want := map[rsql.CommentKind]string{rsql.OnTable: "r", rsql.OnView: "v"}[s.Kind]; r.kind != want {
		return 0, 0, 0, refuse(stateWrongKind, "%q is not a %s", r.name, s.Kind)
	}
	return r.oid, classOfTables, 0, nil
}

// one reads the id that a query on the catalog finds, 0 if none.
func (c *conn) one(ctx context.Context, sql string) (uint32, error) {
	rows, err := c.main.rows(ctx, sql)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0][0].(uint32), nil
}
