package query

import (
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/sqltext"
)

// A parser walks over the tokens of one query. Its first error stays, and from
// then on it stands at the end of the input, so that every loop ends.
type parser struct {
	tokens []sqltext.Token
	pos    int
	keep   bool // quoted names keep their case
	depth  int
	err    error
}

// maxDepth is how deep expressions and queries may nest.
const maxDepth = 1000

func newParser(tokens []sqltext.Token, keep bool) *parser {
	p := &parser{keep: keep, tokens: make([]sqltext.Token, 0, len(tokens))}
	for _, t := range tokens {
		if t.Kind == sqltext.Operator && len(t.Text) > 1 {
			p.tokens = appendOperators(p.tokens, t)
			continue
		}
		p.tokens = append(p.tokens, t)
	}
	for _, t := range tokens {
		p.check(t)
	}
	return p
}

// appendOperators cuts a run of operator characters as PostgreSQL's lexer does:
// an operator ends in + or - only if it has a character that no operator of
// standard SQL has, so "=-" is two.
func appendOperators(tokens []sqltext.Token, t sqltext.Token) []sqltext.Token {
	if strings.ContainsAny(t.Text, "~!@#%^&|`?") {
		return append(tokens, t)
	}
	end := len(t.Text)
	for end > 1 && (t.Text[end-1] == '+' || t.Text[end-1] == '-') {
		end--
	}
	tokens = append(tokens, sqltext.Token{Kind: t.Kind, Text: t.Text[:end], Pos: t.Pos})
	for ; end < len(t.Text); end++ {
		tokens = append(tokens, sqltext.Token{Kind: t.Kind, Text: t.Text[end : end+1], Pos: t.Pos + end})
	}
	return tokens
}

// check refuses what is not closed and names that are too long.
func (p *parser) check(t sqltext.Token) {
	switch t.Kind {
	case sqltext.String:
		if !closedString(t.Text) {
			p.fail(stateSyntax, "unterminated quoted string at or near %q", t.Text)
		}
	case sqltext.Quoted:
		if len(t.Text) < 2 || !strings.HasSuffix(t.Text, `"`) || strings.Count(t.Text, `"`)%2 != 0 {
			p.fail(stateSyntax, "unterminated quoted identifier at or near %q", t.Text)
		} else if t.Text == `""` {
			p.fail(stateSyntax, `zero-length delimited identifier at or near """"`)
		}
	}
	if len(t.Text) > redferry.MaxIdentifier {
		if name, ok := t.Identifier(true); ok && len(name) > redferry.MaxIdentifier {
			p.fail(stateNameTooLong, "identifier %q is too long: %d bytes, the limit is %d", name, len(name), redferry.MaxIdentifier)
		}
	}
}

// closedString reports whether the text of a String token has its end.
func closedString(s string) bool {
	if s[0] == '$' {
		tag := s[:strings.IndexByte(s[1:], '$')+2]
		return len(s) >= 2*len(tag) && strings.HasSuffix(s, tag)
	}
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '\'' && i+1 < len(s) && s[i+1] == '\'':
			i++
		case s[i] == '\'':
			return i == len(s)-1
		}
	}
	return false
}

func (p *parser) fail(state, format string, args ...any) { p.failed(refuse(state, format, args...)) }

// failed keeps the first error and moves to the end.
func (p *parser) failed(err error) {
	if p.err == nil {
		p.err = err
	}
	p.tokens, p.pos = nil, 0
}

// unexpected is the syntax error at the current token.
func (p *parser) unexpected() {
	if p.done() {
		p.fail(stateSyntax, "syntax error at end of input")
		return
	}
	p.fail(stateSyntax, "syntax error at or near %q", p.peek().Text)
}

// enter counts how deep the parser is; each enter has a leave.
func (p *parser) enter() {
	if p.depth++; p.depth > maxDepth {
		p.fail(stateTooComplex, "stack depth limit exceeded")
	}
}

func (p *parser) leave() { p.depth-- }

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

// oneOf takes one of texts and returns it, empty if none comes next.
func (p *parser) oneOf(texts ...string) string {
	for _, text := range texts {
		if p.accept(text) {
			return text
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

// end expects nothing more than semicolons.
func (p *parser) end() {
	for p.accept(";") {
	}
	if !p.done() {
		p.unexpected()
	}
}

// named reports whether the current token is a name; a reserved word is one only
// in quotes.
func (p *parser) named() bool {
	t := p.peek()
	switch t.Kind {
	case sqltext.Quoted:
		return true
	case sqltext.Word:
		return !reserved(redferry.Fold(t.Text))
	}
	return isSign(t, "#") && p.ahead(1).Kind == sqltext.Word && p.ahead(1).Pos == t.Pos+1
}

// identifier takes one name.
func (p *parser) identifier() string {
	if !p.named() {
		p.unexpected()
		return ""
	}
	prefix := ""
	if p.peek().Kind == sqltext.Operator {
		prefix = p.next().Text
	}
	name, _ := p.next().Identifier(p.keep)
	return prefix + name
}

// label takes the name after AS, or after a point: any word will do.
func (p *parser) label() string {
	if p.peek().Kind == sqltext.Word {
		name, _ := p.next().Identifier(p.keep)
		return name
	}
	return p.identifier()
}

// identifiers takes (a, b, c).
func (p *parser) identifiers() []string {
	var names []string
	p.expect("(")
	p.list(func() { names = append(names, p.identifier()) })
	p.expect(")")
	return names
}

// list takes one or more items with commas between them.
func (p *parser) list(item func()) {
	item()
	for p.accept(",") {
		item()
	}
}
