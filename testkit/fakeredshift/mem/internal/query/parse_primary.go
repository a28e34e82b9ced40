package query

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

func (p *parser) primary() expr {
	switch t := p.peek(); t.Kind {
	case sqltext.String:
		return &stringLit{p.text()}
	case sqltext.Number:
		p.next()
		return &numberLit{p.number(t)}
	case sqltext.Param:
		p.next()
		n, err := strconv.Atoi(t.Text[1:])
		if err != nil || n < 1 {
			p.fail(stateNoParameter, "there is no parameter %s", t.Text)
		}
		return &paramRef{n}
	case sqltext.Word, sqltext.Quoted:
		return p.word()
	}
	if p.accept("(") {
		return p.parenthesis()
	}
	p.unexpected()
	return &nullLit{}
}

// text takes a literal, which must be UTF-8 without zero bytes.
func (p *parser) text() string {
	value, ok := p.peek().Value()
	if !ok {
		p.unexpected()
		return ""
	}
	if !validText(value) {
		p.failed(badBytes())
	}
	p.next()
	return value
}

func validText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

func badBytes() error { return refuse(stateBadBytes, `invalid byte sequence for encoding "UTF8"`) }

// number checks the text of a number: "1..2" is a token, but no number.
func (p *parser) number(t sqltext.Token) string {
	if strings.Count(t.Text, ".") > 1 {
		p.fail(stateSyntax, "syntax error at or near %q", t.Text)
	}
	return t.Text
}

// parenthesis takes what follows an open one: a query, an expression or a row.
func (p *parser) parenthesis() expr {
	p.enter()
	defer p.leave()
	if p.isQuery() {
		q := p.statement()
		p.expect(")")
		return &subquery{q}
	}
	var items []expr
	p.list(func() { items = append(items, p.expr()) })
	if _, ok := items[0].(*subquery); ok && (p.is("union") || p.is("except") || p.is("intersect") || p.is("minus")) {
		p.failed(unsupported("a query that begins with a parenthesis"))
	}
	p.expect(")")
	if len(items) > 1 {
		return &rowExpr{items}
	}
	return items[0]
}

// word takes a keyword with its own syntax, a literal, a call or a column.
func (p *parser) word() expr {
	t := p.peek()
	if t.Kind == sqltext.Word {
		if x := p.keyword(strings.ToLower(t.Text)); x != nil {
			return x
		}
	}
	parts := []string{p.identifier()}
	for len(parts) < 4 && p.accept(".") {
		if p.accept("*") {
			return &starRef{parts}
		}
		parts = append(parts, p.label())
	}
	if p.is("(") {
		return p.call(parts)
	}
	return &columnRef{parts}
}

// keyword takes an expression that begins with a word of the language, nil if
// none does.
func (p *parser) keyword(word string) expr {
	switch word {
	case "null":
		p.next()
		return &nullLit{}
	case "true", "false":
		p.next()
		return &boolLit{word == "true"}
	case "case":
		p.next()
		return p.caseExpr()
	case "not":
		p.next()
		return &unaryExpr{"not", p.negation()}
	case "array":
		p.failed(unsupported("ARRAY"))
		return &nullLit{}
	case "left", "right", "user", "interval":
		return p.reservedCall(word)
	}
	if p.ahead(1).Kind == sqltext.String && typedLiterals.has(word) {
		to := p.castType()
		return &castExpr{&stringLit{p.text()}, to}
	}
	if bareCalls.has(word) && !isSign(p.ahead(1), "(") {
		p.next()
		return &callExpr{name: word, bare: true}
	}
	if isSign(p.ahead(1), "(") {
		return p.specialCall(word)
	}
	if (word == "timestamp" || word == "time") && p.ahead(1).Kind == sqltext.Word {
		return p.zonedLiteral()
	}
	return nil
}

// typedLiterals are the types that may stand in front of a literal.
var typedLiterals = words("date time timetz timestamp timestamptz")

// zonedLiteral takes TIMESTAMP WITH TIME ZONE '...', nil if it is not that.
func (p *parser) zonedLiteral() expr {
	if !p.ahead(1).Is("with") && !p.ahead(1).Is("without") || p.ahead(4).Kind != sqltext.String {
		return nil
	}
	to := p.castType()
	return &castExpr{&stringLit{p.text()}, to}
}

// reservedCall takes the reserved words that are functions, too.
func (p *parser) reservedCall(word string) expr {
	if word == "interval" {
		p.failed(unsupported("INTERVAL"))
		return &nullLit{}
	}
	p.next()
	if isSign(p.peek(), "(") {
		return p.call([]string{word})
	}
	if word != "user" {
		p.pos--
		p.unexpected()
	}
	return &callExpr{name: word, bare: true}
}

func (p *parser) caseExpr() expr {
	c := &caseExpr{}
	if !p.is("when") {
		c.operand = p.expr()
	}
	for p.accept("when") {
		w := when{condition: p.expr()}
		p.expect("then")
		w.result = p.expr()
		c.whens = append(c.whens, w)
	}
	if len(c.whens) == 0 {
		p.unexpected()
	}
	if p.accept("else") {
		c.otherwise = p.expr()
	}
	p.expect("end")
	return c
}

// catalogTypes are the types that only the leader node has, and those without
// the limits that a column would have.
var catalogTypes = map[string]castType{
	"oid":      {typ: typeOID},
	"xid":      {typ: typeInt8},
	"name":     {typ: typeVarchar},
	"text":     {typ: typeVarchar},
	"cstring":  {typ: typeVarchar},
	"aclitem":  {typ: typeVarchar},
	"bpchar":   {typ: typeBpchar},
	"regclass": {typ: typeOID, call: "regclass"},

	"character varying": {typ: typeVarchar}, // as the catalog writes the type of a literal
}

// castType takes the name of a type.
func (p *parser) castType() castType {
	p.accept("pg_catalog", ".")
	n := p.typeLength()
	if n == 0 {
		p.unexpected()
		return castType{}
	}
	texts := make([]string, n)
	for i := range texts {
		texts[i] = p.next().Text
	}
	text := strings.ToLower(strings.Join(texts, " "))
	if t, ok := catalogTypes[strings.Trim(text, `"`)]; ok {
		t.text = strings.Trim(text, `"`)
		return t
	}
	typ, err := rsql.ParseType(text)
	if err != nil {
		p.failed(err)
	}
	if p.is("[") {
		p.failed(unsupported("a cast to an array"))
	}
	return castType{text: text, typ: typ}
}

// typeLength returns how many tokens from here on are the name of a type.
func (p *parser) typeLength() int {
	name, ok := p.peek().Identifier(false)
	if !ok {
		return 0
	}
	n := 1
	more := func(words ...string) {
		for i, word := range words {
			if !p.ahead(n + i).Is(word) {
				return
			}
		}
		n += len(words)
	}
	switch name {
	case "double":
		more("precision")
	case "char", "character", "binary":
		more("varying")
	}
	if isSign(p.ahead(n), "(") {
		for !isSign(p.ahead(n), ")") {
			if n++; p.pos+n >= len(p.tokens) {
				return 0
			}
		}
		n++
	}
	if name == "time" || name == "timestamp" {
		more("without", "time", "zone")
		more("with", "time", "zone")
	}
	return n
}
