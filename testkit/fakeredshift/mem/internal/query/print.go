package query

import (
	"strconv"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A printer writes a tree as SQL that is parsed to the same tree.
type printer struct {
	strings.Builder
	// column, if set, writes columns in place of their text, so that two trees are
	// equal as texts if they mean the same.
	column func(*columnRef) string
}

// printed is a tree as SQL.
func printed(n interface{ print(*printer) }) string {
	var p printer
	n.print(&p)
	return p.String()
}

// put writes texts and trees, one after the other.
func (p *printer) put(parts ...any) {
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			p.WriteString(part)
		case interface{ print(*printer) }:
			part.print(p)
		}
	}
}

func (p *printer) exprs(list []expr) {
	for i, x := range list {
		if i > 0 {
			p.put(", ")
		}
		p.put(x)
	}
}

// word writes a word if the condition is true.
func (p *printer) word(condition bool, word string) {
	if condition {
		p.put(word)
	}
}

// name writes a name with quotes. That of a temporary table, #t, is written
// without: its sign belongs to no quoted name.
func quoteName(name string) string {
	if rest, ok := strings.CutPrefix(name, "#"); ok && plainName(rest) {
		return name
	}
	return redferry.Quote(name)
}

func plainName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && c != '_' && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

func quoteNames(parts []string) string {
	quoted := make([]string, len(parts))
	for i, part := range parts {
		quoted[i] = quoteName(part)
	}
	return strings.Join(quoted, ".")
}

func (x *columnRef) print(p *printer) {
	if p.column != nil {
		p.put(p.column(x))
		return
	}
	p.put(quoteNames(x.parts))
}

func (x *starRef) print(p *printer) {
	if len(x.parts) > 0 {
		p.put(quoteNames(x.parts), ".")
	}
	p.put("*")
}

func (x *stringLit) print(p *printer)  { p.put(redferry.Literal(x.value)) }
func (x *numberLit) print(p *printer)  { p.put(x.text) }
func (x *boolLit) print(p *printer)    { p.put(strconv.FormatBool(x.value)) }
func (x *nullLit) print(p *printer)    { p.put("NULL") }
func (x *paramRef) print(p *printer)   { p.put("$", strconv.Itoa(x.number)) }
func (x *indexExpr) print(p *printer)  { p.put("(", x.x, ")[", x.at, "]") }
func (x *zoneExpr) print(p *printer)   { p.put("((", x.x, ") AT TIME ZONE (", x.zone, "))") }
func (x *existsExpr) print(p *printer) { p.put("EXISTS (", x.query, ")") }
func (x *subquery) print(p *printer)   { p.put("(", x.query, ")") }

func (x *rowExpr) print(p *printer) {
	p.put("(")
	p.exprs(x.items)
	p.put(")")
}

func (x *unaryExpr) print(p *printer)  { p.put("(", x.op, " ", x.x, ")") }
func (x *binaryExpr) print(p *printer) { p.put("(", x.x, " ", x.op, " ", x.y, ")") }

func (x *likeExpr) print(p *printer) {
	p.put("(", x.x)
	p.word(x.not, " NOT")
	if x.fold {
		p.put(" ILIKE ", x.pattern)
	} else {
		p.put(" LIKE ", x.pattern)
	}
	if x.escape != nil {
		p.put(" ESCAPE ", x.escape)
	}
	p.put(")")
}

func (x *isExpr) print(p *printer) {
	p.put("(", x.x, " IS")
	p.word(x.not, " NOT")
	p.put(" ", x.what, ")")
}

func (x *distinctExpr) print(p *printer) {
	p.put("(", x.x, " IS")
	p.word(x.not, " NOT")
	p.put(" DISTINCT FROM ", x.y, ")")
}

func (x *betweenExpr) print(p *printer) {
	p.put("(", x.x)
	p.word(x.not, " NOT")
	p.put(" BETWEEN ", x.low, " AND ", x.high, ")")
}

func (x *inExpr) print(p *printer) {
	p.put("(", x.x)
	p.word(x.not, " NOT")
	p.put(" IN (")
	if x.query != nil {
		p.put(x.query)
	}
	p.exprs(x.list)
	p.put("))")
}

func (x *anyExpr) print(p *printer) {
	word := " ANY ("
	if x.all {
		word = " ALL ("
	}
	p.put("(", x.x, " ", x.op, word)
	if x.query != nil {
		p.put(x.query)
	} else {
		p.put(x.y)
	}
	p.put("))")
}

func (x *caseExpr) print(p *printer) {
	p.put("CASE ")
	if x.operand != nil {
		p.put(x.operand, " ")
	}
	for _, w := range x.whens {
		p.put("WHEN ", w.condition, " THEN ", w.result, " ")
	}
	if x.otherwise != nil {
		p.put("ELSE ", x.otherwise, " ")
	}
	p.put("END")
}

