package query

import (
	"github.com/redferry/redferry/internal/sqltext"
)

// The levels of an expression, from OR, which binds least, to the postfix
// operators. The order of comparisons, IS, LIKE and || is that of PostgreSQL since
// version 9.5; that of Redshift, which stems from 8.0, has not been established
// for expressions where it matters, such as a = b IS NULL.

func (p *parser) expr() expr {
	p.enter()
	defer p.leave()
	return p.binary(p.conjunction, "or")
}

func (p *parser) conjunction() expr { return p.binary(p.negation, "and") }

// binary takes operands with left-associative operators between them.
func (p *parser) binary(operand func() expr, ops ...string) expr {
	x := operand()
	for {
		op := p.oneOf(ops...)
		if op == "" {
			return x
		}
		x = &binaryExpr{op, x, operand()}
	}
}

func (p *parser) negation() expr {
	if p.accept("not") {
		p.enter()
		defer p.leave()
		return &unaryExpr{"not", p.negation()}
	}
	return p.test()
}

// test takes IS NULL and its like.
func (p *parser) test() expr {
	x := p.comparison()
	for {
		switch {
		case p.accept("isnull"):
			x = &isExpr{x, "null", false}
		case p.accept("notnull"):
			x = &isExpr{x, "null", true}
		case p.accept("is"):
			not := p.accept("not")
			if p.accept("distinct", "from") {
				x = &distinctExpr{x, p.comparison(), not}
				continue
			}
			what := p.oneOf("null", "true", "false", "unknown")
			if what == "" {
				p.unexpected()
			}
			x = &isExpr{x, what, not}
		default:
			return x
		}
	}
}

var comparisons = []string{"=", "<>", "!=", "<", ">", "<=", ">="}

func (p *parser) comparison() expr {
	x := p.matching()
	op := p.oneOf(comparisons...)
	if op == "" {
		return x
	}
	if op == "!=" {
		op = "<>"
	}
	if word := p.oneOf("any", "some", "all"); word != "" {
		return p.quantified(op, x, word == "all")
	}
	y := p.matching()
	for _, another := range comparisons {
		if p.is(another) { // comparisons do not chain
			p.unexpected()
		}
	}
	return &binaryExpr{op, x, y}
}

// quantified takes what follows x op ANY.
func (p *parser) quantified(op string, x expr, all bool) expr {
	a := &anyExpr{op: op, x: x, all: all}
	p.expect("(")
	if p.isQuery() {
		a.query = p.statement()
	} else {
		a.y = p.expr()
	}
	p.expect(")")
	return a
}

// matching takes LIKE, IN and BETWEEN.
func (p *parser) matching() expr {
	x := p.other()
	for {
		not := p.is("not")
		if not {
			switch next := p.ahead(1); {
			case next.Is("like"), next.Is("ilike"), next.Is("in"), next.Is("between"), next.Is("similar"):
				p.next()
			default:
				return x
			}
		}
		switch p.oneOf("like", "ilike", "in", "between", "similar") {
		case "like":
			x = p.like(x, not, false)
		case "ilike":
			x = p.like(x, not, true)
		case "in":
			x = p.in(x, not)
		case "between":
			low := p.other()
			p.expect("and")
			x = &betweenExpr{x, low, p.other(), not}
		case "similar":
			p.failed(unsupported("SIMILAR TO"))
		default:
			return x
		}
	}
}

func (p *parser) like(x expr, not, fold bool) expr {
	l := &likeExpr{x: x, pattern: p.other(), not: not, fold: fold}
	if p.accept("escape") {
		l.escape = p.other()
	}
	return l
}

func (p *parser) in(x expr, not bool) expr {
	in := &inExpr{x: x, not: not}
	p.expect("(")
	if p.isQuery() {
		in.query = p.statement()
	} else {
		p.list(func() { in.list = append(in.list, p.expr()) })
	}
	p.expect(")")
	return in
}

// other takes || and the operators that have no level of their own.
func (p *parser) other() expr {
	x := p.sum()
	for {
		op := p.otherOperator()
		if op == "" {
			return x
		}
		x = &binaryExpr{op, x, p.sum()}
	}
}

func (p *parser) otherOperator() string {
	if op := p.oneOf("||", "~", "!~", "~*", "!~*"); op != "" {
		return op
	}
	if p.is("operator", "(", "pg_catalog", ".") && p.ahead(4).Kind == sqltext.Operator && isSign(p.ahead(5), ")") {
		p.pos += 4
		op := p.next().Text
		p.pos++
		return op
	}
	if t := p.peek(); t.Kind == sqltext.Operator && unknownOperators.has(t.Text) {
		p.failed(unsupported("the operator " + t.Text))
	}
	return ""
}

// unknownOperators are those of Redshift that this package does not have.
var unknownOperators = words("& | # << >> ~~ !~~ ~~* !~~* |/ ||/ @ ! !!")

func (p *parser) sum() expr     { return p.binary(p.product, "+", "-") }
func (p *parser) product() expr { return p.binary(p.power, "*", "/", "%") }
func (p *parser) power() expr   { return p.binary(p.zoned, "^") }

func (p *parser) zoned() expr {
	x := p.unary()
	for p.accept("at", "time", "zone") {
		x = &zoneExpr{x, p.unary()}
	}
	return x
}

func (p *parser) unary() expr {
	p.enter()
	defer p.leave()
	if op := p.oneOf("-", "+"); op != "" {
		return &unaryExpr{op, p.unary()}
	}
	return p.postfix()
}

func (p *parser) postfix() expr {
	x := p.primary()
	for {
		switch {
		case p.accept("::"):
			x = &castExpr{x, p.castType()}
		case p.accept("["):
			at := p.expr()
			if p.is(":") {
				p.failed(unsupported("a slice of an array"))
			}
			p.expect("]")
			x = &indexExpr{x, at}
		default:
			return x
		}
	}
}
