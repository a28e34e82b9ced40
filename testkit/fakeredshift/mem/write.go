package mem

import (
	"slices"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
)

// field is the column as a query sees it.
func (a column) field() fakeredshift.Column { return fakeredshift.Column{Name: a.name, Type: a.typ} }

// fields are the columns of t as a query sees them.
func (t *table) fields() []fakeredshift.Column {
	live := t.live()
	fields := make([]fakeredshift.Column, len(live))
	for i, a := range live {
		fields[i] = a.field()
	}
	return fields
}

// whole reports whether rows of n values have exactly the live columns of t.
func (t *table) whole(n int) bool { return n == len(t.columns) && len(t.live()) == n }

// row is what a query sees of a version's values.
func (t *table) row(values []query.Value) []query.Value {
	if t.whole(len(values)) {
		return values
	}
	live := t.live()
	row := make([]query.Value, len(live))
	for i, a := range live {
		row[i] = a.value(values)
	}
	return row
}

// see returns the versions of t that the transaction sees, and refuses a table
// that is newer than its snapshot. It is used under Engine.mu, after begin.
func (c *conn) see(t *table) ([]*version, error) {
	if !seen(t.data.made, c.tx.snapshot, c.tx.stamp) {
		return nil, &fakeredshift.Error{SQLState: stateInternal, Code: codeNoRelation, Message: "1018", Detail: "Relation does not exist"}
	}
	return t.data.versions(c.tx.snapshot, c.tx.stamp), nil
}

// insert adds rows to t; each has a value for every column by attnum.
func (c *conn) insert(t *table, rows [][]query.Value) error {
	c.begin()
	for _, row := range rows {
		for i, a := range t.columns {
			if a.notNull && row[i] == nil {
				return nullRefused(a)
			}
		}
	}
	c.engine.mu.Lock()
	defer c.engine.mu.Unlock()
	own := c.tx.own()
	versions := make([]version, len(rows))
	for i, row := range rows {
		versions[i] = version{values: row, made: own}
		t.data.rows = append(t.data.rows, &versions[i])
	}
	t.data.added += int64(len(rows))
	c.tx.touch(t.data)
	noteTable(&c.tx.wrote, t.oid)
	return nil
}

func nullRefused(a column) error {
	return &fakeredshift.Error{SQLState: stateInternal, Code: codeNull, Message: "Cannot insert a NULL value into column " + a.name}
}

// remove deletes a version. It is used under Engine.mu.
func (c *conn) remove(t *table, v *version) {
	v.gone = c.tx.own()
	c.tx.touch(t.data)
	if !slices.Contains(c.tx.dirtied, t.data) {
		c.tx.dirtied = append(c.tx.dirtied, t.data)
	}
	noteTable(&c.tx.wrote, t.oid)
}

// removeAll deletes versions that the transaction sees, and refuses to if another
// one has deleted some of them since its snapshot.
func (c *conn) removeAll(t *table, versions []*version) error {
	c.engine.mu.Lock()
	defer c.engine.mu.Unlock()
	for _, v := range versions {
		if v.gone != nil {
			return conflict(t.oid)
		}
	}
	for _, v := range versions {
		c.remove(t, v)
	}
	return nil
}
