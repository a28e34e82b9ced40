//go:build cgo

package duck

import (
	"context"
	"fmt"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A relation is a table or view that a name stands for.
type relation struct {
	oid          uint32 // 0 for system relations
	schema, name string
	schemaOID    uint32
	kind         string // pg_class.relkind: "r" or "v"
	system       bool
	temp         bool
	attributes   []attribute
	fields       []field // of attributes; nil if not known
}

// An attribute is one column of a relation of a user.
type attribute struct {
	num      int16
	name     string
	typ      fakeredshift.Type
	notNull  bool
	def      string // the default in Redshift's SQL, empty without
	identity *rsql.Identity
}

// physical is the name of r for DuckDB.
func (r *relation) physical() string {
	if r.temp {
		return "temp.main." + redferry.Quote(r.name)
	}
	return database + "." + redferry.Quote(r.schema) + "." + redferry.Quote(r.name)
}

// sequence is the counter of an IDENTITY column.
func (r *relation) sequence(a attribute) string {
	return fmt.Sprintf("%s.identity_%d_%d", hidden, r.oid, a.num)
}

func (r *relation) attribute(name string) (attribute, error) {
	for _, a := range r.attributes {
		if a.name == name {
			return a, nil
		}
	}
	return attribute{}, refuse(stateNoColumn, "column %q of relation %q does not exist", name, r.name)
}

func tempSchema(pid int32) string { return fmt.Sprintf("pg_temp_%d", pid) }

// find resolves a name of a query as the session sees it.
func (c *conn) find(ctx context.Context, database, schema, name string) (*relation, error) {
	if database != "" && database != c.session.Database {
		return nil, refuse(stateNoDatabase, "database %q does not exist", database)
	}
	if found := c.findSystem(schema, name); found != nil {
		return found, nil
	}
	found, err := c.lookup(ctx, c.catalog(), schema, name)
	if err != nil || found != nil {
		return found, err
	}
	if schema == "" {
		return nil, refuse(stateNoTable, "relation %q does not exist", name)
	}
	rows, err := c.catalog().rows(ctx, "SELECT 1 FROM pg_internal.pg_namespace WHERE nspname = "+quote(schema))
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 && schema != hidden && schema != hiddenInformation {
		return nil, refuse(stateNoSchema, "schema %q does not exist", schema)
	}
	return nil, refuse(stateNoTable, "relation \"%s.%s\" does not exist", shown(schema), name)
}

// shown is the name that the user gave a schema.
func shown(schema string) string {
	switch schema {
	case hidden:
		return "pg_catalog"
	case hiddenInformation:
		return "information_schema"
	}
	return schema
}

func (c *conn) findSystem(schema, name string) *relation {
	in := schema
	if in == "" {
		in = hidden
	}
	if !c.engine.system[in][name] {
		return nil
	}
	return &relation{schema: in, name: name, kind: "v", system: true}
}

// lookup finds a user's relation; nil if there is none. An empty schema means
// the search path.
func (c *conn) lookup(ctx context.Context, on *link, schema, name string) (*relation, error) {
	if c.tx.catalog {
		return c.lookUp(ctx, on, schema, name)
	}
	if at := c.engine.catalog.Load(); c.names.known == nil || !c.tx.begun && c.names.at != at {
		c.names = names{at: at, known: make(map[nameKey]*relation)}
	}
	key := nameKey{on, c.settings["search_path"], schema, name}
	if found, ok := c.names.known[key]; ok {
		return found, nil
	}
	found, err := c.lookUp(ctx, on, schema, name)
	if err == nil {
		c.names.known[key] = found
	}
	return found, err
}

// names are the relations that the session has found since the catalog changed
// last, or in its snapshot.
type names struct {
	at    int64 // Engine.catalog
	known map[nameKey]*relation
}

type nameKey struct {
	on           *link
	path         string
	schema, name string
}

// lookUp is lookup without memory.
func (c *conn) lookUp(ctx context.Context, on *link, schema, name string) (*relation, error) {
	path := []string{schema}
	if schema == "" {
		path = append([]string{tempSchema(c.session.PID)}, c.searchPath()...)
	}
	quoted := make([]string, len(path))
	for i, s := range path {
		quoted[i] = quote(s)
	}
	rows, err := on.rows(ctx, fmt.Sprintf(`SELECT c.oid, n.nspname, n.oid, c.relkind
		FROM pg_internal.pg_class c JOIN pg_internal.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relname = %s AND n.nspname IN (%s) ORDER BY list_position([%[2]s], n.nspname) LIMIT 1`,
		quote(name), strings.Join(quoted, ", ")))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	r := &relation{
		oid: rows[0][0].(uint32), schema: rows[0][1].(string), schemaOID: rows[0][2].(uint32),
		name: name, kind: rows[0][3].(string),
	}
	r.temp = strings.HasPrefix(r.schema, "pg_temp_")
	return r, r.load(ctx, on)
}

// load reads the columns of r.
func (r *relation) load(ctx context.Context, on *link) error {
	rows, err := on.rows(ctx, fmt.Sprintf(`SELECT a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, coalesce(d.adsrc, ''),
			i.seed, i.step, i.by_default, a.attlen, coalesce(t.typname, '')
		FROM pg_internal.pg_attribute a
		LEFT JOIN pg_internal.pg_type t ON t.oid = a.atttypid
		LEFT JOIN pg_internal.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		LEFT JOIN pg_internal.identity_columns i ON i.relid = a.attrelid AND i.attnum = a.attnum
		WHERE a.attrelid = %d AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`, r.oid))
	if err != nil {
		return err
	}
	for _, row := range rows {
		a := attribute{num: row[0].(int16), name: row[1].(string), notNull: row[4].(bool), def: row[5].(string)}
		a.typ = fakeredshift.Type{OID: row[2].(uint32), Modifier: row[3].(int32), Size: row[9].(int16), Name: row[10].(string)}
		if seed, ok := row[6].(int64); ok {
			a.identity = &rsql.Identity{Seed: seed, Step: row[7].(int64), ByDefault: row[8].(bool)}
			a.def = ""
		}
		r.attributes = append(r.attributes, a)
		typ := a.typ
		r.fields = append(r.fields, field{a.name, &typ})
	}
	return nil
}
