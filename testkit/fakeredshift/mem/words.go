package mem

import (
	"strings"

	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// words reads a statement word by word.
type words struct {
	sql    string
	tokens []sqltext.Token
	next   int
	opts   *rsql.Options
}

func (c *conn) words(sql string) *words {
	tokens := sqltext.Code(sql)
	for len(tokens) > 0 && tokens[len(tokens)-1].Text == ";" {
		tokens = tokens[:len(tokens)-1]
	}
	return &words{sql: sql, tokens: tokens, opts: &rsql.Options{CaseSensitive: c.keepsCase()}}
}

func (w *words) peek() sqltext.Token {
	if w.done() {
		return sqltext.Token{}
	}
	return w.tokens[w.next]
}

func (w *words) done() bool { return w.next >= len(w.tokens) }

// is reports whether the word or sign comes next.
func (w *words) is(text string) bool {
	t := w.peek()
	return t.Is(text) || (t.Kind == sqltext.Punct || t.Kind == sqltext.Operator) && t.Text == text
}

// accept takes these words and signs if all of them come next.
func (w *words) accept(texts ...string) bool {
	start := w.next
	for _, text := range texts {
		if !w.is(text) {
			w.next = start
			return false
		}
		w.next++
	}
	return true
}

func (w *words) unexpected() error {
	if w.done() {
		return refuse(stateSyntax, "syntax error at end of input")
	}
	return refuse(stateSyntax, "syntax error at or near %q", w.peek().Text)
}

// end refuses what is left of the statement.
func (w *words) end() error {
	if w.done() {
		return nil
	}
	return w.unexpected()
}

func (w *words) identifier() (string, error) {
	prefix := ""
	if w.accept("#") {
		prefix = "#"
	}
	name, ok := w.peek().Identifier(w.opts.CaseSensitive)
	if !ok {
		return "", w.unexpected()
	}
	w.next++
	return prefix + name, nil
}

// name reads [[database.]schema.]name.
func (w *words) name() (rsql.Name, error) {
	var parts []string
	for len(parts) == 0 || w.accept(".") {
		part, err := w.identifier()
		if err != nil {
			return rsql.Name{}, err
		}
		parts = append(parts, part)
	}
	n := len(parts)
	if n > 3 {
		return rsql.Name{}, refuse(stateSyntax, "improper qualified name (too many dotted names): %s", strings.Join(parts, "."))
	}
	parts = append(make([]string, 3-n), parts...)
	return rsql.Name{Database: parts[0], Schema: parts[1], Name: parts[2]}, nil
}

// names reads (a, b, c).
func (w *words) names() ([]string, error) {
	var names []string
	if !w.accept("(") {
		return nil, w.unexpected()
	}
	for {
		name, err := w.identifier()
		if err != nil {
			return nil, err
		}
		names = append(names, name)
		switch {
		case w.accept(")"):
			return names, nil
		case !w.accept(","):
			return nil, w.unexpected()
		}
	}
}

// expression reads one expression.
func (w *words) expression() (*query.Expr, error) {
	e, n, err := query.ParseExpr(w.tokens[w.next:], w.opts)
	w.next += n
	return e, err
}

// alias reads [AS] name, but not one of the words that go on with the statement.
func (w *words) alias(except ...string) (string, error) {
	if w.accept("as") {
		return w.identifier()
	}
	for _, word := range except {
		if w.is(word) {
			return "", nil
		}
	}
	if _, ok := w.peek().Identifier(w.opts.CaseSensitive); !ok {
		return "", nil
	}
	return w.identifier()
}

// rest takes the text of what is left of the statement.
func (w *words) rest() string {
	if w.done() {
		return ""
	}
	first, last := w.tokens[w.next], w.tokens[len(w.tokens)-1]
	w.next = len(w.tokens)
	return w.sql[first.Pos : last.Pos+len(last.Text)]
}
