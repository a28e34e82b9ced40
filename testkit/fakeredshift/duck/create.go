//go:build cgo

package duck

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

func (c *conn) createTable(ctx context.Context, s *rsql.CreateTable) error {
	schema, exists, err := c.newName(ctx, s.Name, s.Temp)
	if err != nil {
		return err
	}
	if exists {
		if s.IfNotExists {
			return nil
		}
		return refuse(stateDoubleTable, "relation %q already exists", s.Name.Name)
	}
	if s.Like != nil {
		if err := c.expandLike(ctx, s); err != nil {
			return err
		}
	}
	_, err = c.define(ctx, schema, s)
	return err
}

// newName finds the schema for a new relation and takes its name: two who create
// the same name stand in line. It reports whether the name is taken.
func (c *conn) newName(ctx context.Context, name rsql.Name, temp bool) (schema string, exists bool, err error) {
	if name.Database != "" && name.Database != c.session.Database {
		return "", false, refuse(stateNotSupported, "cross-database reference to database %q is not supported", name.Database)
	}
	if schema, err = c.schemaFor(ctx, name, temp); err != nil {
		return "", false, err
	}
	key := lockKey{name: redferry.Quote(schema) + "." + redferry.Quote(name.Name)}
	if _, err := c.engine.locks.acquire(ctx, c, key, exclusive); err != nil {
		return "", false, err
	}
	for _, on := range []*link{c.leader, c.catalog()} {
		found, err := c.lookUp(ctx, on, schema, name.Name)
		if err != nil || found != nil {
			return schema, found != nil, err
		}
	}
	return schema, false, nil
}

func (c *conn) schemaFor(ctx context.Context, name rsql.Name, temp bool) (string, error) {
	path := []string{name.Schema}
	switch {
	case temp:
		return tempSchema(c.session.PID), nil
	case name.Schema == "":
		path = c.searchPath()
	case strings.HasPrefix(name.Schema, "pg_"), name.Schema == "information_schema":
		return "", refuse(stateDenied, "permission denied for schema %s", name.Schema)
	}
	for _, schema := range path {
		oid, err := c.schemaOID(ctx, c.catalog(), schema)
		if err != nil || oid != 0 {
			return schema, err
		}
	}
	if name.Schema == "" {
		return "", refuse(stateNoSchema, "no schema has been selected to create in")
	}
	return "", refuse(stateNoSchema, "schema %q does not exist", name.Schema)
}

// define makes a table whose name is free.
func (c *conn) define(ctx context.Context, schema string, s *rsql.CreateTable) (*relation, error) {
	if err := c.changeCatalog(ctx); err != nil {
		return nil, err
	}
	r := &relation{oid: c.engine.oid.Add(1), schema: schema, name: s.Name.Name, kind: "r", temp: strings.HasPrefix(schema, "pg_temp_")}
	var err error
	if r.schemaOID, err = c.namespace(ctx, schema); err != nil {
		return nil, err
	}
	if _, err := c.engine.locks.acquire(ctx, c, lockKey{oid: r.oid}, exclusive); err != nil {
		return nil, err
	}
	for i, column := range s.Columns {
		r.attributes = append(r.attributes, attribute{
			num: int16(i + 1), name: column.Name, typ: column.Type, notNull: column.NotNull,
			def: normalDefault(column.Default), identity: column.Identity,
		})
	}
	if err := c.checkDefaults(ctx, r); err != nil {
		return nil, err
	}
	script := append([]string{physicalTable(r)}, classRows(r, s)...)
	script = append(script, c.attributeRows(r, s)...)
	if s.Layout.NoBackup {
		script = append(script, fmt.Sprintf(`INSERT INTO pg_internal.pg_conf
			SELECT 'pg_class_backup_' || oid || '_%d', 'no' FROM pg_internal.pg_database WHERE datname = %s`, r.oid, quote(c.session.Database)))
	}
	if _, err := c.main.exec(ctx, strings.Join(script, ";\n")); err != nil {
		return nil, err
	}
	return r, c.defineKeys(ctx, r, s)
}

