//go:build cgo

package duck

import (
	"context"
	"fmt"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
)

// update is UPDATE t SET a = ... [FROM ...] [WHERE ...].
func (c *conn) update(ctx context.Context, d dialect, sql string) (*fakeredshift.Result, error) {
	s := newClauses(sql, d.keep)
	s.next = 1
	r, alias, err := c.changed(ctx, s, "set")
	if err != nil {
		return nil, err
	}
	if !s.accept("set") {
		return nil, s.unexpected()
	}
	var columns []attribute
	parts := []string{"SELECT "}
	for {
		a, expression, err := assignment(s, d, r)
		if err != nil {
			return nil, err
		}
		columns = append(columns, a)
		parts = append(parts, expression, ", ")
		if !s.accept(",") {
			break
		}
	}
	parts[len(parts)-1] = " FROM "
	parts = append(parts, r.physicalName()+alias)
	tail, err := tailOf(s, d, "from")
	if err != nil {
		return nil, err
	}
	q, err := c.resolve(ctx, append(parts, tail.parts(", ")...)...)
	if err != nil {
		return nil, err
	}
	sets := make([]string, len(columns))
	for i, a := range columns {
		sets[i] = redferry.Quote(a.name) + " = " + assigned(a.typ, q.parts[2*i+1])
	}
	tail.take(q.parts[len(parts):])
	n, err := c.change(ctx, r, "UPDATE "+r.physical()+alias+" SET "+strings.Join(sets, ", ")+tail.text(" FROM "))
	if err != nil {
		return nil, err
	}
	return &fakeredshift.Result{Tag: fmt.Sprintf("UPDATE %d", n), RowsAffected: n}, nil
}

// deleteFrom is DELETE [FROM] t [USING ...] [WHERE ...].
func (c *conn) deleteFrom(ctx context.Context, d dialect, sql string) (*fakeredshift.Result, error) {
	s := newClauses(sql, d.keep)
	s.next = 1
	s.accept("from")
	r, alias, err := c.changed(ctx, s, "using", "where")
	if err != nil {
		return nil, err
	}
	tail, err := tailOf(s, d, "using")
	if err != nil {
		return nil, err
	}
	parts := []string{"SELECT 1 FROM ", r.physicalName() + alias}
	q, err := c.resolve(ctx, append(parts, tail.parts(", ")...)...)
	if err != nil {
		return nil, err
	}
	tail.take(q.parts[len(parts):])
	n, err := c.change(ctx, r, "DELETE FROM "+r.physical()+alias+tail.text(" USING "))
	if err != nil {
		return nil, err
	}
	return &fakeredshift.Result{Tag: fmt.Sprintf("DELETE %d", n), RowsAffected: n}, nil
}

// changed reads the table of an UPDATE or DELETE with its alias, and locks it.
func (c *conn) changed(ctx context.Context, s *clauses, except ...string) (*relation, string, error) {
	name, err := s.name()
	if err != nil {
		return nil, "", err
	}
	alias, err := s.alias(except...)
	if err != nil {
		return nil, "", err
	}
	r, err := c.target(ctx, name, writing)
	if err != nil || alias == "" {
		return r, "", err
	}
	return r, " AS " + redferry.Quote(alias), nil
}

// physicalName is the name by which a query that is resolved finds r.
func (r *relation) physicalName() string {
	return redferry.Quote(r.schema) + "." + redferry.Quote(r.name)
}

// assignment reads column = expression.
func assignment(s *clauses, d dialect, r *relation) (attribute, string, error) {
	name, err := s.identifier()
	if err != nil {
		return attribute{}, "", err
	}
	a, err := r.attribute(name)
	if err != nil {
		return attribute{}, "", err
	}
	if a.identity != nil && !a.identity.ByDefault {
		return attribute{}, "", refuse(stateNotSupported, "cannot set an identity column to a value")
	}
	if !s.accept("=") {
		return attribute{}, "", s.unexpected()
	}
	text := s.until(",", "from", "where")
	if strings.EqualFold(text, "default") {
		if text = a.def; text == "" {
			text = "NULL"
		}
	}
	expression, err := d.translate(text)
	if err == nil && expression == "" {
		err = s.unexpected()
	}
	return a, "(" + expression + ")", err
}

// A tail is what follows the table: other tables, and WHERE.
type tail struct{ others, where string }

func tailOf(s *clauses, d dialect, word string) (*tail, error) {
	t := &tail{}
	var err error
	if s.accept(word) {
		if t.others, err = d.translate(s.until("where")); err != nil {
			return nil, err
		}
	}
	if s.accept("where") {
		if t.where, err = d.translate(s.rest()); err != nil {
			return nil, err
		}
	}
	if s.next < len(s.tokens) {
		return nil, s.unexpected()
	}
	return t, nil
}

// parts are the pieces of a query behind its first table.
func (t *tail) parts(join string) []string {
	var parts []string
	if t.others != "" {
		parts = append(parts, join, t.others)
	}
	if t.where != "" {
		parts = append(parts, " WHERE ", t.where)
	}
	return parts
}

// take puts in what [tail.parts] has become.
func (t *tail) take(parts []string) {
	if t.others != "" {
		t.others = parts[1]
		parts = parts[2:]
	}
	if t.where != "" {
		t.where = parts[1]
	}
}

func (t *tail) text(word string) string { return strings.Join(t.parts(word), "") }
