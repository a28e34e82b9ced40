// Package rsql reads the statements that Redshift has and other databases do
// not, or have with other rules: CREATE TABLE with its keys and encodings,
// UNLOAD, COPY, and the small commands around them. It is as strict as Redshift
// and refuses with Redshift's SQLSTATEs, so that an engine behind a fake
// warehouse has nothing left to check but what only its catalog knows. What
// every database has (SELECT, INSERT, ...) it passes through as [Other].
package rsql

import "github.com/redferry/redferry/testkit/fakeredshift"

// A Statement is what [Parse] returns: a pointer to one of the types of this
// package, from [AlterTable] to [Vacuum].
type Statement interface {
	// Tag is the command tag that Redshift answers with. For [Other] it lacks the
	// row counts.
	Tag() string
}

// A Name is the name of a table or view as the statement gives it, folded.
type Name struct {
	Database string // empty unless written
	Schema   string // empty: the search path decides
	Name     string
}

// Options tell [Parse] about the session.
type Options struct {
	// CaseSensitive is the session's enable_case_sensitive_identifier: quoted
	// names keep their case. The default folds them like any other.
	CaseSensitive bool
}

// An Other is a statement that this package does not take apart.
type Other struct {
	// Keyword is the statement's first word in upper case: "SELECT", "WITH",
	// "INSERT"; for CREATE, DROP, ALTER and SHOW with what follows: "CREATE VIEW".
	Keyword string
	// Tables are the names that stand after FROM, JOIN, INTO, UPDATE and USING, in
	// the order of the text. A name defined by WITH is among them if it is used.
	Tables []Name
}

// Tag returns the keyword, for a query SELECT.
func (s *Other) Tag() string {
	if s.Keyword == "WITH" {
		return "SELECT"
	}
	return s.Keyword
}

func refuse(state, message string) error {
	return &fakeredshift.Error{SQLState: state, Message: message}
}
