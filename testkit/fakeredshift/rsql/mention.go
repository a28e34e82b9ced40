package rsql

import (
	"slices"

	"github.com/redferry/redferry/internal/sqltext"
)

// A mention finds the tables that a text names. One level stands for each open
// parenthesis.
type mention struct {
	*parser
	levels []level
	found  []Name
}

// A level is what is known between two parentheses.
type level struct {
	list bool // in the list of a FROM, where a comma is followed by a table
	call bool // the arguments of a function, where FROM names no table
}

// tables returns the tables named from a token on, each once. It moves to the end.
func (p *parser) tables(from int) []Name {
	m := &mention{parser: p, levels: []level{{}}}
	for p.pos = from; !p.done(); {
		m.step()
	}
	return m.found
}

// step looks at one token, and at the name behind it if one is expected.
func (m *mention) step() {
	t := m.next()
	top := &m.levels[len(m.levels)-1]
	switch {
	case t.Text == "(":
		m.levels = append(m.levels, level{call: m.isCall()})
	case t.Text == ")" && len(m.levels) > 1:
		m.levels = m.levels[:len(m.levels)-1]
	case t.Is("from"):
		top.list = !top.call && !m.before(2).Is("distinct")
		m.table(top.list)
	case t.Is("join"), t.Is("into"), t.Is("using"):
		m.table(true)
	case t.Is("update"):
		m.table(!m.before(2).Is("for"))
	case t.Text == "," && t.Kind == sqltext.Punct:
		m.table(top.list)
	case endsFrom(t):
		top.list = false
	}
}

// before returns the nth token back from the one that comes next.
func (m *mention) before(n int) sqltext.Token {
	if m.pos < n {
		return sqltext.Token{}
	}
	return m.tokens[m.pos-n]
}

// isCall reports whether the parenthesis just taken belongs to one of the
// functions with a FROM of their own.
func (m *mention) isCall() bool {
	name := m.before(2)
	return name.Is("extract") || name.Is("substring") || name.Is("trim") || name.Is("overlay")
}

func endsFrom(t sqltext.Token) bool {
	return slices.ContainsFunc([]string{
		"where", "group", "order", "having", "limit", "union", "except", "intersect", "minus",
		"qualify", "select", "set", "values", "when",
	}, t.Is)
}

// table keeps the name that comes next, unless it is a function or a subquery.
func (m *mention) table(expected bool) {
	if !expected {
		return
	}
	m.accept("only")
	m.accept("lateral")
	pos := m.pos
	parts, ok := m.path()
	if !ok || m.is("(") && !m.insertTarget(pos) {
		m.pos = pos
		return
	}
	if n := nameOf(parts); !slices.Contains(m.found, n) {
		m.found = append(m.found, n)
	}
}

// insertTarget reports whether the name at pos follows INTO: there a
// parenthesis begins a list of columns.
func (m *mention) insertTarget(pos int) bool { return pos > 0 && m.tokens[pos-1].Is("into") }

// path takes a.b.c, and reports whether there is one; unlike name it does not fail.
func (m *mention) path() ([]string, bool) {
	var parts []string
	for len(parts) < 3 {
		prefix := ""
		if m.is("#") && m.ahead(1).Kind == sqltext.Word {
			prefix = "#"
			m.pos++
		}
		name, ok := m.peek().Identifier(m.keep)
		if !ok || m.peek().Kind == sqltext.Word && reserved(name) {
			return nil, false
		}
		m.pos++
		parts = append(parts, prefix+name)
		if !m.accept(".") {
			break
		}
	}
	return parts, true
}
