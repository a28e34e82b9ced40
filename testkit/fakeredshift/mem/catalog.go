package mem

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A schema is one namespace. It does not change.
type schema struct {
	oid   uint32
	name  string
	owner int64
}

// A tableName is the full name of a table or view.
type tableName struct{ schema, name string }

// A table is the definition of a table or view. It does not change: who alters
// it makes another one with the same oid.
type table struct {
	oid         uint32
	schema      *schema
	name        string
	columns     []column // by attnum, dropped ones among them
	constraints []constraint
	dist        int64 // pg_class.reldiststyle
	encodeAuto  bool
	sortAuto    bool
	noBackup    bool
	risk        string // svv_table_info.risk_event
	created     time.Time
	view        *view    // nil for a table
	data        *storage // nil for a view
}

// A view is what is special about a view.
type view struct {
	definition string
	reads      []uint32 // oids
}

// A column is one column of a table.
type column struct {
	num        int16 // attnum
	name       string
	typ        fakeredshift.Type
	notNull    bool
	dropped    bool
	def        string // the default in Redshift's SQL, empty without
	defOID     uint32 // of its row in pg_attrdef, which an identity has, too
	identity   *identity
	encoding   int64
	distKey    bool
	sortOrd    int64
	missing    any  // the value of rows that are older than the column
	hasMissing bool // there may be such rows
}

// An identity is IDENTITY of a column. Its counter never goes back, not even
// with a transaction.
type identity struct {
	rsql.Identity
	next *int64 // guarded by Engine.mu
}

// A constraint is a primary key ("p"), a unique constraint ("u") or a foreign
// key ("f").
type constraint struct {
	oid      uint32
	name     string
	kind     string
	columns  []int16
	parent   uint32
	referred []int16
}

func (t *table) full() tableName { return tableName{t.schema.name, t.name} }
func (t *table) temp() bool      { return isTemp(t.schema.name) }

func tempSchema(pid int32) string { return fmt.Sprintf("pg_temp_%d", pid) }
func isTemp(schema string) bool   { return strings.HasPrefix(schema, "pg_temp_") }

// live are the columns that are not dropped.
func (t *table) live() []column {
	if !slices.ContainsFunc(t.columns, func(c column) bool { return c.dropped }) {
		return t.columns
	}
	return slices.DeleteFunc(slices.Clone(t.columns), func(c column) bool { return c.dropped })
}

func (t *table) column(name string) (column, error) {
	for _, c := range t.columns {
		if c.name == name && !c.dropped {
			return c, nil
		}
	}
	return column{}, refuse(stateNoColumn, "column %q of relation %q does not exist", name, t.name)
}

// altered is a copy of t to be changed.
func (t *table) altered() *table {
	copied := *t
	copied.columns = slices.Clone(t.columns)
	copied.constraints = slices.Clone(t.constraints)
	return &copied
}

// A commentKey is what a comment is on: a row of pg_description.
type commentKey struct {
	class, object uint32
	part          int64
}

// A catalog is all that is committed.
type catalog struct {
	schemas  map[string]*schema
	tables   map[uint32]*table
	names    map[tableName]*table
	comments map[commentKey]string
}

func newCatalog() *catalog {
	c := &catalog{
		schemas: make(map[string]*schema), tables: make(map[uint32]*table),
		names: make(map[tableName]*table), comments: make(map[commentKey]string),
	}
	for _, s := range []*schema{{11, hidden, 1}, {99, "pg_toast", 1}, {2200, "public", 1}, {10000, hiddenInformation, 1}} {
		c.schemas[s.name] = s
	}
	return c
}

// changes are what a transaction has changed in the catalog; nil stands for what
// it dropped.
type changes struct {
	schemas  map[string]*schema
	tables   map[uint32]*table
	comments map[commentKey]*string
}

func (c *changes) empty() bool { return len(c.schemas)+len(c.tables)+len(c.comments) == 0 }

func (c *changes) setSchema(name string, s *schema) {
	if c.schemas == nil {
		c.schemas = make(map[string]*schema)
	}
	c.schemas[name] = s
}

func (c *changes) setTable(oid uint32, t *table) {
	if c.tables == nil {
		c.tables = make(map[uint32]*table)
	}
	c.tables[oid] = t
}

func (c *changes) setComment(key commentKey, text *string) {
	if c.comments == nil {
		c.comments = make(map[commentKey]*string)
	}
	c.comments[key] = text
}

// apply makes the changes of a transaction those of everybody.
func (c *catalog) apply(changed *changes) {
	for name, s := range changed.schemas {
		if c.schemas[name] = s; s == nil {
			delete(c.schemas, name)
		}
	}
	for oid := range changed.tables {
		if old := c.tables[oid]; old != nil {
			delete(c.names, old.full())
			delete(c.tables, oid)
		}
	}
	for oid, t := range changed.tables {
		if t != nil {
			c.tables[oid], c.names[t.full()] = t, t
		}
	}
	for key, text := range changed.comments {
		if text == nil {
			delete(c.comments, key)
		} else {
			c.comments[key] = *text
		}
	}
}

// A sight is the catalog as a session sees it: what is committed by now, and
// what its own transaction has changed. It is used under Engine.mu.
type sight struct {
	*catalog
	own *changes
}

func (s sight) schema(name string) *schema {
	if found, ok := s.own.schemas[name]; ok {
		return found
	}
	return s.catalog.schemas[name]
}

func (s sight) table(name tableName) *table {
	for _, t := range s.own.tables {
		if t != nil && t.full() == name {
			return t
		}
	}
	t := s.names[name]
	if t == nil {
		return nil
	}
	if _, changed := s.own.tables[t.oid]; changed {
		return nil
	}
	return t
}

func (s sight) byOID(oid uint32) *table {
	if t, ok := s.own.tables[oid]; ok {
		return t
	}
	return s.tables[oid]
}

func (s sight) comment(key commentKey) (string, bool) {
	if text, ok := s.own.comments[key]; ok {
		if text == nil {
			return "", false
		}
		return *text, true
	}
	text, ok := s.catalog.comments[key]
	return text, ok
}

// allTables are all tables and views by oid.
func (s sight) allTables() []*table {
	all := make([]*table, 0, len(s.tables)+len(s.own.tables))
	for oid, t := range s.tables {
		if _, changed := s.own.tables[oid]; !changed {
			all = append(all, t)
		}
	}
	for _, t := range s.own.tables {
		if t != nil {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b *table) int { return int(a.oid) - int(b.oid) })
	return all
}

// allSchemas are all schemas by oid.
func (s sight) allSchemas() []*schema {
	merged := maps.Clone(s.schemas)
	maps.Copy(merged, s.own.schemas)
	all := slices.DeleteFunc(slices.Collect(maps.Values(merged)), func(s *schema) bool { return s == nil })
	slices.SortFunc(all, func(a, b *schema) int { return int(a.oid) - int(b.oid) })
	return all
}

// allComments are the keys of all comments in order.
func (s sight) allComments() []commentKey {
	keys := slices.Collect(maps.Keys(s.comments))
	for key := range s.own.comments {
		if _, ok := s.comments[key]; !ok {
			keys = append(keys, key)
		}
	}
	keys = slices.DeleteFunc(keys, func(key commentKey) bool { _, ok := s.comment(key); return !ok })
	slices.SortFunc(keys, func(a, b commentKey) int {
		return slices.Compare([]int64{int64(a.object), int64(a.class), a.part}, []int64{int64(b.object), int64(b.class), b.part})
	})
	return keys
}
