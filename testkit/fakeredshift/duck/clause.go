//go:build cgo

package duck

import (
	"strings"

	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// clauses reads a statement clause by clause. Its texts are Redshift's.
type clauses struct {
	sql    string
	tokens []sqltext.Token
	next   int
	keep   bool
}

func newClauses(sql string, keep bool) *clauses {
	tokens := sqltext.Code(sql)
	for len(tokens) > 0 && tokens[len(tokens)-1].Text == ";" {
		tokens = tokens[:len(tokens)-1]
	}
	return &clauses{sql: sql, tokens: tokens, keep: keep}
}

func (c *clauses) peek() sqltext.Token {
	if c.next < len(c.tokens) {
		return c.tokens[c.next]
	}
	return sqltext.Token{}
}

// accept takes the words if they come next.
func (c *clauses) accept(words ...string) bool {
	for i, word := range words {
		if c.next+i >= len(c.tokens) || !strings.EqualFold(c.tokens[c.next+i].Text, word) {
			return false
		}
	}
	c.next += len(words)
	return true
}

func (c *clauses) unexpected() error {
	if c.next >= len(c.tokens) {
		return refuse(stateSyntax, "syntax error at end of input")
	}
	return refuse(stateSyntax, "syntax error at or near %q", c.peek().Text)
}

func (c *clauses) identifier() (string, error) {
	if t := c.peek(); t.Text == "#" && c.next+1 < len(c.tokens) {
		c.next++
		name, err := c.identifier()
		return "#" + name, err
	}
	name, ok := c.peek().Identifier(c.keep)
	if !ok {
		return "", c.unexpected()
	}
	c.next++
	return name, nil
}

// name reads [[database.]schema.]name.
func (c *clauses) name() (rsql.Name, error) {
	var parts []string
	for {
		part, err := c.identifier()
		if err != nil {
			return rsql.Name{}, err
		}
		if parts = append(parts, part); !c.accept(".") {
			break
		}
	}
	switch len(parts) {
	case 1:
		return rsql.Name{Name: parts[0]}, nil
	case 2:
		return rsql.Name{Schema: parts[0], Name: parts[1]}, nil
	case 3:
		return rsql.Name{Database: parts[0], Schema: parts[1], Name: parts[2]}, nil
	}
	return rsql.Name{}, refuse(stateSyntax, "improper qualified name (too many dotted names): %s", strings.Join(parts, "."))
}

// names reads (a, b, c).
func (c *clauses) names() ([]string, error) {
	if !c.accept("(") {
		return nil, c.unexpected()
	}
	var names []string
	for {
		name, err := c.identifier()
		if err != nil {
			return nil, err
		}
		names = append(names, name)
		switch {
		case c.accept(")"):
			return names, nil
		case !c.accept(","):
			return nil, c.unexpected()
		}
	}
}

// until takes the text up to one of the words outside of parentheses, or to the
// end of the statement.
func (c *clauses) until(words ...string) string {
	start, depth := c.next, 0
	for ; c.next < len(c.tokens); c.next++ {
		t := c.tokens[c.next]
		switch t.Text {
		case "(", "[":
			depth++
			continue
		case ")", "]":
			if depth--; depth < 0 {
				return c.between(start, c.next)
			}
			continue
		}
		if depth > 0 {
			continue
		}
		for _, word := range words {
			if strings.EqualFold(t.Text, word) && (t.Kind == sqltext.Word || t.Kind == sqltext.Punct || t.Kind == sqltext.Operator) {
				return c.between(start, c.next)
			}
		}
	}
	return c.between(start, c.next)
}

// rest takes what is left of the statement.
func (c *clauses) rest() string {
	start := c.next
	c.next = len(c.tokens)
	return c.between(start, c.next)
}

func (c *clauses) between(start, end int) string {
	if start >= end {
		return ""
	}
	last := c.tokens[end-1]
	return c.sql[c.tokens[start].Pos : last.Pos+len(last.Text)]
}

// alias reads [AS] name, but not one of the words that go on with the statement.
func (c *clauses) alias(except ...string) (string, error) {
	if c.accept("as") {
		return c.identifier()
	}
	for _, word := range except {
		if c.peek().Is(word) {
			return "", nil
		}
	}
	if _, ok := c.peek().Identifier(c.keep); !ok {
		return "", nil
	}
	return c.identifier()
}
