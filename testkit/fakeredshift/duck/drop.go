//go:build cgo

package duck

import (
	"context"
	"fmt"
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

func (c *conn) dropTables(ctx context.Context, s *rsql.DropTable) error {
	for _, name := range s.Tables {
		r, err := c.target(ctx, name, exclusive)
		if s.IfExists && (hasState(err, stateNoTable) || hasState(err, stateNoSchema)) {
			continue
		}
		if hasState(err, stateNoTable) {
			return refuse(stateNoTable, "Table %q does not exist", name.Name)
		}
		if err != nil {
			return err
		}
		if err := c.drop(ctx, r, s.Cascade); err != nil {
			return err
		}
	}
	return nil
}

// drop removes a table or view. What depends on it goes, too, or stands in the way.
func (c *conn) drop(ctx context.Context, r *relation, cascade bool) error {
	if _, err := c.engine.locks.acquire(ctx, c, lockKey{oid: r.oid}, exclusive); err != nil {
		return err
	}
	if err := c.changeCatalog(ctx); err != nil {
		return err
	}
	if err := c.dropDependents(ctx, r, cascade); err != nil {
		return err
	}
	var script []string
	for _, a := range r.attributes {
		if a.identity != nil {
			script = append(script, "DROP SEQUENCE "+r.sequence(a))
		}
	}
	kind := map[string]string{"r": "TABLE", "v": "VIEW"}[r.kind]
	script = append(script, "DROP "+kind+" "+r.physical(),
		fmt.Sprintf("DELETE FROM pg_internal.pg_description WHERE objoid = %d OR objoid IN (SELECT oid FROM pg_internal.pg_constraint WHERE conrelid = %[1]d)", r.oid),
		fmt.Sprintf("DELETE FROM pg_internal.pg_conf WHERE key LIKE '%%\\_%d'", r.oid))
	for table, column := range map[string]string{
		"pg_class": "oid", "pg_attribute": "attrelid", "pg_attrdef": "adrelid", "pg_constraint": "conrelid", "layout": "relid",
		"identity_columns": "relid", "view_relations": "viewid",
	} {
		script = append(script, fmt.Sprintf("DELETE FROM pg_internal.%s WHERE %s = %d", table, column, r.oid))
	}
	_, err := c.main.exec(ctx, strings.Join(script, ";\n"))
	return err
}

func (c *conn) dropDependents(ctx context.Context, r *relation, cascade bool) error {
	foreign, err := c.main.rows(ctx, fmt.Sprintf("SELECT conname FROM pg_internal.pg_constraint WHERE confrelid = %d AND conrelid <> %[1]d", r.oid))
	if err != nil {
		return err
	}
	views, err := c.main.rows(ctx, fmt.Sprintf(`SELECT n.nspname, c.relname FROM pg_internal.view_relations v
		JOIN pg_internal.pg_class c ON c.oid = v.viewid JOIN pg_internal.pg_namespace n ON n.oid = c.relnamespace WHERE v.relid = %d`, r.oid))
	if err != nil {
		return err
	}
	if len(foreign)+len(views) > 0 && !cascade {
		e := refuse(stateDependents, "cannot drop %s %s because other objects depend on it", map[string]string{"r": "table", "v": "view"}[r.kind], r.name)
		e.Hint = "Use DROP ... CASCADE to drop the dependent objects too."
		return e
	}
	for _, row := range views {
		view, err := c.lookup(ctx, c.main, row[0].(string), row[1].(string))
		if err == nil && view != nil {
			err = c.drop(ctx, view, true)
		}
		if err != nil {
			return err
		}
	}
	_, err = c.main.exec(ctx, fmt.Sprintf("DELETE FROM pg_internal.pg_constraint WHERE confrelid = %d", r.oid))
	return err
}

// dropTemporary removes the catalog's rows of the session's temporary tables;
// the tables themselves go with the connection.
func (c *conn) dropTemporary(ctx context.Context) error {
	namespace := "(SELECT oid FROM pg_internal.pg_namespace WHERE nspname = " + quote(tempSchema(c.session.PID)) + ")"
	tables := "(SELECT oid FROM pg_internal.pg_class WHERE relnamespace IN " + namespace + ")"
	rows, err := c.leader.rows(ctx, "SELECT 1 FROM pg_internal.pg_namespace WHERE nspname = "+quote(tempSchema(c.session.PID)))
	if err != nil || len(rows) == 0 {
		return err
	}
	_, err = c.leader.exec(ctx, "DELETE FROM pg_internal.pg_attribute WHERE attrelid IN "+tables+
		"; DELETE FROM pg_internal.pg_attrdef WHERE adrelid IN "+tables+
		"; DELETE FROM pg_internal.pg_constraint WHERE conrelid IN "+tables+
		"; DELETE FROM pg_internal.layout WHERE relid IN "+tables+
		"; DELETE FROM pg_internal.pg_class WHERE relnamespace IN "+namespace+
		"; DELETE FROM pg_internal.pg_namespace WHERE nspname = "+quote(tempSchema(c.session.PID)))
	return err
}

// runTruncate is TRUNCATE: whatever transaction is open commits with it.
func (c *conn) runTruncate(ctx context.Context, s *rsql.Truncate) (*fakeredshift.Result, error) {
	r, err := c.target(ctx, s.Table, exclusive)
	if err != nil {
		return nil, err
	}
	if _, err := c.change(ctx, r, "DELETE FROM "+r.physical()); err != nil {
		return nil, err
	}
	return done(s.Tag()), c.commit(ctx)
}
