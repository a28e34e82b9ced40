package rsql

import (
	"slices"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// Limits of a table. Source: Database Developer Guide, "CREATE TABLE".
const (
	maxColumns     = 1600
	maxCompound    = 400
	maxInterleaved = 8
)

// checkTable holds a whole definition against the rules that connect its parts.
func (p *parser) checkTable(t *CreateTable) {
	if p.err != nil {
		return
	}
	if t.Like != nil && (t.Layout.Dist != DistUnset || t.Layout.Sort != SortUnset || t.Layout.NoBackup) {
		p.fail(syntaxError, "DISTSTYLE, DISTKEY, SORTKEY and BACKUP cannot be set in CREATE TABLE LIKE")
		return
	}
	p.checkColumns(t)
	p.checkKeys(t)
	if t.Like == nil {
		p.checkLayout(names(t.Columns), t.Layout)
	}
	p.checkKeyTypes(t)
	if t.Primary != nil {
		for i := range t.Columns {
			if slices.Contains(t.Primary.Columns, t.Columns[i].Name) {
				t.Columns[i].NotNull = true
			}
		}
	}
}

func names(columns []Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

func (p *parser) checkColumns(t *CreateTable) {
	if len(t.Columns) > maxColumns {
		p.fail("54011", "tables can have at most %d columns", maxColumns)
	}
	seen := make(map[string]bool, len(t.Columns))
	for _, c := range t.Columns {
		if seen[c.Name] {
			p.fail(duplicateColumn, "column %q duplicated", c.Name)
		}
		seen[c.Name] = true
		p.checkColumn(c)
	}
}

// checkColumn holds one column against the rules that need no other.
func (p *parser) checkColumn(c Column) {
	switch c.Name {
	case "oid", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid":
		p.fail(duplicateColumn, "column name %q conflicts with a system column name", c.Name)
	}
	if c.Encoding != "" && !slices.Contains(encodable(c.Encoding), c.Type.OID) {
		p.fail(unsupported, "invalid encoding type specified for column %q: %s is not for %s", c.Name, c.Encoding, TypeText(c.Type))
	}
	if c.Identity != nil && c.Default != "" {
		p.fail(syntaxError, "both default and identity specified for column %q", c.Name)
	}
}

// checkKeys refuses constraints on columns that are not there. Those of a LIKE
// are not known here.
func (p *parser) checkKeys(t *CreateTable) {
	check := func(kind string, columns []string) {
		for i, name := range columns {
			if slices.Contains(columns[:i], name) {
				p.fail(duplicateColumn, "column %q appears twice in %s constraint", name, kind)
			}
			if t.Like == nil && !hasColumn(t.Columns, name) {
				p.fail(undefinedColumn, "column %q named in key does not exist", name)
			}
		}
	}
	if t.Primary != nil {
		check("primary key", t.Primary.Columns)
	}
	for _, key := range t.Unique {
		check("unique", key.Columns)
	}
	for _, key := range t.Foreign {
		check("foreign key", key.Columns)
	}
}

func hasColumn(columns []Column, name string) bool {
	return slices.ContainsFunc(columns, func(c Column) bool { return c.Name == name })
}

// checkLayout checks the keys' number and that their columns are there. Without
// columns, as in CREATE TABLE AS, only the number.
func (p *parser) checkLayout(columns []string, l Layout) {
	most := maxCompound
	if l.Sort == Interleaved {
		most = maxInterleaved
	}
	if len(l.SortKey) > most {
		p.fail(invalidTable, "a SORTKEY can have at most %d columns, this has %d", most, len(l.SortKey))
	}
	for i, name := range l.SortKey {
		if slices.Contains(l.SortKey[:i], name) {
			p.fail(duplicateColumn, "column %q appears twice in SORTKEY", name)
		}
		if columns != nil && !slices.Contains(columns, name) {
			p.fail(undefinedColumn, "SORTKEY column %q does not exist", name)
		}
	}
	if l.DistKey != "" && columns != nil && !slices.Contains(columns, l.DistKey) {
		p.fail(undefinedColumn, "DISTKEY column %q does not exist", l.DistKey)
	}
}

// checkKeyTypes refuses types that cannot be sorted or spread by.
func (p *parser) checkKeyTypes(t *CreateTable) {
	for _, c := range t.Columns {
		if keyType(c.Type) {
			continue
		}
		if c.Name == t.Layout.DistKey {
			p.fail(unsupported, "column %q of type %s cannot be a DISTKEY", c.Name, TypeText(c.Type))
		}
		if slices.Contains(t.Layout.SortKey, c.Name) {
			p.fail(unsupported, "column %q of type %s cannot be in a SORTKEY", c.Name, TypeText(c.Type))
		}
	}
}

// keyType reports whether a column can be in a distribution or sort key.
// Source: Database Developer Guide, "CREATE TABLE", DISTKEY and SORTKEY.
func keyType(t fakeredshift.Type) bool {
	switch t.OID {
	case Bool, Float4, Float8, Int2, Int4, Int8, Numeric, Date, Time, Timetz, Timestamp, Timestamptz, Bpchar, Varchar:
		return true
	}
	return false
}
