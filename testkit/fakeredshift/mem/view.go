package mem

import (
	"context"

	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// createView is CREATE [OR REPLACE] VIEW name [(columns)] AS query.
func (c *conn) createView(ctx context.Context, sql string) error {
	w := c.words(sql)
	w.accept("create")
	replace := w.accept("or", "replace")
	if !w.accept("view") {
		return w.unexpected()
	}
	name, err := w.name()
	if err != nil {
		return err
	}
	var names []string
	if w.is("(") {
		if names, err = w.names(); err != nil {
			return err
		}
	}
	if !w.accept("as") {
		return w.unexpected()
	}
	if n := len(w.tokens); n > 2 && w.tokens[n-1].Is("binding") && w.tokens[n-2].Is("schema") {
		return unsupported("WITH NO SCHEMA BINDING")
	}
	return c.defineView(ctx, name, names, w.rest(), replace)
}

func (c *conn) defineView(ctx context.Context, name rsql.Name, names []string, text string, replace bool) error {
	in, free, err := c.newName(ctx, name, false)
	if err != nil {
		return err
	}
	if !free {
		if err := c.dropReplaced(ctx, in, name, replace); err != nil {
			return err
		}
	}
	q, err := c.parse(text)
	if err != nil {
		return err
	}
	if err := c.readable(ctx, q.Tables()); err != nil {
		return err
	}
	fields, err := q.Columns(&scope{conn: c, ctx: ctx, shape: true}, nil)
	if err != nil {
		return err
	}
	c.engine.mu.Lock()
	defer c.engine.mu.Unlock()
	t := &table{oid: c.engine.newOID(), schema: in, name: name.Name, created: now(), view: &view{definition: text}}
	for i, f := range fields {
		if i < len(names) {
			f.Name = names[i]
		}
		t.columns = append(t.columns, column{num: int16(i + 1), name: f.Name, typ: f.Type})
	}
	for _, read := range q.Tables() {
		if below, err := c.lookUp(read); err == nil && !isSystem(read.Schema, read.Name) {
			t.view.reads = append(t.view.reads, below.oid)
		}
	}
	c.tx.changes.setTable(t.oid, t)
	return nil
}

func (c *conn) dropReplaced(ctx context.Context, in *schema, name rsql.Name, replace bool) error {
	old, err := c.find(rsql.Name{Schema: in.name, Name: name.Name})
	if err != nil {
		return err
	}
	if !replace || old.view == nil {
		return refuse(stateDoubleTable, "relation %q already exists", name.Name)
	}
	if _, err := c.engine.locks.acquire(ctx, c, lockKey{oid: old.oid}, exclusive); err != nil {
		return err
	}
	return c.drop(ctx, old, true)
}

// viewRows runs the query of a view.
func (s *scope) viewRows(t *table) (*query.Relation, error) {
	q, err := s.conn.engine.parsed.query(t.view.definition, false)
	if err != nil {
		return nil, err
	}
	r, err := q.Run(s, nil)
	if err != nil {
		return nil, err
	}
	return &query.Relation{Columns: t.fields(), Rows: r.Rows}, nil
}

// dropViews is DROP VIEW [IF EXISTS] a, b [CASCADE].
func (c *conn) dropViews(ctx context.Context, sql string) error {
	w := c.words(sql)
	w.accept("drop", "view")
	ifExists := w.accept("if", "exists")
	var names []rsql.Name
	for len(names) == 0 || w.accept(",") {
		name, err := w.name()
		if err != nil {
			return err
		}
		names = append(names, name)
	}
	cascade := w.accept("cascade")
	w.accept("restrict")
	if err := w.end(); err != nil {
		return err
	}
	for _, name := range names {
		if err := c.dropView(ctx, name, ifExists, cascade); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) dropView(ctx context.Context, name rsql.Name, ifExists, cascade bool) error {
	t, err := c.find(name)
	switch {
	case ifExists && hasState(err, stateNoTable):
		return nil
	case err != nil:
		return err
	case t.view == nil:
		return refuse(stateWrongKind, "%q is not a view", t.name)
	}
	if _, err := c.engine.locks.acquire(ctx, c, lockKey{oid: t.oid}, exclusive); err != nil {
		return err
	}
	return c.drop(ctx, t, cascade)
}
