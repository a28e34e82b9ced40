package fakeredshift

import (
	"context"
	"errors"

	"github.com/redferry/redferry/internal/sqltext"
)

// SQLSTATEs that the wire servers know of.
const (
	stateAborted    = "25P02"
	stateCanceled   = "57014"
	stateTerminated = "57P01"
	stateInternal   = "XX000"
	stateSyntax     = "42601"
	stateNotSupport = "0A000"
	stateProtocol   = "08P01"
)

// Why a statement's context ended.
var (
	errCanceled   = &Error{SQLState: stateCanceled, Message: "Query cancelled on user's request"}
	errTerminated = &Error{SQLState: stateTerminated, Message: "terminating connection due to administrator command"}
)

// asError makes the wire's form of any error of an engine.
func asError(err error) *Error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return errCanceled
	}
	return &Error{SQLState: stateInternal, Message: err.Error()}
}

// refuse refuses what no engine is to see: COPY from the client, and every
// statement of an aborted transaction.
func refuse(code []sqltext.Token) *Error {
	if len(code) == 0 || !code[0].Is("COPY") {
		return nil
	}
	for i := 1; i < len(code)-1; i++ {
		if code[i].Is("FROM") && code[i+1].Is("STDIN") || code[i].Is("TO") && code[i+1].Is("STDOUT") {
			return &Error{
				SQLState: stateNotSupport,
				Message:  "LOAD source is not supported. (Hint: only S3 or DynamoDB or EMR based load is allowed)",
			}
		}
	}
	return nil
}
