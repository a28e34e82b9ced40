package rsql

import (
	"strings"
)

// createTable reads from TEMP or TABLE on.
func (p *parser) createTable() Statement {
	p.accept("local")
	temp := p.oneOf("temp", "temporary") != ""
	p.expect("table")
	exists := p.accept("if", "not", "exists")
	name := p.name()
	temp = temp || strings.HasPrefix(name.Name, "#")
	if temp && name.Schema != "" && !strings.HasPrefix(name.Schema, "pg_temp") {
		p.fail(invalidTable, "temporary tables may not specify a schema name")
	}
	if p.isQueryTable() {
		if exists {
			p.fail(syntaxError, `syntax error at or near "AS"`)
		}
		return p.createTableAs(name, temp)
	}
	t := &CreateTable{Name: name, Temp: temp, IfNotExists: exists}
	p.tableElements(t)
	p.layout(&t.Layout)
	p.end()
	p.checkTable(t)
	return t
}

// isQueryTable tells CREATE TABLE ... AS from a list of columns: after the name
// comes no list, or one of bare names.
func (p *parser) isQueryTable() bool {
	if !p.is("(") {
		return true
	}
	next := p.ahead(2)
	return p.ahead(1).Text != ")" && (next.Text == "," || next.Text == ")")
}

func (p *parser) createTableAs(name Name, temp bool) Statement {
	t := &CreateTableAs{Name: name, Temp: temp}
	if p.is("(") {
		t.Columns = p.columns()
	}
	p.layout(&t.Layout)
	p.expect("as")
	from := p.pos
	if !p.is("select") && !p.is("with") && !p.is("(") {
		p.unexpected()
	}
	t.Query = p.text(from, len(p.tokens))
	t.Tables = p.tables(from)
	if p.err == nil {
		p.checkLayout(t.Columns, t.Layout)
	}
	return t
}

// tableElements reads the list of columns and constraints.
func (p *parser) tableElements(t *CreateTable) {
	p.expect("(")
	p.list(func() {
		switch {
		case p.is("like"):
			p.like(t)
		case p.isConstraint():
			p.tableConstraint(t)
		default:
			p.column(t)
		}
	})
	p.expect(")")
}

func (p *parser) like(t *CreateTable) {
	p.expect("like")
	if t.Like != nil {
		p.fail(syntaxError, "LIKE may stand only once in a table definition")
		return
	}
	like := &Like{Table: p.name(), At: len(t.Columns)}
	if p.accept("including") {
		like.Defaults = true
		p.expect("defaults")
	} else if p.accept("excluding") {
		p.expect("defaults")
	}
	t.Like = like
}

func (p *parser) isConstraint() bool {
	return p.is("constraint") || p.is("primary", "key") || p.is("foreign", "key") || p.is("unique", "(") || p.is("check")
}

// constraintName takes CONSTRAINT name.
func (p *parser) constraintName() string {
	if p.accept("constraint") {
		return p.identifier()
	}
	return ""
}

func (p *parser) tableConstraint(t *CreateTable) {
	name := p.constraintName()
	switch {
	case p.accept("primary", "key"):
		p.addPrimary(t, &Key{Name: name, Columns: p.columns()})
	case p.accept("unique"):
		t.Unique = append(t.Unique, Key{Name: name, Columns: p.columns()})
	case p.accept("foreign", "key"):
		columns := p.columns()
		t.Foreign = append(t.Foreign, p.references(name, columns))
	case p.is("check"):
		p.noCheck()
	default:
		p.unexpected()
	}
}

func (p *parser) addPrimary(t *CreateTable, key *Key) {
	if t.Primary != nil {
		p.fail(invalidTable, "multiple primary keys for table %q are not allowed", t.Name.Name)
	}
	t.Primary = key
}

// references reads from REFERENCES on.
func (p *parser) references(name string, columns []string) ForeignKey {
	p.expect("references")
	key := ForeignKey{Name: name, Columns: columns, Table: p.name()}
	if p.is("(") {
		key.References = p.columns()
		if len(key.References) != len(columns) {
			p.fail(invalidForeignKey, "number of referencing and referenced columns for foreign key disagree")
		}
	}
	return key
}

func (p *parser) noCheck() { p.fail(unsupported, "CHECK constraints are not supported") }
