//go:build cgo

package duck

import (
	"context"
	"errors"
	"fmt"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// assigned is the SQL that puts the value of expression into a column of type t,
// or fails as Redshift does.
func assigned(t fakeredshift.Type, expression string) string {
	switch length := rsql.Length(t); {
	case t.OID == rsql.Varchar && length >= 0:
		return fmt.Sprintf("into_varchar(CAST(%s AS VARCHAR), %d)", expression, length)
	case t.OID == rsql.Bpchar && length >= 0:
		return fmt.Sprintf("into_char(CAST(%s AS VARCHAR), %d)", expression, length)
	case t.OID == rsql.Varbyte && length >= 0:
		return fmt.Sprintf("into_varbyte(CAST(%s AS BLOB), %d)", expression, length)
	case t.OID == rsql.Super:
		return fmt.Sprintf("into_super(CAST(%s AS VARCHAR))", expression)
	}
	return fmt.Sprintf("CAST(%s AS %s)", expression, duckType(t))
}

// missing is the SQL for a column that a statement gives no value.
func (c *conn) missing(r *relation, a attribute) (string, error) {
	switch {
	case a.identity != nil:
		return "CAST(nextval(" + quote(r.sequence(a)) + ") AS " + duckType(a.typ) + ")", nil
	case a.def != "":
		c.tick(a.def)
		text, err := dialect{}.translate(a.def)
		return assigned(a.typ, "("+text+")"), err
	}
	return "CAST(NULL AS " + duckType(a.typ) + ")", nil
}

// target finds the table that a statement changes, and locks it.
func (c *conn) target(ctx context.Context, name rsql.Name, mode lockMode) (*relation, error) {
	for {
		r, err := c.find(ctx, name.Database, name.Schema, name.Name)
		if err != nil {
			return nil, err
		}
		switch {
		case r.system:
			return nil, refuse(stateDenied, "permission denied: %q is a system catalog", r.name)
		case r.kind == "v":
			return nil, refuse(stateWrongKind, "%q is a view", r.name)
		}
		waited, err := c.engine.locks.acquire(ctx, c, lockKey{oid: r.oid}, mode)
		if err != nil {
			return nil, err
		}
		if !waited || c.tx.begun {
			return r, nil
		}
	}
}

// change runs a statement that changes r, and names r if another transaction
// stands against it.
func (c *conn) change(ctx context.Context, r *relation, sql string) (int64, error) {
	if err := c.open(ctx); err != nil {
		return 0, err
	}
	n, err := c.main.exec(ctx, sql)
	var e *fakeredshift.Error
	if errors.As(err, &e) && e.Code == 1023 {
		return 0, conflict(fmt.Sprint(r.oid))
	}
	return n, err
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
