//go:build cgo

package duck

import (
	"context"
	"slices"
	"strings"
)

// A query is a query of a user, translated, checked and resolved.
type query struct {
	sql    string   // for DuckDB
	parts  []string // of which sql is made
	tree   node
	fields []field
	refs   []reference
}

// resolve binds the query that parts make when joined, and puts the physical
// name in the place of every relation. Parts let a statement that is no query
// be resolved as one and taken apart again.
func (c *conn) resolve(ctx context.Context, parts ...string) (*query, error) {
	for {
		q, err := c.bind(ctx, strings.Join(parts, ""))
		if err != nil {
			return nil, err
		}
		waited, err := c.lockRead(ctx, q.refs)
		if err != nil {
			return nil, err
		}
		if !waited {
			q.splice(parts)
			c.tick(q.sql)
			return q, nil
		}
	}
}

func (c *conn) bind(ctx context.Context, sql string) (*query, error) {
	tree, err := c.leader.parse(ctx, sql)
	if err != nil {
		return nil, err
	}
	b := &binder{ctx: ctx, find: c.find}
	q := &query{tree: tree, fields: b.query(tree, nil), refs: b.refs}
	if b.err != nil {
		return nil, b.err
	}
	return q, b.checkNodes()
}

// lockRead takes the readers' locks of all tables, and reports whether it had
// to wait: what it waited for may have changed them.
func (c *conn) lockRead(ctx context.Context, refs []reference) (waited bool, err error) {
	for _, ref := range refs {
		if ref.relation.system {
			continue
		}
		w, err := c.engine.locks.acquire(ctx, c, lockKey{oid: ref.relation.oid}, shared)
		if err != nil {
			return false, err
		}
		waited = waited || w
	}
	return waited && !c.tx.begun, nil
}

// splice replaces the names of the relations in parts.
func (q *query) splice(parts []string) {
	q.parts = slices.Clone(parts)
	refs := slices.Clone(q.refs)
	slices.SortFunc(refs, func(a, b reference) int { return b.position - a.position })
	for _, ref := range refs {
		if ref.position < 0 {
			continue
		}
		part, offset := 0, ref.position
		for part < len(parts) && offset >= len(parts[part]) {
			offset -= len(parts[part])
			part++
		}
		if part == len(parts) {
			continue
		}
		text := q.parts[part]
		q.parts[part] = text[:offset] + ref.relation.physical() + text[offset+nameLength(text[offset:], ref.parts):]
	}
	q.sql = strings.Join(q.parts, "")
}

// nameLength is how long a name of n parts is at the start of text, which has
// blanks between all tokens.
func nameLength(text string, n int) int {
	at := 0
	for i := range n {
		if i > 0 {
			at += strings.Index(text[at:], ".") + 1
			at += len(text[at:]) - len(strings.TrimLeft(text[at:], " "))
		}
		at += identifierLength(text[at:])
	}
	return at
}

func identifierLength(text string) int {
	if !strings.HasPrefix(text, `"`) {
		if i := strings.IndexAny(text, " .();,"); i >= 0 {
			return i
		}
		return len(text)
	}
	for i := 1; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		if i+1 < len(text) && text[i+1] == '"' {
			i++
			continue
		}
		return i + 1
	}
	return len(text)
}

// readsData reports whether the query reads a table of a user, which takes the
// snapshot of the transaction.
func (q *query) readsData() bool {
	return slices.ContainsFunc(q.refs, func(r reference) bool { return !r.relation.system })
}

// reader is the connection for q: that of the transaction, or the leader's,
// which sees what is committed by now.
func (c *conn) reader(ctx context.Context, q *query) (*link, error) {
	on := c.leader
	if q.readsData() {
		if err := c.open(ctx); err != nil {
			return nil, err
		}
		on = c.main
	} else if c.tx.catalog {
		on = c.main
	}
	if err := c.engine.writeHistory(ctx, q); err != nil {
		return nil, err
	}
	return on, on.brief(ctx, &c.briefing)
}