// namespace finds a schema; the session's temporary one is made when it is
// needed first.
func (c *conn) namespace(ctx context.Context, schema string) (uint32, error) {
	oid, err := c.schemaOID(ctx, c.main, schema)
	if err != nil || oid != 0 {
		return oid, err
	}
	if schema != tempSchema(c.session.PID) {
		return 0, refuse(stateNoSchema, "schema %q does not exist", schema)
	}
	oid = c.engine.oid.Add(1)
	_, err = c.main.exec(ctx, "INSERT INTO pg_internal.pg_namespace (oid, nspname) VALUES "+tuple(oid, schema))
	return oid, err
}

func physicalTable(r *relation) string {
	columns := make([]string, len(r.attributes))
	for i, a := range r.attributes {
		columns[i] = redferry.Quote(a.name) + " " + duckType(a.typ)
		if a.notNull {
			columns[i] += " NOT NULL"
		}
	}
	temp := ""
	if r.temp {
		temp = "TEMP "
	}
	return "CREATE " + temp + "TABLE " + r.physical() + " (" + strings.Join(columns, ", ") + ")"
}

func classRows(r *relation, s *rsql.CreateTable) []string {
	dist := map[rsql.DistStyle]int{rsql.DistEven: 0, rsql.DistKey: 1, rsql.DistAll: 8, rsql.DistAuto: 9, rsql.DistUnset: 9}[s.Layout.Dist]
	explicit := slices.ContainsFunc(s.Columns, func(column rsql.Column) bool { return column.Encoding != "" })
	sortAuto := s.Layout.Sort == rsql.SortAuto || s.Layout.Sort == rsql.SortUnset
	return []string{
		"INSERT INTO pg_internal.pg_class (oid, relname, relnamespace, relkind, relnatts, reldiststyle, relhaspkey, relfilenode) VALUES " +
			tuple(r.oid, r.name, r.schemaOID, r.kind, len(r.attributes), dist, s.Primary != nil, r.oid),
		"INSERT INTO pg_internal.layout VALUES " +
			tuple(r.oid, !r.temp && (!explicit || s.Layout.EncodeAuto), sortAuto, time.Now(), nil, nil),
	}
}

// attributeRows describes the columns with their place in the dist and sort keys.
func (c *conn) attributeRows(r *relation, s *rsql.CreateTable) []string {
	var attributes, defaults, identities, script []string
	for i, a := range r.attributes {
		position := slices.Index(s.Layout.SortKey, a.name) + 1
		if s.Layout.Sort == rsql.Interleaved && position%2 == 0 {
			position = -position
		}
		encoding := encodingNumber(s.Columns[i].Encoding, a.typ, position != 0 || r.temp)
		attributes = append(attributes, tuple(r.oid, a.name, a.typ.OID, a.typ.Size, a.num, a.typ.Modifier, a.notNull,
			a.def != "" || a.identity != nil, a.name == s.Layout.DistKey && s.Layout.Dist == rsql.DistKey, position, encoding))
		source := a.def
		if id := a.identity; id != nil {
			source = identitySource(r, a)
			identities = append(identities, tuple(r.oid, a.num, id.Seed, id.Step, id.ByDefault))
			script = append(script, newSequence(r, a))
		}
		if source != "" {
			defaults = append(defaults, tuple(c.engine.oid.Add(1), r.oid, a.num, source, source))
		}
	}
	script = append(script, "INSERT INTO pg_internal.pg_attribute (attrelid, attname, atttypid, attlen, attnum, atttypmod, attnotnull, "+
		"atthasdef, attisdistkey, attsortkeyord, attencodingtype) VALUES "+strings.Join(attributes, ", "))
	if len(defaults) > 0 {
		script = append(script, "INSERT INTO pg_internal.pg_attrdef VALUES "+strings.Join(defaults, ", "))
	}
	if len(identities) > 0 {
		script = append(script, "INSERT INTO pg_internal.identity_columns VALUES "+strings.Join(identities, ", "))
	}
	return script
}

