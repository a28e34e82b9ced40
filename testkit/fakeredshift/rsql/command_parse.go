package rsql

import (
	"strings"

	"github.com/redferry/redferry/internal/sqltext"
)

// maintenance reads the commands that take a table and little else.
func (p *parser) maintenance() Statement {
	var s Statement
	switch strings.ToUpper(p.next().Text) {
	case "COMMENT":
		s = p.comment()
	case "TRUNCATE":
		p.accept("table")
		s = &Truncate{Table: p.name()}
	case "LOCK":
		p.accept("table")
		lock := &Lock{}
		p.list(func() { lock.Tables = append(lock.Tables, p.name()) })
		s = lock
	case "VACUUM":
		s = p.vacuum()
	default:
		s = p.analyze()
	}
	p.end()
	return s
}

func (p *parser) comment() Statement {
	p.expect("on")
	s := &CommentOn{Kind: CommentKind(p.upper())}
	switch s.Kind {
	case OnTable, OnView:
		s.Table = p.name()
	case OnDatabase, OnSchema:
		s.Table.Name = p.identifier()
	case OnConstraint:
		s.Part = p.identifier()
		p.expect("on")
		s.Table = p.name()
	case OnColumn:
		s.Table, s.Part = p.columnName()
	default:
		p.back()
		p.unexpected()
	}
	p.expect("is")
	if !p.accept("null") {
		text := p.literal()
		s.Text = &text
	}
	return s
}

// columnName takes table.column with up to two names before.
func (p *parser) columnName() (Name, string) {
	parts := []string{p.identifier()}
	for len(parts) < 4 && p.accept(".") {
		parts = append(parts, p.identifier())
	}
	last := len(parts) - 1
	if last == 0 {
		p.fail(syntaxError, "column name must be qualified")
		return Name{}, ""
	}
	return nameOf(parts[:last]), parts[last]
}

func (p *parser) vacuum() Statement {
	if p.oneOf("full", "reindex", "recluster") == "" && p.accept("sort") || p.accept("delete") {
		p.expect("only")
	}
	s := &Vacuum{Table: p.optionalName()}
	if p.accept("to") {
		p.integer()
		p.expect("percent")
	}
	p.accept("boost")
	return s
}

func (p *parser) analyze() Statement {
	s := &Analyze{Compression: p.accept("compression")}
	p.accept("verbose")
	s.Table = p.optionalName()
	if p.is("(") {
		p.columns()
	}
	if p.accept("predicate") || p.accept("all") {
		p.expect("columns")
	}
	if p.accept("comprows") {
		p.integer()
	}
	return s
}

func (p *parser) optionalName() *Name {
	if p.done() || p.is("to") || p.is("boost") || p.is("predicate") {
		return nil
	}
	name := p.name()
	return &name
}

// transaction reads the commands that begin and end one. There are no savepoints.
func (p *parser) transaction() Statement {
	first := strings.ToUpper(p.next().Text)
	if first == "SAVEPOINT" || first == "RELEASE" {
		return p.unsupportedCommand()
	}
	if first == "START" {
		p.expect("transaction")
	} else {
		p.oneOf("work", "transaction")
	}
	var s Statement
	switch first {
	case "BEGIN", "START":
		begin := &Begin{Start: first == "START"}
		p.modes(begin)
		s = begin
	case "COMMIT", "END":
		s = &Commit{}
	default:
		if p.is("to") {
			return p.unsupportedCommand()
		}
		s = &Rollback{}
	}
	p.end()
	return s
}

// modes reads the isolation level and the access mode of BEGIN.
func (p *parser) modes(s *Begin) {
	for !p.done() {
		switch {
		case p.accept("isolation", "level"):
			if !p.accept("serializable") && !p.accept("read", "uncommitted") && !p.accept("read", "committed") &&
				!p.accept("repeatable", "read") && !p.accept("snapshot") {
				p.unexpected()
			}
		case p.accept("read", "write"):
		case p.accept("read", "only"):
			s.ReadOnly = true
		default:
			p.unexpected()
		}
		p.accept(",")
	}
}

// setting reads SET, RESET and SHOW of a setting.
func (p *parser) setting() Statement {
	var s Statement
	switch strings.ToUpper(p.peek().Text) {
	case "SET":
		s = p.set()
	case "RESET":
		p.next()
		s = &Reset{Name: p.settingName()}
	default:
		if p.isObjectList() {
			return p.other()
		}
		p.next()
		s = &Show{Name: p.settingName()}
	}
	p.end()
	return s
}

// isObjectList tells SHOW TABLES and its like from SHOW search_path.
func (p *parser) isObjectList() bool {
	switch strings.ToUpper(p.ahead(1).Text) {
	case "TABLE", "TABLES", "VIEW", "COLUMNS", "COLUMN", "SCHEMAS", "DATABASES", "CONSTRAINTS", "GRANTS", "FUNCTIONS",
		"PROCEDURES", "PROCEDURE", "PARAMETERS", "EXTERNAL", "MODEL", "DATASHARES", "TEMPLATE", "TEMPLATES", "POLICIES":
		return true
	}
	return false
}

// settingName takes a name like search_path or application.name, TIME ZONE or ALL.
func (p *parser) settingName() string {
	switch {
	case p.accept("time", "zone"):
		return "timezone"
	case p.accept("session", "authorization"):
		return "session_authorization"
	case p.accept("transaction", "isolation", "level"):
		return "transaction_isolation"
	case p.accept("all"):
		return "all"
	}
	name := p.identifier()
	for p.accept(".") {
		name += "." + p.identifier()
	}
	return strings.ToLower(name)
}

func (p *parser) set() Statement {
	p.expect("set")
	s := &Set{}
	switch {
	case p.is("session", "authorization"):
	case p.is("session", "characteristics") || p.is("transaction", "isolation") || p.is("transaction", "read"):
		return p.setTransaction()
	case p.accept("local"):
		s.Local = true
	default:
		p.accept("session")
	}
	words := p.is("time", "zone") || p.is("session", "authorization")
	s.Name = p.settingName()
	if !words && !p.accept("to") {
		p.expect("=")
	}
	if p.accept("default") {
		s.Default = true
		return s
	}
	p.list(func() { s.Values = append(s.Values, p.settingValue()) })
	if len(s.Values) > 1 && s.Name != "search_path" && s.Name != "datestyle" {
		p.fail(invalidParameter, "SET %s takes only one argument", s.Name)
	}
	return s
}

// setTransaction reads SET TRANSACTION and SET SESSION CHARACTERISTICS AS
// TRANSACTION, whose isolation level has no effect.
func (p *parser) setTransaction() Statement {
	if p.accept("session", "characteristics") {
		p.expect("as")
	}
	p.expect("transaction")
	s := &Begin{}
	p.modes(s)
	mode := "off"
	if s.ReadOnly {
		mode = "on"
	}
	return &Set{Name: "transaction_read_only", Values: []string{mode}, Local: true}
}

// settingValue takes a word, a name in quotes, a string or a number.
func (p *parser) settingValue() string {
	switch t := p.peek(); t.Kind {
	case sqltext.String:
		return p.literal()
	case sqltext.Word, sqltext.Quoted:
		p.pos++
		value, _ := t.Identifier(p.keep)
		return value
	case sqltext.Number:
		p.pos++
		return t.Text
	}
	if p.is("-") && p.ahead(1).Kind == sqltext.Number {
		p.pos++
		return "-" + p.next().Text
	}
	p.unexpected()
	return ""
}
