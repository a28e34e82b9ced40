package exec

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"
)

// ErrOutcomeUnknown is wrapped by an error after which nobody knows whether the
// statement took effect: the connection was lost while it ran, or a poll ran
// out. Callers settle it by looking at the warehouse, never by guessing.
var ErrOutcomeUnknown = errors.New("the outcome is unknown")

// ErrNotStarted is wrapped by an error that guarantees that the statement never
// started: the connection could not be opened, the request was throttled, the
// session for it was gone. In the last case the transaction that was open in the
// session is lost, too, and is to be run again from its BEGIN.
var ErrNotStarted = errors.New("the statement never started")

// An Error is what every implementation returns when the warehouse refused or
// lost a statement. errors.Is finds [fs.ErrNotExist], [fs.ErrExist] and
// [fs.ErrPermission] in it when SQLState or Code says so.
type Error struct {
	Op    string // "exec", "query", "batch", "session"
	Label string // of the statement
	// SQLState is what the server sent. The Data API reports a failed statement
	// as text only: there it is what a well-known text stands for, else empty.
	SQLState string
	// Code is Redshift's own number where the message has one: "1023", "15007".
	Code    string
	QueryID string
	// Statement is the one of a batch that failed, counted from 1. It is 0 where
	// that is not known or none did, as when the commit failed, and outside of
	// batches.
	Statement int
	// Err is the cause. It wraps [ErrOutcomeUnknown] or [ErrNotStarted] where
	// that is so, and ctx's error when ctx ended.
	Err error
}

// Error returns "exec: <op> <label>: <cause>" with what identifies the
// statement. It never contains the SQL.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("exec: " + e.Op)
	if e.Label != "" {
		fmt.Fprintf(&b, " %q", e.Label)
	}
	if e.QueryID != "" {
		b.WriteString(" (query " + e.QueryID + ")")
	}
	cause := fmt.Sprint(e.Err)
	b.WriteString(": " + cause)
	for _, fact := range []struct{ name, value string }{{"SQLSTATE", e.SQLState}, {"code", e.Code}} {
		if fact.value != "" && !hasWord(cause, fact.value) {
			b.WriteString(" (" + fact.name + " " + fact.value + ")")
		}
	}
	return b.String()
}

// hasWord reports whether word stands in text on its own, not as a part of a
// longer word or number.
func hasWord(text, word string) bool {
	return slices.Contains(strings.FieldsFunc(text, func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), word)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is maps SQLSTATE to the common errors of io/fs.
func (e *Error) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		return e.SQLState == "42P01" || e.SQLState == "3F000" || e.SQLState == "42704" || e.SQLState == "3D000"
	case fs.ErrExist:
		return e.SQLState == "42P07" || e.SQLState == "42P06" || e.SQLState == "42710"
	case fs.ErrPermission:
		return e.SQLState == "42501" || strings.HasPrefix(e.SQLState, "28")
	}
	return false
}

// SafeToRetry reports whether err guarantees that the statement never started,
// so that running it again cannot do it twice.
func SafeToRetry(err error) bool { return errors.Is(err, ErrNotStarted) }

// OutcomeUnknown reports whether the statement behind err may or may not have
// taken effect.
func OutcomeUnknown(err error) bool { return errors.Is(err, ErrOutcomeUnknown) }
