package mem

import (
	"context"
	"slices"
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

func (c *conn) createSchema(ctx context.Context, s *rsql.CreateSchema) error {
	if strings.HasPrefix(s.Name, "pg_") {
		return refuse(stateReserved, "unacceptable schema name %q", s.Name)
	}
	exists := func() bool {
		c.engine.mu.Lock()
		defer c.engine.mu.Unlock()
		return c.sight().schema(s.Name) != nil
	}
	if !exists() {
		if _, err := c.engine.locks.acquire(ctx, c, nameKey(s.Name), exclusive); err != nil {
			return err
		}
	}
	switch {
	case !exists():
		c.engine.mu.Lock()
		defer c.engine.mu.Unlock()
		c.tx.changes.setSchema(s.Name, &schema{oid: c.engine.newOID(), name: s.Name, owner: ownerID})
		return nil
	case s.IfNotExists:
		return nil
	}
	return refuse(stateDoubleSchema, "schema %q already exists", s.Name)
}

func (c *conn) createTable(ctx context.Context, s *rsql.CreateTable) error {
	in, free, err := c.newName(ctx, s.Name, s.Temp)
	if err != nil {
		return err
	}
	c.begin()
	if !free && s.IfNotExists {
		return nil
	}
	if !free {
		return refuse(stateDoubleTable, "relation %q already exists", s.Name.Name)
	}
	if s.Like != nil {
		if err := c.expandLike(s); err != nil {
			return err
		}
	}
	_, err = c.define(ctx, in, s)
	return err
}

// newName finds the schema for a new relation and takes the name, if it is free:
// two who create the same name stand in line.
func (c *conn) newName(ctx context.Context, name rsql.Name, temp bool) (in *schema, free bool, err error) {
	look := func() error {
		c.engine.mu.Lock()
		defer c.engine.mu.Unlock()
		if in, err = c.schemaFor(name, temp); err == nil {
			free = c.sight().table(tableName{in.name, name.Name}) == nil
		}
		return err
	}
	if err := look(); err != nil || !free {
		return in, false, err
	}
	if _, err := c.engine.locks.acquire(ctx, c, nameKey(in.name), shared); err != nil {
		return nil, false, err
	}
	if _, err := c.engine.locks.acquire(ctx, c, nameKey(in.name, name.Name), exclusive); err != nil {
		return nil, false, err
	}
	err = look()
	return in, free, err
}

// schemaFor is used under Engine.mu.
func (c *conn) schemaFor(name rsql.Name, temp bool) (*schema, error) {
	if name.Database != "" && name.Database != c.session.Database {
		return nil, refuse(stateNotSupported, "cross-database reference to database %q is not supported", name.Database)
	}
	path := []string{name.Schema}
	switch {
	case temp:
		return c.temporary(), nil
	case name.Schema == "":
		path = c.searchPath()
	case strings.HasPrefix(name.Schema, "pg_"), name.Schema == hiddenInformation:
		return nil, refuse(stateDenied, "permission denied for schema %s", name.Schema)
	}
	for _, in := range path {
		if s := c.sight().schema(in); s != nil {
			return s, nil
		}
	}
	if name.Schema == "" {
		return nil, refuse(stateNoSchema, "no schema has been selected to create in")
	}
	return nil, refuse(stateNoSchema, "schema %q does not exist", name.Schema)
}

// temporary is the session's schema of temporary tables, made when it is needed
// first.
func (c *conn) temporary() *schema {
	name := tempSchema(c.session.PID)
	if s := c.sight().schema(name); s != nil {
		return s
	}
	s := &schema{oid: c.engine.newOID(), name: name, owner: ownerID}
	c.tx.changes.setSchema(name, s)
	return s
}

// define makes a table whose name is free.
func (c *conn) define(ctx context.Context, in *schema, s *rsql.CreateTable) (*table, error) {
	t, err := c.newTable(in, s)
	if err != nil {
		return nil, err
	}
	if _, err := c.engine.locks.acquire(ctx, c, lockKey{oid: t.oid}, exclusive); err != nil {
		return nil, err
	}
	if err := c.checkDefaults(t); err != nil {
		return nil, err
	}
	c.engine.mu.Lock()
	defer c.engine.mu.Unlock()
	c.tx.changes.setTable(t.oid, t)
	return t, c.defineKeys(t, s)
}

func (c *conn) newTable(in *schema, s *rsql.CreateTable) (*table, error) {
	c.engine.mu.Lock()
	defer c.engine.mu.Unlock()
	explicit := slices.ContainsFunc(s.Columns, func(column rsql.Column) bool { return column.Encoding != "" })
	t := &table{
		oid: c.engine.newOID(), schema: in, name: s.Name.Name, dist: distStyles[s.Layout.Dist],
		encodeAuto: !isTemp(in.name) && (!explicit || s.Layout.EncodeAuto),
		sortAuto:   s.Layout.Sort == rsql.SortAuto || s.Layout.Sort == rsql.SortUnset,
		noBackup:   s.Layout.NoBackup, created: now(), data: &storage{made: c.tx.own()},
	}
	for i, given := range s.Columns {
		t.columns = append(t.columns, c.newColumn(t, int16(i+1), given, s.Layout))
	}
	return t, nil
}

// distStyles are the values of pg_class.reldiststyle.
var distStyles = map[rsql.DistStyle]int64{
	rsql.DistEven: 0, rsql.DistKey: 1, rsql.DistAll: 8, rsql.DistAuto: 9, rsql.DistUnset: 9,
}

// expandLike puts the columns of the other table in the place of LIKE. As in
// Redshift an IDENTITY becomes a plain column.
func (c *conn) expandLike(s *rsql.CreateTable) error {
	parent, err := c.find(s.Like.Table)
	if err != nil {
		return err
	}
	inheritLayout(&s.Layout, parent)
	var columns []rsql.Column
	for _, a := range parent.live() {
		column := rsql.Column{Name: a.name, Type: a.typ, NotNull: a.notNull}
		if s.Like.Defaults {
			column.Default = a.def
		}
		columns = append(columns, column)
	}
	s.Columns = slices.Insert(slices.Clone(s.Columns), s.Like.At, columns...)
	return nil
}

func inheritLayout(l *rsql.Layout, parent *table) {
	for _, a := range parent.sortKey() {
		l.SortKey = append(l.SortKey, a.name)
		if l.Sort = rsql.Compound; slices.ContainsFunc(parent.columns, func(a column) bool { return a.sortOrd < 0 }) {
			l.Sort = rsql.Interleaved
		}
	}
	for _, a := range parent.live() {
		if a.distKey {
			l.DistKey = a.name
		}
	}
	l.Dist = map[int64]rsql.DistStyle{0: rsql.DistEven, 1: rsql.DistKey, 8: rsql.DistAll}[parent.dist]
}

// sortKey are the columns of the sort key in its order.
func (t *table) sortKey() []column {
	key := slices.DeleteFunc(slices.Clone(t.live()), func(a column) bool { return a.sortOrd == 0 })
	slices.SortFunc(key, func(a, b column) int { return int(max(a.sortOrd, -a.sortOrd) - max(b.sortOrd, -b.sortOrd)) })
	return key
}
