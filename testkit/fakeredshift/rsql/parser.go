package rsql

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift"
)

// A parser walks over the tokens of one statement. Its first error stays, and
// from then on it stands at the end of the input, so that every loop ends and
// only Parse needs to look at err.
type parser struct {
	sql    string
	tokens []sqltext.Token
	pos    int
	keep   bool // quoted names keep their case
	err    error
}

func newParser(sql string, opts *Options) *parser {
	p := &parser{sql: sql, tokens: sqltext.Code(sql)}
	if opts != nil {
		p.keep = opts.CaseSensitive
	}
	if n := len(p.tokens); n > 0 && p.tokens[n-1].Text == ";" {
		p.tokens = p.tokens[:n-1]
	}
	p.checkTokens()
	return p
}

// fail keeps the first error and moves to the end.
func (p *parser) fail(state, format string, args ...any) {
	p.failCode(state, 0, fmt.Sprintf(format, args...))
}

func (p *parser) failCode(state string, code int, message string) {
	if p.err == nil {
		p.err = &fakeredshift.Error{SQLState: state, Code: code, Message: message}
	}
	p.tokens, p.pos = nil, 0
}

// unexpected is the syntax error at the current token.
func (p *parser) unexpected() {
	if p.done() {
		p.fail(syntaxError, "syntax error at end of input")
		return
	}
	p.fail(syntaxError, "syntax error at or near %q", p.peek().Text)
}

func (p *parser) done() bool { return p.pos >= len(p.tokens) }

// peek returns the current token, the zero Token at the end.
func (p *parser) peek() sqltext.Token { return p.ahead(0) }

func (p *parser) ahead(n int) sqltext.Token {
	if p.pos+n >= len(p.tokens) {
		return sqltext.Token{}
	}
	return p.tokens[p.pos+n]
}

func (p *parser) next() sqltext.Token {
	t := p.peek()
	if !p.done() {
		p.pos++
	}
	return t
}

// back returns the last token taken. After an error there is none.
func (p *parser) back() { p.pos = max(p.pos-1, 0) }

// is reports whether these words and signs come next.
func (p *parser) is(texts ...string) bool {
	for i, text := range texts {
		if t := p.ahead(i); !t.Is(text) && !isSign(t, text) {
			return false
		}
	}
	return true
}

func isSign(t sqltext.Token, text string) bool {
	return (t.Kind == sqltext.Punct || t.Kind == sqltext.Operator) && t.Text == text
}

// accept takes these words and signs if all of them come next.
func (p *parser) accept(texts ...string) bool {
	if !p.is(texts...) {
		return false
	}
	p.pos += len(texts)
	return true
}

// oneOf takes one of words and returns it, empty if none comes next.
func (p *parser) oneOf(words ...string) string {
	for _, word := range words {
		if p.accept(word) {
			return word
		}
	}
	return ""
}

func (p *parser) expect(texts ...string) {
	for _, text := range texts {
		if !p.accept(text) {
			p.unexpected()
			return
		}
	}
}

// end expects nothing more.
func (p *parser) end() {
	if !p.done() {
		p.unexpected()
	}
}

// identifier takes one name. A reserved word is one only in quotes.
func (p *parser) identifier() string {
	t := p.peek()
	if t.Text == "#" && p.ahead(1).Kind == sqltext.Word && p.ahead(1).Pos == t.Pos+1 {
		p.pos++
		name, _ := p.next().Identifier(p.keep)
		return "#" + name
	}
	name, ok := t.Identifier(p.keep)
	if !ok || t.Kind == sqltext.Word && reserved(name) {
		p.unexpected()
		return ""
	}
	p.pos++
	return name
}

// name takes a name of up to three parts.
func (p *parser) name() Name {
	parts := []string{p.identifier()}
	for len(parts) < 3 && p.accept(".") {
		parts = append(parts, p.identifier())
	}
	return nameOf(parts)
}

func nameOf(parts []string) Name {
	n := Name{Name: parts[len(parts)-1]}
	if len(parts) > 1 {
		n.Schema = parts[len(parts)-2]
	}
	if len(parts) > 2 {
		n.Database = parts[0]
	}
	return n
}

// list takes one or more items with commas between them.
func (p *parser) list(item func()) {
	item()
	for p.accept(",") {
		item()
	}
}

// columns takes (a, b, c).
func (p *parser) columns() []string {
	var names []string
	p.expect("(")
	p.list(func() { names = append(names, p.identifier()) })
	p.expect(")")
	return names
}

// literal takes a string and undoes its escapes.
func (p *parser) literal() string {
	value, ok := p.peek().Value()
	if !ok {
		p.unexpected()
		return ""
	}
	p.pos++
	return value
}

// integer takes a whole number with or without a sign.
func (p *parser) integer() int64 {
	sign := ""
	if p.accept("-") {
		sign = "-"
	} else {
		p.accept("+")
	}
	t := p.peek()
	n, err := strconv.ParseInt(sign+t.Text, 10, 64)
	if t.Kind != sqltext.Number || err != nil {
		p.unexpected()
		return 0
	}
	p.pos++
	return n
}

// upper takes any unquoted word, in upper case.
func (p *parser) upper() string {
	if p.peek().Kind != sqltext.Word {
		p.unexpected()
		return ""
	}
	return strings.ToUpper(p.next().Text)
}

// text returns the statement's own text from one token up to another.
func (p *parser) text(from, to int) string {
	if from >= to || to > len(p.tokens) {
		return ""
	}
	last := p.tokens[to-1]
	return p.sql[p.tokens[from].Pos : last.Pos+len(last.Text)]
}

// checkTokens refuses what is not closed, and names that are too long. Redshift
// cuts a long name off in silence; a program that lets it do so is wrong, so
// this refuses it with the SQLSTATE made for it.
func (p *parser) checkTokens() {
	for _, t := range p.tokens {
		switch t.Kind {
		case sqltext.String:
			if !closed(t) {
				p.fail(syntaxError, "unterminated quoted string at or near %q", t.Text)
			}
		case sqltext.Quoted:
			if len(t.Text) < 2 || !strings.HasSuffix(t.Text, `"`) || strings.Count(t.Text, `"`)%2 != 0 {
				p.fail(syntaxError, "unterminated quoted identifier at or near %q", t.Text)
			} else if t.Text == `""` {
				p.fail(syntaxError, `zero-length delimited identifier at or near """"`)
			}
		}
		if name, ok := t.Identifier(true); ok && len(name) > redferry.MaxIdentifier {
			p.fail("42622", "identifier %q is too long: %d bytes, the limit is %d", name, len(name), redferry.MaxIdentifier)
		}
	}
	if all := sqltext.Tokens(p.tail()); len(all) > 0 {
		if t := all[len(all)-1]; t.Kind == sqltext.Comment && strings.HasPrefix(t.Text, "/*") && !closedComment(t.Text) {
			p.fail(syntaxError, "unterminated /* comment at or near %q", t.Text)
		}
	}
}

// tail is what follows the last token of code: where an open comment would be.
func (p *parser) tail() string {
	if len(p.tokens) == 0 {
		return p.sql
	}
	last := p.tokens[len(p.tokens)-1]
	return p.sql[last.Pos+len(last.Text):]
}

// closed reports whether a literal has its closing quote: then the tokens of
// the text and a blank are two.
func closed(t sqltext.Token) bool { return len(sqltext.Tokens(t.Text+" ")) == 2 }

func closedComment(text string) bool { return len(sqltext.Tokens(text+" ")) == 2 }