func (x *castExpr) print(p *printer) { p.put("CAST(", x.x, " AS ", x.to.text, ")") }

func (x *callExpr) print(p *printer) {
	if x.bare {
		p.put(strings.ToUpper(x.name))
		return
	}
	p.put(quoteName(x.name), "(")
	p.word(x.distinct, "DISTINCT ")
	p.word(x.star, "*")
	p.exprs(x.args)
	p.put(")")
	if x.within != nil {
		p.put(" WITHIN GROUP (ORDER BY ")
		p.order(x.within)
		p.put(")")
	}
}

func (p *printer) order(items []orderItem) {
	for i, item := range items {
		p.word(i > 0, ", ")
		p.put(item.x)
		p.word(item.descending, " DESC")
		if item.nullsFirst != item.descending {
			p.word(item.nullsFirst, " NULLS FIRST")
			p.word(!item.nullsFirst, " NULLS LAST")
		}
	}
}

func (s *selectStatement) print(p *printer) {
	for i, t := range s.with {
		p.word(i == 0, "WITH ")
		p.word(i > 0, ", ")
		p.put(quoteName(t.name))
		p.columns(t.columns)
		p.put(" AS (", t.query, ")")
		p.word(i == len(s.with)-1, " ")
	}
	p.operand(s.body)
	if s.order != nil {
		p.put(" ORDER BY ")
		p.order(s.order)
	}
	if s.limit != nil {
		p.put(" LIMIT ", s.limit)
	}
	if s.offset != nil {
		p.put(" OFFSET ", s.offset)
	}
}

// operand writes a body; a whole statement stands in parentheses.
func (p *printer) operand(body queryBody) {
	if s, ok := body.(*selectStatement); ok {
		p.put("(", s, ")")
		return
	}
	p.put(body)
}

func (p *printer) columns(names []string) {
	for i, name := range names {
		p.word(i == 0, " (")
		p.word(i > 0, ", ")
		p.put(quoteName(name))
		p.word(i == len(names)-1, ")")
	}
}

func (v *valuesList) print(p *printer) {
	p.put("VALUES ")
	for i, row := range v.rows {
		p.word(i > 0, ", ")
		p.put("(")
		p.exprs(row)
		p.put(")")
	}
}

func (o *setOperation) print(p *printer) {
	p.setOperand(o.left, o.kind == "intersect")
	p.put(" ", o.kind, " ")
	p.word(o.all, "ALL ")
	if _, ok := o.right.(*setOperation); ok && o.kind == "intersect" {
		p.put("(", o.right, ")")
		return
	}
	p.operand(o.right)
}

// setOperand writes the left side, which needs parentheses if it binds less.
func (p *printer) setOperand(body queryBody, intersect bool) {
	if o, ok := body.(*setOperation); ok && intersect && o.kind != "intersect" {
		p.put("(", o, ")")
		return
	}
	p.operand(body)
}

func (c *selectCore) print(p *printer) {
	p.put("SELECT ")
	p.word(c.distinct, "DISTINCT ")
	for i, item := range c.items {
		p.word(i > 0, ", ")
		p.put(item.x)
		if item.alias != "" {
			p.put(" AS ", quoteName(item.alias))
		}
	}
	for i, item := range c.from {
		p.word(i == 0, " FROM ")
		p.word(i > 0 && item.comma, ", ")
		p.from(item)
	}
	if c.where != nil {
		p.put(" WHERE ", c.where)
	}
	if c.group != nil {
		p.put(" GROUP BY ")
		p.exprs(c.group)
	}
	if c.having != nil {
		p.put(" HAVING ", c.having)
	}
}

var joinWords = map[joinKind]string{
	crossJoin: " CROSS JOIN ", innerJoin: " JOIN ", leftJoin: " LEFT JOIN ", rightJoin: " RIGHT JOIN ", fullJoin: " FULL JOIN ",
}

func (p *printer) from(item fromItem) {
	p.word(!item.comma, joinWords[item.kind])
	switch {
	case item.query != nil:
		p.put("(", item.query, ")")
	case item.call != nil:
		p.put(item.call)
	default:
		p.put(printName(item.table))
	}
	if item.alias != "" {
		p.put(" AS ", quoteName(item.alias))
	}
	p.columns(item.columns)
	if item.on != nil {
		p.put(" ON ", item.on)
	}
	if item.using != nil {
		p.put(" USING")
		p.columns(item.using)
	}
}

func printName(n rsql.Name) string {
	var parts []string
	for _, part := range []string{n.Database, n.Schema, n.Name} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return quoteNames(parts)
}