// expandLike puts the columns of the other table in the place of LIKE. As in
// Redshift an IDENTITY becomes a plain column.
func (c *conn) expandLike(ctx context.Context, s *rsql.CreateTable) error {
	parent, err := c.find(ctx, s.Like.Table.Database, s.Like.Table.Schema, s.Like.Table.Name)
	if err != nil {
		return err
	}
	rows, err := c.catalog().rows(ctx, fmt.Sprintf(`SELECT c.reldiststyle, a.attname, a.attisdistkey, a.attsortkeyord
		FROM pg_internal.pg_attribute a JOIN pg_internal.pg_class c ON c.oid = a.attrelid
		WHERE c.oid = %d AND a.attnum > 0 AND NOT a.attisdropped ORDER BY abs(a.attsortkeyord), a.attnum`, parent.oid))
	if err != nil {
		return err
	}
	inheritLayout(&s.Layout, rows)
	var columns []rsql.Column
	for _, a := range parent.attributes {
		column := rsql.Column{Name: a.name, Type: a.typ, NotNull: a.notNull}
		if s.Like.Defaults {
			column.Default = a.def
		}
		columns = append(columns, column)
	}
	s.Columns = slices.Insert(slices.Clone(s.Columns), s.Like.At, columns...)
	return nil
}

func inheritLayout(l *rsql.Layout, rows [][]any) {
	for _, row := range rows {
		name, position := row[1].(string), row[3].(int16)
		if row[2].(bool) {
			l.DistKey = name
		}
		if position == 0 {
			continue
		}
		l.SortKey = append(l.SortKey, name)
		if l.Sort = rsql.Compound; position < 0 {
			l.Sort = rsql.Interleaved
		}
	}
	if len(rows) > 0 {
		l.Dist = map[int16]rsql.DistStyle{0: rsql.DistEven, 1: rsql.DistKey, 8: rsql.DistAll}[rows[0][0].(int16)]
	}
}

// createTableAs is CREATE TABLE ... AS query.
func (c *conn) createTableAs(ctx context.Context, s *rsql.CreateTableAs, d dialect) (*fakeredshift.Result, error) {
	schema, exists, err := c.newName(ctx, s.Name, s.Temp)
	if err != nil {
		return nil, err
	}
	if exists {
		return nil, refuse(stateDoubleTable, "relation %q already exists", s.Name.Name)
	}
	text, err := d.translate(s.Query)
	if err != nil {
		return nil, err
	}
	q, err := c.resolve(ctx, text)
	if err != nil {
		return nil, err
	}
	if err := refuseCatalog(q); err != nil {
		return nil, err
	}
	if err := c.open(ctx); err != nil {
		return nil, err
	}
	columns, err := c.shape(ctx, c.main, q)
	if err != nil {
		return nil, err
	}
	table := &rsql.CreateTable{Name: s.Name, Temp: s.Temp, Layout: s.Layout}
	for i, column := range columns {
		name := column.Name
		if i < len(s.Columns) {
			name = s.Columns[i]
		}
		table.Columns = append(table.Columns, rsql.Column{Name: name, Type: stored(column.Type)})
	}
	r, err := c.define(ctx, schema, table)
	if err != nil {
		return nil, err
	}
	n, err := c.change(ctx, r, "INSERT INTO "+r.physical()+" "+q.sql)
	if err != nil {
		return nil, err
	}
	return &fakeredshift.Result{Tag: s.Tag(), RowsAffected: n}, nil
}

// shape describes the result of a query without running it.
func (c *conn) shape(ctx context.Context, on *link, q *query) ([]fakeredshift.Column, error) {
	rows, err := on.rows(ctx, "DESCRIBE "+q.sql)
	if err != nil {
		return nil, err
	}
	described := &cursor{}
	for _, row := range rows {
		name := row[1].(string)
		for long, short := range map[string]string{"TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ", "TIME WITH TIME ZONE": "TIMETZ"} {
			if name == long {
				name = short
			}
		}
		described.columns = append(described.columns, column{name: row[0].(string), duck: name})
	}
	return columnsOf(described, q.fields), nil
}

// stored is the type of a column that is made from a result: text of no known
// length may be as long as any.
func stored(t fakeredshift.Type) fakeredshift.Type {
	switch {
	case t.OID == rsql.Varchar && t.Modifier < 0:
		return parsedType("varchar(max)")
	case t.OID == rsql.Varbyte && t.Modifier < 0:
		return parsedType("varbyte")
	case t.OID == oidType.OID:
		return parsedType("bigint")
	}
	return t
}
