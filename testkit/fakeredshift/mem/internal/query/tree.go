package query

// An expr is a node of an expression.
type expr interface{}

// A selectStatement is a query with what stands around it.
type selectStatement struct{}
