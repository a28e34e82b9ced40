// Package query runs Redshift's SELECT, and expressions by themselves, over
// relations in memory. It parses, resolves names and types, and evaluates; what
// relations and session functions there are is told by a [Scope]. What it does
// not have it refuses (0A000) and names.
//
// Nothing in it keeps state between calls; a [Query] and an [Expr] may be used by
// several goroutines at a time.
package query

import (
	"errors"
	"slices"

	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A Value is a value of a column:
//
//	nil          NULL
//	bool         BOOLEAN
//	int64        SMALLINT, INTEGER, BIGINT, oid
//	float64      REAL (rounded to 32 bits), DOUBLE PRECISION
//	Numeric      NUMERIC
//	string       CHAR (without the blanks at its end), VARCHAR, SUPER (JSON), TIME
//	             and TIMETZ (as they are printed), VARBYTE (the bytes themselves)
//	time.Time    DATE, TIMESTAMP, TIMESTAMPTZ; in UTC, whole microseconds
//	[]Value      arrays of the leader node, such as conkey; subscripts begin at 1
//
// Values are never changed, so that relations may share them.
type Value = any

// A Relation is a table or a result. A Query does not change the relations that
// it reads, and its result shares rows with them.
type Relation struct {
	Columns []fakeredshift.Column
	Rows    [][]Value // each as long as Columns
}

// A Scope is what a query sees of its session.
//
// A Scope that also has the method Interrupted() error is asked now and then
// while rows are read; its error ends the query.
type Scope interface {
	// Relation finds a table, view or catalog; an empty schema means the search
	// path. Refusals are 42P01 and 3F000.
	Relation(schema, name string) (*Relation, error)
	// Function calls a function of the session or of the catalog: one that this
	// package does not have itself. The error is [ErrNoFunction] when there is none
	// of that name and number of arguments. To learn the type of a call it is called
	// once with NULL for every argument whose value is not known beforehand. A
	// cast x::regclass is a call of "regclass".
	Function(name string, args []Value) (Value, fakeredshift.Type, error)
}

// ErrNoFunction is what a [Scope] answers for a function that it does not have.
var ErrNoFunction = errors.New("query: no such function")

// A Query is a SELECT or VALUES, parsed.
type Query struct {
	statement *selectStatement
}

// Parse reads one query. The refusals of its text are [*fakeredshift.Error],
// mostly with 42601 or 0A000. A nil opts means the defaults.
func Parse(sql string, opts *rsql.Options) (*Query, error) {
	p := newParser(sqltext.Code(sql), opts != nil && opts.CaseSensitive)
	q := &Query{}
	if p.isQuery() || p.is("(") {
		q.statement = p.statement()
	} else {
		p.unexpected()
	}
	p.end()
	if p.err != nil {
		return nil, p.err
	}
	return q, nil
}

// String returns the query as SQL that means the same.
func (q *Query) String() string { return printed(q.statement) }

// Run answers the query. Args replace $1, $2, ... as text, nil is NULL: untyped
// literals that take the type that their place asks for.
func (q *Query) Run(s Scope, args []*string) (*Relation, error) {
	p, err := newSession(s, args).plan(q.statement, nil, nil)
	if err != nil {
		return nil, err
	}
	rows, err := p.rows(nil)
	if err != nil {
		return nil, err
	}
	return &Relation{p.columns, rows}, nil
}

// Columns describes the result without reading a row.
func (q *Query) Columns(s Scope, args []*string) ([]fakeredshift.Column, error) {
	p, err := newSession(s, args).plan(q.statement, nil, nil)
	if err != nil {
		return nil, err
	}
	return p.columns, nil
}

// An Expr is an expression by itself, as in VALUES, DEFAULT, SET and WHERE.
type Expr struct {
	tree expr
}

// ParseExpr reads the expression at the head of tokens, which come from
// [sqltext.Code], and returns how many tokens it took.
func ParseExpr(tokens []sqltext.Token, opts *rsql.Options) (e *Expr, n int, err error) {
	p := newParser(tokens, opts != nil && opts.CaseSensitive)
	e = &Expr{p.expr()}
	if p.err != nil {
		return nil, 0, p.err
	}
	if p.done() {
		return e, len(tokens), nil
	}
	n = slices.IndexFunc(tokens, func(t sqltext.Token) bool { return t.Pos+len(t.Text) > p.peek().Pos })
	return e, n, nil
}

// String returns the expression as SQL that means the same.
func (e *Expr) String() string { return printed(e.tree) }

// A Source is the table whose rows an [Expr] is evaluated for.
type Source struct {
	Schema, Name string // by which the expression may name it; empty if it may not
	Columns      []fakeredshift.Column
}

// Bind resolves the names of e. From is nil where there is no row, as in VALUES.
func (e *Expr) Bind(s Scope, from *Source, args []*string) (*Bound, error) {
	b := &binder{session: newSession(s, args), inside: "VALUES"}
	if from != nil {
		b.inside = "WHERE or SET"
		b.sources = []source{{schema: from.Schema, alias: from.Name, columns: from.Columns}}
	}
	n, err := b.bind(e.tree)
	if err != nil {
		return nil, err
	}
	return &Bound{Type: typed(n).typ, node: n, frame: &frame{rows: make([][]Value, 1)}}, nil
}

// A Bound is an expression that can be evaluated, by one goroutine at a time.
type Bound struct {
	Type  fakeredshift.Type // varchar for a literal without a type
	node  *node
	frame *frame
}

// Eval evaluates for one row; row is nil where Bind had no Source.
func (b *Bound) Eval(row []Value) (Value, error) {
	b.frame.rows[0] = row
	return b.node.eval(b.frame)
}

// Test evaluates a condition for one row: true is true, false and NULL are not.
// An expression that is no condition is refused.
func (b *Bound) Test(row []Value) (bool, error) {
	if b.Type.OID != rsql.Bool {
		n, err := asCondition(b.node, "WHERE")
		if err != nil {
			return false, err
		}
		b.node, b.Type = n, typeBool
	}
	b.frame.rows[0] = row
	return b.node.test(b.frame)
}

// Assign evaluates for one row and converts as an INSERT or UPDATE into column
// does; see the function [Assign].
func (b *Bound) Assign(row []Value, column fakeredshift.Column) (Value, error) {
	v, err := b.Eval(row)
	if err != nil {
		return nil, err
	}
	return Assign(v, b.node.typ, column)
}
