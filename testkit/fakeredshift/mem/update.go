package mem

import (
	"context"
	"fmt"
	"slices"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A change is one UPDATE or DELETE under way.
type change struct {
	*conn
	words  *words
	scope  *scope
	args   []*string
	table  *table
	source query.Source
	where  *query.Bound // nil without WHERE
}

// beginChange reads the table of an UPDATE or DELETE with its alias, and locks it.
func (c *conn) beginChange(ctx context.Context, w *words, args []*string, except ...string) (*change, error) {
	name, err := w.name()
	if err != nil {
		return nil, err
	}
	alias, err := w.alias(except...)
	if err != nil {
		return nil, err
	}
	t, err := c.target(ctx, name, writing)
	if err != nil {
		return nil, err
	}
	u := &change{conn: c, words: w, scope: &scope{conn: c, ctx: ctx}, args: args, table: t}
	u.source = query.Source{Schema: t.schema.name, Name: t.name, Columns: t.fields()}
	if alias != "" {
		u.source.Schema, u.source.Name = "", alias
	}
	return u, nil
}

// start takes the other locks, the snapshot, and the time of the work.
func (u *change) start(ctx context.Context, s *rsql.Other) error {
	if err := u.readable(ctx, s.Tables); err != nil {
		return err
	}
	u.begin()
	return u.conn.work(ctx)
}

// condition reads WHERE.
func (u *change) condition() error {
	if u.words.accept("where") {
		e, err := u.words.expression()
		if err != nil {
			return err
		}
		if u.where, err = e.Bind(u.scope, &u.source, u.args); err != nil {
			return err
		}
	}
	return u.words.end()
}

// hit are the versions that WHERE is true for.
func (u *change) hit() ([]*version, error) {
	u.engine.mu.Lock()
	versions, err := u.see(u.table)
	u.engine.mu.Unlock()
	noteTable(&u.tx.read, u.table.oid)
	if err != nil || u.where == nil {
		return versions, err
	}
	hit := versions[:0]
	for _, v := range versions {
		ok, err := u.where.Test(u.table.row(v.values))
		if err != nil {
			return nil, err
		}
		if ok {
			hit = append(hit, v)
		}
		if err := u.scope.Interrupted(); err != nil {
			return nil, err
		}
	}
	return hit, nil
}

// deleteFrom is DELETE [FROM] t [WHERE ...].
func (c *conn) deleteFrom(ctx context.Context, s *rsql.Other, sql string, args []*string) (*fakeredshift.Result, error) {
	w := c.words(sql)
	w.accept("delete")
	w.accept("from")
	u, err := c.beginChange(ctx, w, args, "using", "where")
	if err != nil {
		return nil, err
	}
	if w.is("using") {
		return nil, unsupported("DELETE with USING")
	}
	if err := u.start(ctx, s); err != nil {
		return nil, err
	}
	if err := u.condition(); err != nil {
		return nil, err
	}
	hit, err := u.hit()
	if err != nil {
		return nil, err
	}
	if err := c.removeAll(u.table, hit); err != nil {
		return nil, err
	}
	n := int64(len(hit))
	return &fakeredshift.Result{Tag: fmt.Sprintf("DELETE %d", n), RowsAffected: n}, nil
}

// update is UPDATE t SET a = ... [WHERE ...].
func (c *conn) update(ctx context.Context, s *rsql.Other, sql string, args []*string) (*fakeredshift.Result, error) {
	w := c.words(sql)
	w.accept("update")
	u, err := c.beginChange(ctx, w, args, "set")
	if err != nil {
		return nil, err
	}
	if err := u.start(ctx, s); err != nil {
		return nil, err
	}
	sets, err := u.assignments()
	if err != nil {
		return nil, err
	}
	if w.is("from") {
		return nil, unsupported("UPDATE with FROM")
	}
	if err := u.condition(); err != nil {
		return nil, err
	}
	hit, err := u.hit()
	if err != nil {
		return nil, err
	}
	rows, err := u.changed(hit, sets)
	if err != nil {
		return nil, err
	}
	if err := c.removeAll(u.table, hit); err != nil {
		return nil, err
	}
	if err := c.insert(u.table, rows); err != nil {
		return nil, err
	}
	n := int64(len(hit))
	return &fakeredshift.Result{Tag: fmt.Sprintf("UPDATE %d", n), RowsAffected: n}, nil
}

// A set is column = expression.
type set struct {
	column
	to        *query.Bound // nil is NULL
	isDefault bool
}

// value is the new value for a row.
func (s set) value(row []query.Value) (query.Value, error) {
	switch {
	case s.to == nil:
		return nil, nil
	case s.isDefault:
		return s.assignDefault(s.to)
	}
	return s.to.Assign(row, s.field())
}

func (u *change) assignments() ([]set, error) {
	if !u.words.accept("set") {
		return nil, u.words.unexpected()
	}
	var sets []set
	for {
		s, err := u.assignment()
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(sets, func(other set) bool { return other.num == s.num }) {
			return nil, refuse(stateSyntax, "multiple assignments to same column %q", s.name)
		}
		sets = append(sets, s)
		if !u.words.accept(",") {
			return sets, nil
		}
	}
}

func (u *change) assignment() (set, error) {
	name, err := u.words.identifier()
	if err != nil {
		return set{}, err
	}
	a, err := u.table.column(name)
	switch {
	case err != nil:
		return set{}, err
	case a.always():
		return set{}, identityRefused()
	case !u.words.accept("="):
		return set{}, u.words.unexpected()
	case u.words.accept("default"):
		if a.def == "" {
			return set{column: a}, nil
		}
		to, err := u.defaultOf(a)
		return set{a, to, true}, err
	}
	e, err := u.words.expression()
	if err != nil {
		return set{}, err
	}
	to, err := e.Bind(u.scope, &u.source, u.args)
	return set{column: a, to: to}, err
}

// changed are the new values of versions.
func (u *change) changed(versions []*version, sets []set) ([][]query.Value, error) {
	rows := make([][]query.Value, len(versions))
	for i, v := range versions {
		row := make([]query.Value, len(u.table.columns))
		for j, a := range u.table.columns {
			row[j] = a.value(v.values)
		}
		seen := u.table.row(v.values)
		for _, s := range sets {
			value, err := s.value(seen)
			if err != nil {
				return nil, err
			}
			row[s.num-1] = value
		}
		rows[i] = row
	}
	return rows, nil
}
