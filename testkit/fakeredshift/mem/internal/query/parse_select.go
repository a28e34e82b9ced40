package query

import (
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// isQuery reports whether a query comes next.
func (p *parser) isQuery() bool { return p.is("select") || p.is("with") || p.is("values") }

// statement takes a query with its WITH, ORDER BY and LIMIT.
func (p *parser) statement() *selectStatement {
	p.enter()
	defer p.leave()
	s := &selectStatement{}
	if p.accept("with") {
		if p.is("recursive") {
			p.failed(unsupported("WITH RECURSIVE"))
		}
		p.list(func() { s.with = append(s.with, p.commonTable()) })
	}
	s.body = p.union(s)
	if p.accept("order", "by") {
		s.order = p.orderItems()
	}
	p.limits(s)
	if p.is("for", "update") || p.is("for", "share") {
		p.failed(unsupported("SELECT FOR UPDATE"))
	}
	return s
}

func (p *parser) commonTable() commonTable {
	t := commonTable{name: p.identifier()}
	if p.is("(") {
		t.columns = p.identifiers()
	}
	p.expect("as", "(")
	t.query = p.statement()
	p.expect(")")
	return t
}

func (p *parser) limits(s *selectStatement) {
	for {
		switch {
		case s.limit == nil && p.accept("limit"):
			if !p.accept("all") {
				s.limit = p.expr()
			}
		case s.offset == nil && p.accept("offset"):
			s.offset = p.expr()
		default:
			return
		}
	}
}

func (p *parser) orderItems() []orderItem {
	var items []orderItem
	p.list(func() {
		item := orderItem{x: p.expr()}
		item.descending = p.oneOf("asc", "desc") == "desc"
		item.nullsFirst = item.descending
		if p.accept("nulls") {
			switch p.oneOf("first", "last") {
			case "first":
				item.nullsFirst = true
			case "last":
				item.nullsFirst = false
			default:
				p.unexpected()
			}
		}
		items = append(items, item)
	})
	return items
}

// union takes operands of UNION and EXCEPT. INTERSECT binds closer.
func (p *parser) union(s *selectStatement) queryBody {
	left := p.intersect(s)
	for {
		kind := p.oneOf("union", "except", "minus")
		if kind == "" {
			return left
		}
		if kind == "minus" {
			kind = "except"
		}
		all := p.setAll(kind)
		left = &setOperation{kind, all, left, p.intersect(s)}
	}
}

func (p *parser) intersect(s *selectStatement) queryBody {
	left := p.queryBody(s)
	for p.accept("intersect") {
		all := p.setAll("intersect")
		left = &setOperation{"intersect", all, left, p.queryBody(s)}
	}
	return left
}

// setAll takes ALL, which only UNION may have.
func (p *parser) setAll(kind string) bool {
	all := p.oneOf("all", "distinct") == "all"
	if all && kind != "union" {
		p.failed(unsupported(kind + " all"))
	}
	return all
}

func (p *parser) queryBody(s *selectStatement) queryBody {
	switch {
	case p.accept("("):
		inner := p.statement()
		p.expect(")")
		return inner
	case p.accept("values"):
		return p.values()
	case p.accept("select"):
		return p.core(s)
	}
	p.unexpected()
	return &valuesList{}
}

func (p *parser) values() *valuesList {
	v := &valuesList{}
	p.list(func() {
		p.expect("(")
		var row []expr
		p.list(func() { row = append(row, p.expr()) })
		p.expect(")")
		v.rows = append(v.rows, row)
		if len(row) != len(v.rows[0]) {
			p.fail(stateSyntax, "VALUES lists must all be the same length")
		}
	})
	return v
}

// core takes what follows SELECT. TOP n is a LIMIT of the whole statement s.
func (p *parser) core(s *selectStatement) *selectCore {
	c := &selectCore{}
	c.distinct = p.oneOf("all", "distinct") == "distinct"
	if c.distinct && p.is("on", "(") {
		p.failed(unsupported("SELECT DISTINCT ON"))
	}
	if p.accept("top") {
		s.limit = p.primary()
	}
	p.list(func() { c.items = append(c.items, p.selectItem()) })
	if p.is("into") {
		p.failed(unsupported("SELECT INTO"))
	}
	if p.accept("from") {
		p.list(func() { c.from = p.joins(c.from) })
	}
	if p.accept("where") {
		c.where = p.expr()
	}
	if p.accept("group", "by") {
		p.groups(c)
	}
	if p.accept("having") {
		c.having = p.expr()
	}
	if p.is("qualify") || p.is("window") {
		p.failed(unsupported("window functions"))
	}
	return c
}

func (p *parser) groups(c *selectCore) {
	if p.is("all") || p.is("grouping", "sets") || (p.is("rollup") || p.is("cube")) && isSign(p.ahead(1), "(") {
		p.failed(unsupported("GROUP BY " + p.peek().Text))
	}
	p.list(func() { c.group = append(c.group, p.expr()) })
}

func (p *parser) selectItem() selectItem {
	if p.accept("*") {
		return selectItem{x: &starRef{}}
	}
	item := selectItem{x: p.expr()}
	if _, ok := item.x.(*starRef); ok {
		return item
	}
	switch {
	case p.accept("as"):
		item.alias = p.label()
	case p.named():
		item.alias = p.identifier()
	}
	return item
}

// joins takes one item of FROM with everything that is joined to it.
func (p *parser) joins(items []fromItem) []fromItem {
	first := p.fromItem()
	first.comma = true
	begin := len(items)
	items = append(items, first)
	for {
		kind, ok := p.joinKind()
		if !ok {
			return items
		}
		item := p.fromItem()
		item.kind = kind
		switch {
		case kind == crossJoin:
		case p.accept("on"):
			item.on = p.expr()
		case p.is("using"):
			p.next()
			item.using = p.identifiers()
		default:
			p.unexpected()
		}
		if outer := kind == rightJoin || kind == fullJoin; outer && (item.using != nil || begin > 0) {
			p.failed(unsupported("RIGHT or FULL JOIN with USING or after a comma"))
		}
		items = append(items, item)
	}
}

func (p *parser) joinKind() (joinKind, bool) {
	if p.is("natural") {
		p.failed(unsupported("NATURAL JOIN"))
		return 0, false
	}
	switch word := p.oneOf("join", "inner", "left", "right", "full", "cross"); word {
	case "":
		return 0, false
	case "join":
		return innerJoin, true
	case "inner", "cross":
		p.expect("join")
		return map[string]joinKind{"inner": innerJoin, "cross": crossJoin}[word], true
	default:
		p.accept("outer")
		p.expect("join")
		return map[string]joinKind{"left": leftJoin, "right": rightJoin, "full": fullJoin}[word], true
	}
}

func (p *parser) fromItem() fromItem {
	var item fromItem
	switch {
	case p.accept("("):
		if !p.isQuery() && !p.is("(") {
			p.failed(unsupported("a JOIN in parentheses"))
		}
		item.query = p.statement()
		p.expect(")")
	case p.is("lateral"), p.is("unnest"), p.is("pivot"):
		p.failed(unsupported(p.peek().Text))
	default:
		p.accept("only")
		p.tableOrFunction(&item)
	}
	if p.accept("as") || p.named() {
		item.alias = p.identifier()
		if p.is("(") {
			item.columns = p.identifiers()
		}
	}
	if item.query != nil && item.alias == "" {
		p.fail(stateSyntax, "subquery in FROM must have an alias")
	}
	return item
}

func (p *parser) tableOrFunction(item *fromItem) {
	parts := []string{p.identifier()}
	for len(parts) < 3 && p.accept(".") {
		parts = append(parts, p.label())
	}
	if p.is("(") {
		item.call, _ = p.call(parts).(*callExpr)
		if item.call == nil {
			p.unexpected()
		}
		return
	}
	item.table = rsql.Name{Name: parts[len(parts)-1]}
	if len(parts) > 1 {
		item.table.Schema = parts[len(parts)-2]
	}
	if len(parts) > 2 {
		item.table.Database = parts[0]
	}
}
