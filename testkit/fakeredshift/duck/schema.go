//go:build cgo

package duck

import (
	"context"
	"fmt"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// schemaOID finds a schema, 0 if there is none.
func (c *conn) schemaOID(ctx context.Context, on *link, name string) (uint32, error) {
	rows, err := on.rows(ctx, "SELECT oid FROM pg_internal.pg_namespace WHERE nspname = "+quote(name))
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0][0].(uint32), nil
}

func (c *conn) createSchema(ctx context.Context, s *rsql.CreateSchema) error {
	if strings.HasPrefix(s.Name, "pg_") {
		return refuse(stateReserved, "unacceptable schema name %q", s.Name)
	}
	if _, err := c.engine.locks.acquire(ctx, c, lockKey{name: redferry.Quote(s.Name)}, exclusive); err != nil {
		return err
	}
	for _, on := range []*link{c.leader, c.catalog()} {
		oid, err := c.schemaOID(ctx, on, s.Name)
		if err != nil || oid != 0 && s.IfNotExists {
			return err
		}
		if oid != 0 {
			return refuse(stateDoubleSchema, "schema %q already exists", s.Name)
		}
	}
	if err := c.changeCatalog(ctx); err != nil {
		return err
	}
	if err := c.newSchema(ctx, s.Name); err != nil {
		return err
	}
	return c.readPath(ctx)
}

func (c *conn) newSchema(ctx context.Context, name string) error {
	_, err := c.main.exec(ctx, fmt.Sprintf("CREATE SCHEMA IF NOT EXISTS %s.%s; INSERT INTO pg_internal.pg_namespace (oid, nspname) VALUES %s",
		database, redferry.Quote(name), tuple(c.engine.oid.Add(1), name)))
	return err
}

func (c *conn) dropSchemas(ctx context.Context, s *rsql.DropSchema) error {
	for _, name := range s.Names {
		if err := c.dropSchema(ctx, name, s); err != nil {
			return err
		}
	}
	return c.readPath(ctx)
}

func (c *conn) dropSchema(ctx context.Context, name string, s *rsql.DropSchema) error {
	oid, err := c.schemaOID(ctx, c.catalog(), name)
	switch {
	case err != nil:
		return err
	case oid == 0 && s.IfExists:
		return nil
	case oid == 0:
		return refuse(stateNoSchema, "schema %q does not exist", name)
	case strings.HasPrefix(name, "pg_"), name == "information_schema":
		return refuse(stateDenied, "permission denied for schema %s", name)
	}
	if err := c.changeCatalog(ctx); err != nil {
		return err
	}
	rows, err := c.main.rows(ctx, fmt.Sprintf("SELECT relname FROM pg_internal.pg_class WHERE relnamespace = %d ORDER BY relkind DESC, oid", oid))
	if err != nil {
		return err
	}
	if len(rows) > 0 && !s.Cascade {
		e := refuse(stateDependents, "cannot drop schema %s because other objects depend on it", name)
		e.Hint = "Use DROP ... CASCADE to drop the dependent objects too."
		return e
	}
	for _, row := range rows {
		r, err := c.find(ctx, "", name, row[0].(string))
		if hasState(err, stateNoTable) {
			continue
		}
		if err == nil {
			err = c.drop(ctx, r, true)
		}
		if err != nil {
			return err
		}
	}
	sql := fmt.Sprintf("DELETE FROM pg_internal.pg_namespace WHERE oid = %d; DELETE FROM pg_internal.pg_description WHERE objoid = %[1]d", oid)
	if name != "main" { // DuckDB does not part with that one
		sql += fmt.Sprintf("; DROP SCHEMA %s.%s", database, redferry.Quote(name))
	}
	_, err = c.main.exec(ctx, sql)
	return err
}
