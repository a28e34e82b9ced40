package rsql

import (
	"strings"

	"github.com/redferry/redferry/internal/sqltext"
)

// A columnParser reads the definition of one column.
type columnParser struct {
	*parser
	table  *CreateTable
	column *Column
	null   bool // NULL was written
}

// column reads one column and everything that is written at it.
func (p *parser) column(t *CreateTable) {
	c := &columnParser{parser: p, table: t, column: new(Column)}
	c.column.Name = p.identifier()
	c.column.Type = p.dataType()
	for !p.done() && !p.is(",") && !p.is(")") {
		if !c.attribute() && !c.constraint() {
			p.unexpected()
		}
	}
	if c.null && c.column.NotNull {
		p.fail(syntaxError, "conflicting NULL/NOT NULL declarations for column %q of table %q", c.column.Name, t.Name.Name)
	}
	t.Columns = append(t.Columns, *c.column)
}

// attribute reads a column attribute and reports whether there was one.
func (c *columnParser) attribute() bool {
	switch {
	case c.accept("default"):
		c.defaultValue()
	case c.accept("identity"):
		c.identity(false)
	case c.accept("generated", "by", "default", "as", "identity"):
		c.identity(true)
	case c.accept("encode"):
		if c.column.Encoding != "" {
			c.fail(syntaxError, "multiple encodings specified for column %q", c.column.Name)
		}
		c.column.Encoding = c.encoding()
	case c.accept("distkey"):
		c.distKey(&c.table.Layout, c.column.Name)
	case c.accept("sortkey"):
		c.sortKey(&c.table.Layout, Compound, []string{c.column.Name})
	case c.accept("collate"):
		c.collate()
	default:
		return false
	}
	return true
}

// constraint reads a column constraint and reports whether there was one.
func (c *columnParser) constraint() bool {
	name := c.constraintName()
	columns := []string{c.column.Name}
	switch {
	case c.accept("not", "null"):
		c.column.NotNull = true
	case c.accept("null"):
		c.null = true
	case c.accept("unique"):
		c.table.Unique = append(c.table.Unique, Key{Name: name, Columns: columns})
	case c.accept("primary", "key"):
		c.column.NotNull = true
		c.addPrimary(c.table, &Key{Name: name, Columns: columns})
	case c.is("references"):
		c.table.Foreign = append(c.table.Foreign, c.references(name, columns))
	case c.is("check"):
		c.noCheck()
	default:
		return false
	}
	return true
}

func (c *columnParser) defaultValue() {
	if c.column.Default != "" {
		c.fail(syntaxError, "multiple default values specified for column %q of table %q", c.column.Name, c.table.Name.Name)
		return
	}
	c.column.Default = c.expression()
}

// expression takes an expression up to the next attribute, constraint or column.
// Its first token always belongs to it (DEFAULT NULL), as does what stands in
// parentheses or between CASE and END.
func (p *parser) expression() string {
	from, depth := p.pos, 0
	for !p.done() {
		t := p.peek()
		if depth == 0 && p.pos > from && endsExpression(t) || depth == 0 && (t.Text == "," || t.Text == ")") {
			break
		}
		switch {
		case t.Text == "(" || t.Is("case"):
			depth++
		case t.Text == ")" || t.Is("end"):
			depth--
		case t.Is("select"):
			p.fail(unsupported, "cannot use subquery in default expression")
			return ""
		}
		p.pos++
	}
	text := p.text(from, p.pos)
	if text == "" {
		p.unexpected()
	}
	return text
}

func endsExpression(t sqltext.Token) bool {
	if t.Kind != sqltext.Word {
		return false
	}
	switch strings.ToLower(t.Text) {
	case "identity", "generated", "encode", "distkey", "sortkey", "collate", "default",
		"constraint", "not", "null", "unique", "primary", "references", "check":
		return true
	}
	return false
}

func (c *columnParser) identity(byDefault bool) {
	if c.column.Identity != nil {
		c.fail(syntaxError, "multiple identity specifications for column %q", c.column.Name)
		return
	}
	id := &Identity{Seed: 1, Step: 1, ByDefault: byDefault}
	if c.accept("(") {
		id.Seed = c.integer()
		c.expect(",")
		id.Step = c.integer()
		c.expect(")")
	}
	if oid := c.column.Type.OID; oid != Int4 && oid != Int8 && c.err == nil {
		c.fail(invalidTable, "identity column %q must be of type INT or BIGINT", c.column.Name)
	}
	c.column.Identity = id
	c.column.NotNull = true
}

func (c *columnParser) collate() {
	switch c.oneOf("case_sensitive", "cs", "case_insensitive", "ci") {
	case "case_sensitive", "cs":
	case "case_insensitive", "ci":
		c.column.CaseInsensitive = true
	default:
		c.unexpected()
		return
	}
	switch c.column.Type.OID {
	case Bpchar, Varchar, Super:
	default:
		c.fail(invalidTable, "COLLATE is not supported on column %q: it is no string", c.column.Name)
	}
}
