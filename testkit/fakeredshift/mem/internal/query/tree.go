package query

import (
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// An expr is a node of an expression: one of the types below.
type expr interface {
	print(p *printer)
}

type (
	columnRef  struct{ parts []string } // column, or table.column, ...
	starRef    struct{ parts []string } // *, or table.*; only in a select list
	stringLit  struct{ value string }
	numberLit  struct{ text string }
	boolLit    struct{ value bool }
	nullLit    struct{}
	paramRef   struct{ number int } // $1 is 1
	rowExpr    struct{ items []expr }
	indexExpr  struct{ x, at expr } // x[at]
	zoneExpr   struct{ x, zone expr }
	existsExpr struct{ query *selectStatement }
	subquery   struct{ query *selectStatement } // its only column of its only row

	unaryExpr struct {
		op string // - + not
		x  expr
	}
	binaryExpr struct {
		op   string // and or = <> < > <= >= || ~ !~ ~* !~* + - * / % ^
		x, y expr
	}
	likeExpr struct {
		x, pattern, escape expr // escape is nil unless written
		not, fold          bool
	}
	isExpr struct {
		x    expr
		what string // null true false unknown
		not  bool
	}
	distinctExpr struct { // x IS [NOT] DISTINCT FROM y
		x, y expr
		not  bool
	}
	betweenExpr struct {
		x, low, high expr
		not          bool
	}
	inExpr struct {
		x     expr
		list  []expr
		query *selectStatement // instead of list
		not   bool
	}
	anyExpr struct { // x op ANY (y): an array or a query
		op    string
		x, y  expr
		query *selectStatement
		all   bool
	}
	caseExpr struct {
		operand   expr // nil: the whens are conditions
		whens     []when
		otherwise expr // nil is NULL
	}
	when struct{ condition, result expr }

	castExpr struct {
		x  expr
		to castType
	}
	callExpr struct {
		name     string // in lower case
		args     []expr
		distinct bool
		star     bool // count(*)
		bare     bool // without parentheses, like current_user
		within   []orderItem
	}
)

// A castType is a type as a cast names it.
type castType struct {
	text string // as it is printed
	typ  fakeredshift.Type
	call string // the Scope's function that casts, for regclass
}

// A selectStatement is a query with what stands around it.
type selectStatement struct {
	with          []commonTable
	body          queryBody
	order         []orderItem
	limit, offset expr // nil without
}

// A queryBody is a *selectCore, a *valuesList, a *setOperation or, in
// parentheses, a *selectStatement.
type queryBody interface {
	print(p *printer)
}

type commonTable struct {
	name    string
	columns []string
	query   *selectStatement
}

type orderItem struct {
	x          expr
	descending bool
	nullsFirst bool // as it applies, written or not
}

type selectCore struct {
	distinct bool
	items    []selectItem
	from     []fromItem
	where    expr
	group    []expr
	having   expr
}

type selectItem struct {
	x     expr
	alias string
}

type valuesList struct{ rows [][]expr }

type setOperation struct {
	kind        string // union intersect except
	all         bool
	left, right queryBody
}

// A fromItem is a table, a function or a query, and how it is joined to the items
// before it.
type fromItem struct {
	kind    joinKind
	comma   bool // begins after a comma (or FROM): its conditions see nothing before it
	on      expr
	using   []string
	table   rsql.Name
	call    *callExpr
	query   *selectStatement
	alias   string
	columns []string // t(a, b)
}

type joinKind uint8

const (
	crossJoin joinKind = iota // also the first item, and after a comma
	innerJoin
	leftJoin
	rightJoin
	fullJoin
)
