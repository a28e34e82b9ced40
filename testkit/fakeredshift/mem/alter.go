package mem

import (
	"context"
	"slices"

	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

func (c *conn) alterTable(ctx context.Context, s *rsql.AlterTable) error {
	found, err := c.target(ctx, s.Table, exclusive)
	if err != nil {
		return err
	}
	if rename, ok := s.Action.(rsql.RenameTable); ok {
		return c.renameTable(ctx, found, rename.To)
	}
	t := found.altered()
	switch a := s.Action.(type) {
	case rsql.AddColumn:
		c.begin()
		err = c.addColumn(t, a.Column)
	case rsql.DropColumn:
		c.begin()
		err = c.alter(t, a)
	default:
		err = c.alter(t, a)
	}
	if err == nil {
		c.tx.changes.setTable(t.oid, t)
	}
	return err
}

func (c *conn) alter(t *table, action rsql.AlterAction) error {
	c.engine.mu.Lock()
	defer c.engine.mu.Unlock()
	switch a := action.(type) {
	case rsql.OwnerTo:
		return nil
	case rsql.AddPrimary:
		return c.addPrimary(t, a.Key)
	case rsql.AddUnique:
		return c.addKey(t, "u", a.Key)
	case rsql.AddForeign:
		return c.addForeign(t, a.Key)
	case rsql.DropConstraint:
		return c.dropConstraint(t, a.Name)
	case rsql.RenameColumn:
		return t.renameColumn(a)
	case rsql.DropColumn:
		return c.dropColumn(t, a)
	case rsql.AlterType:
		return c.alterType(t, a)
	case rsql.AlterEncode:
		return t.alterEncode(a)
	case rsql.AlterLayout:
		return t.alterLayout(a)
	}
	return unsupported("ALTER TABLE APPEND")
}

func (c *conn) addPrimary(t *table, key rsql.Key) error {
	for _, name := range key.Columns {
		a, err := t.column(name)
		if err != nil {
			return refuse(stateNoColumn, "column %q named in key does not exist", name)
		}
		if !a.notNull {
			return refuse(stateBadDefinition, "ALTER TABLE ADD PRIMARY KEY: column %q is not declared NOT NULL", name)
		}
	}
	return c.addKey(t, "p", key)
}

func (c *conn) dropConstraint(t *table, name string) error {
	i := slices.IndexFunc(t.constraints, func(k constraint) bool { return k.name == name })
	if i < 0 {
		return refuse(stateNoObject, "constraint %q does not exist", name)
	}
	c.tx.changes.setComment(commentKey{classOfConstraints, t.constraints[i].oid, 0}, nil)
	t.constraints = slices.Delete(t.constraints, i, i+1)
	return nil
}

func (c *conn) renameTable(ctx context.Context, t *table, to string) error {
	name := rsql.Name{Schema: t.schema.name, Name: to}
	if t.temp() {
		name.Schema = ""
	}
	in, free, err := c.newName(ctx, name, t.temp())
	if err != nil {
		return err
	}
	if !free {
		return refuse(stateDoubleTable, "relation %q already exists", to)
	}
	renamed := t.altered()
	renamed.schema, renamed.name = in, to
	c.tx.changes.setTable(t.oid, renamed)
	return nil
}

func (t *table) renameColumn(a rsql.RenameColumn) error {
	from, err := t.column(a.From)
	if err != nil {
		return err
	}
	if _, err := t.column(a.To); err == nil {
		return refuse(stateDoubleColumn, "column %q of relation %q already exists", a.To, t.name)
	}
	t.columns[from.num-1].name = a.To
	return nil
}

// addColumn gives the new column a number that no column had before. Rows that
// are there get its default.
func (c *conn) addColumn(t *table, given rsql.Column) error {
	if _, err := t.column(given.Name); err == nil {
		return refuse(stateDoubleColumn, "column %q of relation %q already exists", given.Name, t.name)
	}
	c.engine.mu.Lock()
	a := c.newColumn(t, int16(len(t.columns)+1), given, rsql.Layout{})
	c.engine.mu.Unlock()
	a.hasMissing = true
	if a.def != "" {
		bound, err := c.defaultOf(a)
		if err != nil {
			return err
		}
		if a.missing, err = a.assignDefault(bound); err != nil {
			return err
		}
	}
	t.columns = append(t.columns, a)
	return nil
}

// dropColumn leaves the column behind, marked, as PostgreSQL does: its number is
// not used again.
func (c *conn) dropColumn(t *table, s rsql.DropColumn) error {
	a, err := t.column(s.Name)
	if err != nil {
		return err
	}
	if len(t.live()) == 1 {
		return refuse(stateNotSupported, "cannot drop the only column of table %q", t.name)
	}
	if a.distKey || a.sortOrd != 0 {
		return refuse(stateNotSupported, "cannot drop distkey or sortkey column %q", s.Name)
	}
	if !s.Cascade && c.columnIsUsed(t, a.num) {
		return refuse(stateDependents, "cannot drop table %s column %s because other objects depend on it", t.name, s.Name)
	}
	c.dropKeys(t, a.num)
	c.tx.changes.setComment(commentKey{classOfTables, t.oid, int64(a.num)}, nil)
	t.columns[a.num-1] = column{num: a.num, typ: a.typ, dropped: true, encoding: a.encoding}
	return nil
}

// columnIsUsed reports whether a key or a view stands on a column. Views are not
// looked into: each that reads the table counts.
func (c *conn) columnIsUsed(t *table, num int16) bool {
	for _, other := range c.sight().allTables() {
		if other.view != nil && slices.Contains(other.view.reads, t.oid) {
			return true
		}
		for _, k := range other.constraints {
			if other.oid == t.oid && slices.Contains(k.columns, num) || k.parent == t.oid && slices.Contains(k.referred, num) {
				return true
			}
		}
	}
	return false
}

// dropKeys drops the keys that have a column.
func (c *conn) dropKeys(t *table, num int16) {
	for _, other := range c.sight().allTables() {
		if other.oid == t.oid {
			continue
		}
		kept := slices.DeleteFunc(slices.Clone(other.constraints), func(k constraint) bool {
			return k.parent == t.oid && slices.Contains(k.referred, num)
		})
		if len(kept) < len(other.constraints) {
			changed := other.altered()
			changed.constraints = kept
			c.tx.changes.setTable(changed.oid, changed)
		}
	}
	t.constraints = slices.DeleteFunc(t.constraints, func(k constraint) bool {
		return slices.Contains(k.columns, num) || k.parent == t.oid && slices.Contains(k.referred, num)
	})
}

// alterType changes the length of a VARCHAR.
func (c *conn) alterType(t *table, s rsql.AlterType) error {
	a, err := t.column(s.Column)
	if err != nil {
		return err
	}
	if a.typ.OID != rsql.Varchar || s.Type.OID != rsql.Varchar {
		return refuse(stateNotSupported, "ALTER COLUMN TYPE is not supported for column %q: only the length of a VARCHAR can change", s.Column)
	}
	for _, v := range t.data.versions(c.engine.clock, c.tx.stamp) {
		if text, ok := a.value(v.values).(string); ok && len(text) > rsql.Length(s.Type) {
			return refuse(stateNotSupported, "cannot alter column %q to VARCHAR(%d): existing data is longer", s.Column, rsql.Length(s.Type))
		}
	}
	t.columns[a.num-1].typ = s.Type
	return nil
}

// value is the column's part of a row, which may be older than the column.
func (a column) value(values []query.Value) query.Value {
	if int(a.num) > len(values) {
		return a.missing
	}
	return values[a.num-1]
}

func (t *table) alterEncode(s rsql.AlterEncode) error {
	for _, e := range s.Encodings {
		a, err := t.column(e.Column)
		if err != nil {
			return err
		}
		t.columns[a.num-1].encoding = encodingNumber(e.Encoding, a.typ, false)
	}
	t.encodeAuto = false
	return nil
}

// alterLayout changes the dist style, the dist key, the sort key or ENCODE AUTO.
func (t *table) alterLayout(s rsql.AlterLayout) error {
	for _, name := range append([]string{s.Layout.DistKey}, s.Layout.SortKey...) {
		if _, err := t.column(name); err != nil && name != "" {
			return err
		}
	}
	if s.Layout.Dist != rsql.DistUnset {
		t.dist = distStyles[s.Layout.Dist]
	}
	sorted := s.Layout.Sort != rsql.SortUnset || s.NoSort
	if sorted {
		t.sortAuto = s.Layout.Sort == rsql.SortAuto
	}
	for i := range t.columns {
		a := &t.columns[i]
		if s.Layout.Dist != rsql.DistUnset {
			a.distKey = a.name == s.Layout.DistKey && !a.dropped
		}
		if sorted {
			a.sortOrd = int64(slices.Index(s.Layout.SortKey, a.name) + 1)
			if s.Layout.Sort == rsql.Interleaved && a.sortOrd%2 == 0 {
				a.sortOrd = -a.sortOrd
			}
		}
	}
	t.encodeAuto = t.encodeAuto || s.Layout.EncodeAuto
	return nil
}
