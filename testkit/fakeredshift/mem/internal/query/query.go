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
	body *selectStatement
}

// Parse reads one query. The refusals of its text are [*fakeredshift.Error] with
// 42601 or 0A000. A nil opts means the defaults.
func Parse(sql string, opts *rsql.Options) (*Query, error) {
	return nil, unsupported("SELECT")
}

// Run answers the query. Args replace $1, $2, ... as text, nil is NULL: untyped
// literals that take the type that their place asks for.
func (q *Query) Run(s Scope, args []*string) (*Relation, error) {
	return nil, unsupported("SELECT")
}

// Columns describes the result without reading a row.
func (q *Query) Columns(s Scope, args []*string) ([]fakeredshift.Column, error) {
	return nil, unsupported("SELECT")
}

// Tables returns the relations that the query names, each once, subqueries
// included, and names defined by WITH not.
func (q *Query) Tables() []rsql.Name { return nil }

// Functions returns the names of the functions that the query calls, in lower
// case, each once.
func (q *Query) Functions() []string { return nil }

// Counts returns the table that the query counts, if it is a plain
// SELECT count(*) FROM table, so that nobody needs to make rows of it.
func (q *Query) Counts() (table rsql.Name, ok bool) { return rsql.Name{}, false }

// An Expr is an expression by itself, as in VALUES, DEFAULT, SET and WHERE.
type Expr struct {
	tree expr
}

// ParseExpr reads the expression at the head of tokens, which come from
// [sqltext.Code], and returns how many tokens it took.
func ParseExpr(tokens []sqltext.Token, opts *rsql.Options) (e *Expr, n int, err error) {
	return nil, 0, unsupported("expression")
}

// A Source is the table whose rows an [Expr] is evaluated for.
type Source struct {
	Schema, Name string // by which the expression may name it; empty if it may not
	Columns      []fakeredshift.Column
}

// Bind resolves the names of e. From is nil where there is no row, as in VALUES.
func (e *Expr) Bind(s Scope, from *Source, args []*string) (*Bound, error) {
	return nil, unsupported("expression")
}

// A Bound is an expression that can be evaluated, by one goroutine at a time.
type Bound struct {
	Type fakeredshift.Type // varchar for a literal without a type
}

// Eval evaluates for one row; row is nil where Bind had no Source.
func (b *Bound) Eval(row []Value) (Value, error) { return nil, unsupported("expression") }

// Test evaluates a condition for one row: true is true, false and NULL are not.
func (b *Bound) Test(row []Value) (bool, error) { return false, unsupported("expression") }

// Assign evaluates for one row and converts as an INSERT or UPDATE into column
// does; see the function [Assign].
func (b *Bound) Assign(row []Value, column fakeredshift.Column) (Value, error) {
	return nil, unsupported("expression")
}

// Assign converts a value of type from as an INSERT, UPDATE or COPY into column
// does. A text that is too long is refused (22001), unless only blanks are too
// many. Text of no declared length (varchar with modifier -1, as literals have
// it) may go into a column of any type, if it is readable as one; text of a
// column only into a column of text (42804). NULL goes everywhere: NOT NULL is
// the caller's.
func Assign(v Value, from fakeredshift.Type, column fakeredshift.Column) (Value, error) {
	return nil, unsupported("assignment")
}

// Cast converts as CAST does: a text that is too long is cut. Refusals are 22P02
// and 22007 for text that is no such value, 22003 for a number out of range, 42846
// for types that do not convert.
func Cast(v Value, from, to fakeredshift.Type) (Value, error) {
	return nil, unsupported("cast")
}

// Text prints a value as Redshift does on the wire: nil for NULL.
func Text(v Value, t fakeredshift.Type) []byte { return nil }
