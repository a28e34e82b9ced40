//go:build cgo

package duck

import (
	"context"
	"strings"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// createView is CREATE [OR REPLACE] VIEW name [(columns)] AS query [WITH NO SCHEMA BINDING].
func (c *conn) createView(ctx context.Context, d dialect, sql string) error {
	s := newClauses(sql, d.keep)
	s.accept("create")
	replace := s.accept("or", "replace")
	if !s.accept("view") {
		return s.unexpected()
	}
	name, err := s.name()
	if err != nil {
		return err
	}
	var columns []string
	if s.peek().Text == "(" {
		if columns, err = s.names(); err != nil {
			return err
		}
	}
	if !s.accept("as") {
		return s.unexpected()
	}
	if n := len(s.tokens); n > 4 && s.tokens[n-1].Is("binding") && s.tokens[n-2].Is("schema") && s.tokens[n-3].Is("no") && s.tokens[n-4].Is("with") {
		s.tokens = s.tokens[:n-4]
	}
	return c.defineView(ctx, d, name, columns, s.rest(), replace)
}

func (c *conn) defineView(ctx context.Context, d dialect, name rsql.Name, columns []string, text string, replace bool) error {
	translated, err := d.translate(text)
	if err != nil {
		return err
	}
	schema, exists, err := c.newName(ctx, name, false)
	if err != nil {
		return err
	}
	if exists {
		old, err := c.find(ctx, "", schema, name.Name)
		if err != nil {
			return err
		}
		if !replace || old.kind != "v" {
			return refuse(stateDoubleTable, "relation %q already exists", name.Name)
		}
		if err := c.drop(ctx, old, true); err != nil {
			return err
		}
	}
	q, err := c.resolve(ctx, translated)
	if err != nil {
		return err
	}
	if err := c.changeCatalog(ctx); err != nil {
		return err
	}
	shape, err := c.shape(ctx, c.main, q)
	if err != nil {
		return err
	}
	r := &relation{oid: c.engine.oid.Add(1), schema: schema, name: name.Name, kind: "v"}
	if r.schemaOID, err = c.namespace(ctx, schema); err != nil {
		return err
	}
	var attributes []string
	names := make([]string, len(shape))
	for i, column := range shape {
		names[i] = column.Name
		if i < len(columns) {
			names[i] = columns[i]
		}
		attributes = append(attributes, tuple(r.oid, names[i], column.Type.OID, column.Type.Size, i+1, column.Type.Modifier, false, false))
	}
	script := []string{
		"CREATE VIEW " + r.physical() + " (" + redferry.QuoteAll(names) + ") AS " + q.sql,
		"INSERT INTO pg_internal.pg_class (oid, relname, relnamespace, relkind, relnatts) VALUES " + tuple(r.oid, r.name, r.schemaOID, "v", len(shape)),
		"INSERT INTO pg_internal.layout VALUES " + tuple(r.oid, false, false, time.Now(), nil, text),
		"INSERT INTO pg_internal.pg_attribute (attrelid, attname, atttypid, attlen, attnum, atttypmod, attnotnull, atthasdef) VALUES " + strings.Join(attributes, ", "),
	}
	for _, ref := range q.refs {
		script = append(script, "INSERT INTO pg_internal.view_relations VALUES "+tuple(r.oid, ref.relation.oid))
	}
	_, err = c.main.exec(ctx, strings.Join(script, ";\n"))
	return err
}

// dropViews is DROP VIEW [IF EXISTS] a, b [CASCADE].
func (c *conn) dropViews(ctx context.Context, d dialect, sql string) error {
	s := newClauses(sql, d.keep)
	s.accept("drop", "view")
	ifExists := s.accept("if", "exists")
	var views []*relation
	for {
		name, err := s.name()
		if err != nil {
			return err
		}
		r, err := c.find(ctx, name.Database, name.Schema, name.Name)
		switch {
		case hasState(err, stateNoTable) && ifExists:
		case err != nil:
			return err
		case r.kind != "v" || r.system:
			return refuse(stateWrongKind, "%q is not a view", r.name)
		default:
			views = append(views, r)
		}
		if !s.accept(",") {
			break
		}
	}
	cascade := s.accept("cascade")
	for _, r := range views {
		if err := c.drop(ctx, r, cascade); err != nil {
			return err
		}
	}
	return nil
}
