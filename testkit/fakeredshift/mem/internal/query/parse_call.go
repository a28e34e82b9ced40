package query

import (
	"strings"

	"github.com/redferry/redferry"
)

// call takes the arguments of a function whose name was taken.
func (p *parser) call(name []string) expr {
	c := &callExpr{name: redferry.Fold(name[len(name)-1])}
	if len(name) > 2 || len(name) == 2 && name[0] != "pg_catalog" {
		p.failed(unsupported("a function in a schema"))
	}
	if datePartCalls.has(c.name) {
		p.partCall(c)
		return c
	}
	p.expect("(")
	switch {
	case p.accept("*"):
		c.star = true
	case p.is(")"):
	default:
		c.distinct = p.oneOf("all", "distinct") == "distinct"
		p.list(func() { c.args = append(c.args, p.expr()) })
	}
	p.expect(")")
	if p.accept("within", "group", "(", "order", "by") {
		c.within = p.orderItems()
		p.expect(")")
	}
	if p.is("over") {
		p.failed(unsupported("a window function"))
	}
	return c
}

// datePartCalls have a part of a date, as a bare word, as their first argument.
var datePartCalls = words("dateadd date_add datediff date_diff date_part datepart date_trunc")

// partCall takes the arguments of a call like dateadd(day, ...).
func (p *parser) partCall(c *callExpr) {
	p.expect("(")
	if t := p.peek(); isSign(p.ahead(1), ",") {
		if name, ok := t.Identifier(false); ok {
			p.next()
			p.next()
			c.args = append(c.args, &stringLit{name})
		}
	}
	p.list(func() { c.args = append(c.args, p.expr()) })
	p.expect(")")
}

// specialCall takes a call with a syntax of its own, nil if word is none.
func (p *parser) specialCall(word string) expr {
	switch word {
	case "exists":
		p.next()
		p.next()
		q := p.statement()
		p.expect(")")
		return &existsExpr{q}
	case "cast":
		p.next()
		p.next()
		x := p.expr()
		p.expect("as")
		to := p.castType()
		p.expect(")")
		return &castExpr{x, to}
	case "convert":
		p.next()
		p.next()
		to := p.castType()
		p.expect(",")
		x := p.expr()
		p.expect(")")
		return &castExpr{x, to}
	case "extract":
		return p.extract()
	case "trim":
		return p.trim()
	case "substring":
		return p.substring()
	case "position":
		return p.position()
	case "char", "date", "time", "timestamp":
		return nil // functions, too
	}
	return nil
}

// begin takes the name and the parenthesis of a call.
func (p *parser) begin(name string) *callExpr {
	p.next()
	p.next()
	return &callExpr{name: name}
}

// extract takes EXTRACT(part FROM x).
func (p *parser) extract() expr {
	c := p.begin("date_part")
	if _, ok := p.peek().Value(); ok {
		c.args = append(c.args, &stringLit{p.text()})
	} else {
		c.args = append(c.args, &stringLit{strings.ToLower(p.label())})
	}
	p.expect("from")
	c.args = append(c.args, p.expr())
	p.expect(")")
	return c
}

// trim takes TRIM([BOTH | LEADING | TRAILING] [characters FROM] x).
func (p *parser) trim() expr {
	names := map[string]string{"both": "btrim", "leading": "ltrim", "trailing": "rtrim", "": "btrim"}
	c := p.begin("btrim")
	side := p.oneOf("both", "leading", "trailing")
	c.name = names[side]
	if !p.accept("from") {
		c.args = append(c.args, p.expr())
		switch {
		case p.accept("from"):
			c.args = append([]expr{p.expr()}, c.args...)
		case side == "" && p.accept(","):
			c.args = append(c.args, p.expr())
		}
	} else {
		c.args = append(c.args, p.expr())
	}
	p.expect(")")
	return c
}

// substring takes SUBSTRING(x FROM start [FOR length]) and SUBSTRING(x, ...).
func (p *parser) substring() expr {
	c := p.begin("substring")
	p.list(func() { c.args = append(c.args, p.expr()) })
	if len(c.args) == 1 && p.accept("from") {
		c.args = append(c.args, p.expr())
		if p.accept("for") {
			c.args = append(c.args, p.expr())
		}
	}
	p.expect(")")
	return c
}

// position takes POSITION(part IN x), which is strpos(x, part).
func (p *parser) position() expr {
	c := p.begin("strpos")
	part := p.other()
	p.expect("in")
	c.args = []expr{p.expr(), part}
	p.expect(")")
	return c
}
