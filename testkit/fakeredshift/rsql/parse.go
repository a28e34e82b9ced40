package rsql

import "strings"

// Parse reads one statement; a semicolon may end it. Nil opts are the defaults.
// What Redshift refuses by the text alone is a *fakeredshift.Error with its
// SQLSTATE and, as far as it is known, its words.
func Parse(sql string, opts *Options) (Statement, error) {
	p := newParser(sql, opts)
	s := p.statement()
	if p.err != nil {
		return nil, p.err
	}
	return s, nil
}

// statement dispatches on the first word.
func (p *parser) statement() Statement {
	switch first := p.peek(); strings.ToUpper(first.Text) {
	case "CREATE":
		return p.create()
	case "DROP":
		return p.drop()
	case "ALTER":
		if p.accept("alter", "table") {
			return p.alterTable()
		}
		return p.other()
	case "COMMENT", "TRUNCATE", "LOCK", "VACUUM", "ANALYZE", "ANALYSE":
		return p.maintenance()
	case "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE":
		return p.transaction()
	case "SET", "RESET", "SHOW":
		return p.setting()
	case "GRANT", "REVOKE":
		return &Grant{Revoke: p.next().Is("revoke")}
	case "UNLOAD":
		return p.unload()
	case "COPY":
		return p.copy()
	case "SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "EXPLAIN", "CALL", "DECLARE", "FETCH", "CLOSE",
		"PREPARE", "EXECUTE", "DEALLOCATE", "CANCEL", "USE", "ATTACH", "DETACH", "REFRESH", "(":
		return p.other()
	case "LISTEN", "UNLISTEN", "NOTIFY", "CLUSTER", "REINDEX", "CHECKPOINT", "LOAD":
		return p.unsupportedCommand()
	}
	p.unexpected()
	return nil
}

// create reads CREATE. What belongs to PostgreSQL alone is refused.
func (p *parser) create() Statement {
	p.expect("create")
	switch {
	case p.is("table"), p.is("temp", "table"), p.is("temporary", "table"), p.is("local"):
		return p.createTable()
	case p.is("schema"):
		return p.createSchema()
	case p.is("index"), p.is("unique"), p.is("trigger"), p.is("constraint"), p.is("sequence"), p.is("rule"), p.is("type"),
		p.is("domain"), p.is("operator"), p.is("aggregate"), p.is("cast"), p.is("tablespace"), p.is("extension"):
		return p.unsupportedCommand()
	}
	p.back()
	return p.other()
}

func (p *parser) drop() Statement {
	p.expect("drop")
	switch {
	case p.accept("table"):
		s := &DropTable{IfExists: p.accept("if", "exists")}
		p.list(func() { s.Tables = append(s.Tables, p.name()) })
		s.Cascade = p.cascade()
		p.end()
		return s
	case p.accept("schema"):
		s := &DropSchema{IfExists: p.accept("if", "exists")}
		p.list(func() { s.Names = append(s.Names, p.identifier()) })
		p.accept("drop", "external", "database")
		s.Cascade = p.cascade()
		p.end()
		return s
	}
	p.back()
	return p.other()
}

func (p *parser) createSchema() Statement {
	p.expect("schema")
	s := &CreateSchema{IfNotExists: p.accept("if", "not", "exists")}
	if !p.is("authorization") {
		s.Name = p.identifier()
	}
	if p.accept("authorization") {
		s.Owner = p.identifier()
	}
	if s.Name == "" {
		s.Name = s.Owner
	}
	if p.accept("quota") && !p.accept("unlimited") {
		p.integer()
		p.oneOf("mb", "gb", "tb")
	}
	p.end()
	return s
}

// other keeps the statement as it is.
func (p *parser) other() Statement {
	s := &Other{Keyword: strings.ToUpper(p.peek().Text)}
	switch s.Keyword {
	case "(":
		s.Keyword = "SELECT"
	case "CREATE", "DROP", "ALTER", "SHOW":
		s.Keyword += " " + p.object()
	case "INSERT", "UPDATE", "DELETE":
		p.checkWrite()
	}
	s.Tables = p.tables(0)
	return s
}

// object names what a CREATE, DROP, ALTER or SHOW is about, in upper case.
func (p *parser) object() string {
	at := 1
	for _, phrase := range [][]string{{"or", "replace"}, {"temp"}, {"temporary"}} {
		match := true
		for i, word := range phrase {
			match = match && p.ahead(at+i).Is(word)
		}
		if match {
			at += len(phrase)
		}
	}
	words := []string{strings.ToUpper(p.ahead(at).Text)}
	switch words[0] {
	case "MATERIALIZED", "EXTERNAL", "DEFAULT", "COLUMN":
		words = append(words, strings.ToUpper(p.ahead(at+1).Text))
	}
	return strings.Join(words, " ")
}

// checkWrite refuses the clauses that later PostgreSQL has and Redshift lacks.
func (p *parser) checkWrite() {
	for i, t := range p.tokens {
		conflict := t.Is("on") && p.ahead(i+1).Is("conflict")
		if t.Is("returning") && i > 0 && p.tokens[i-1].Text != "." || conflict {
			p.pos = i
			p.unexpected()
			return
		}
	}
}

// unsupportedCommand refuses a command in the words that Redshift has for them all.
func (p *parser) unsupportedCommand() Statement {
	p.fail(unsupported, "SQL command %q not supported.", strings.TrimSpace(p.text(0, len(p.tokens))))
	return nil
}

// Tables returns the names that stand after FROM, JOIN, INTO, UPDATE and USING
// in sql, in the order of the text, each once.
func Tables(sql string, opts *Options) []Name {
	p := newParser(sql, opts)
	return p.tables(0)
}
