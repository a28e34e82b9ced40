package query

// A visitor sees every node of a tree, from the outside to the inside. It
// returns false to leave out what is inside of one.
type visitor struct {
	expr  func(x expr) bool
	query func(q *selectStatement) bool // nil: do not go into queries
	from  func(item *fromItem)
}

func (v *visitor) all(list ...expr) {
	for _, x := range list {
		v.visit(x)
	}
}

func (v *visitor) visit(x expr) {
	if x == nil || !v.expr(x) {
		return
	}
	switch x := x.(type) {
	case *rowExpr:
		v.all(x.items...)
	case *indexExpr:
		v.all(x.x, x.at)
	case *zoneExpr:
		v.all(x.x, x.zone)
	case *unaryExpr:
		v.all(x.x)
	case *binaryExpr:
		v.all(x.x, x.y)
	case *likeExpr:
		v.all(x.x, x.pattern, x.escape)
	case *isExpr:
		v.all(x.x)
	case *distinctExpr:
		v.all(x.x, x.y)
	case *betweenExpr:
		v.all(x.x, x.low, x.high)
	case *castExpr:
		v.all(x.x)
	case *callExpr:
		v.all(x.args...)
		v.orders(x.within)
	case *caseExpr:
		v.all(x.operand)
		for _, w := range x.whens {
			v.all(w.condition, w.result)
		}
		v.all(x.otherwise)
	default:
		v.queries(x)
	}
}

// queries visits the expressions that hold a query.
func (v *visitor) queries(x expr) {
	switch x := x.(type) {
	case *inExpr:
		v.all(x.x)
		v.all(x.list...)
		v.statement(x.query)
	case *anyExpr:
		v.all(x.x, x.y)
		v.statement(x.query)
	case *existsExpr:
		v.statement(x.query)
	case *subquery:
		v.statement(x.query)
	}
}

func (v *visitor) orders(items []orderItem) {
	for _, item := range items {
		v.visit(item.x)
	}
}

func (v *visitor) statement(q *selectStatement) {
	if q == nil || v.query == nil || !v.query(q) {
		return
	}
	for _, t := range q.with {
		v.statement(t.query)
	}
	v.body(q.body)
	v.orders(q.order)
	v.all(q.limit, q.offset)
}

func (v *visitor) body(body queryBody) {
	switch body := body.(type) {
	case *selectStatement:
		v.statement(body)
	case *setOperation:
		v.body(body.left)
		v.body(body.right)
	case *valuesList:
		for _, row := range body.rows {
			v.all(row...)
		}
	case *selectCore:
		v.core(body)
	}
}

func (v *visitor) core(c *selectCore) {
	for _, item := range c.items {
		v.visit(item.x)
	}
	for i := range c.from {
		item := &c.from[i]
		if v.from != nil {
			v.from(item)
		}
		if item.call != nil {
			v.visit(item.call)
		}
		v.statement(item.query)
		v.visit(item.on)
	}
	v.visit(c.where)
	v.all(c.group...)
	v.visit(c.having)
}

// hasAggregate reports whether an aggregate stands in x, queries in it left out.
func hasAggregate(x expr) bool {
	found := false
	v := visitor{expr: func(x expr) bool {
		if call, ok := x.(*callExpr); ok {
			_, is := aggregates[call.name]
			found = found || is
		}
		return !found
	}}
	v.visit(x)
	return found
}
