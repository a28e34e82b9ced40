package mem

import (
	"context"
	"errors"
	"fmt"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// SQLSTATEs that Redshift sends.
const (
	stateNotSupported  = "0A000"
	stateBranch        = "25001" // inside a transaction block
	stateFailed        = "25P02"
	stateTooLong       = "22001"
	stateBadParameter  = "22023"
	stateBadText       = "22P02"
	stateDependents    = "2BP01"
	stateNoSchema      = "3F000"
	stateNoDatabase    = "3D000"
	stateDeadlock      = "40P01"
	stateDenied        = "42501"
	stateSyntax        = "42601"
	stateNoColumn      = "42703"
	stateNoObject      = "42704"
	stateDoubleColumn  = "42701"
	stateWrongKind     = "42809"
	stateForeignKey    = "42830"
	stateReserved      = "42939"
	stateNoTable       = "42P01"
	stateDoubleObject  = "42710"
	stateDoubleSchema  = "42P06"
	stateDoubleTable   = "42P07"
	stateBadDefinition = "42P16"
	stateCanceled      = "57014"
	stateInternal      = "XX000"
)

// Redshift's own numbers.
const (
	codeNoRelation = 1018 // made after the snapshot
	codeIsolation  = 1023
	codeSuper      = 1224
	codeTooLong    = 8001
	codeNull       = 8007
	codeSpectrum   = 15001
	codeColumns    = 15007
)

func refuse(state, format string, args ...any) *fakeredshift.Error {
	return &fakeredshift.Error{SQLState: state, Message: fmt.Sprintf(format, args...)}
}

// unsupported names what this engine does not have.
func unsupported(format string, args ...any) *fakeredshift.Error {
	return refuse(stateNotSupported, "%s is not supported by the fake warehouse in memory", fmt.Sprintf(format, args...))
}

// conflict is what Redshift says when two transactions cannot both commit.
func conflict(oid uint32) *fakeredshift.Error {
	return &fakeredshift.Error{
		SQLState: stateInternal,
		Code:     codeIsolation,
		Message:  "1023",
		Detail:   fmt.Sprintf("Serializable isolation violation on table - %d, transactions forming the cycle are: not recorded", oid),
	}
}

func cancelled() *fakeredshift.Error {
	return refuse(stateCanceled, "Query cancelled on user's request")
}

// refusalOf makes an *Error of any error.
func refusalOf(ctx context.Context, err error) error {
	var e *fakeredshift.Error
	switch {
	case errors.As(err, &e):
		return e
	case ctx.Err() != nil:
		return cancelled()
	}
	return refuse(stateInternal, "%s", err)
}

func hasState(err error, state string) bool {
	var e *fakeredshift.Error
	return errors.As(err, &e) && e.SQLState == state
}

// notOnTables refuses what mixes the leader node's with the compute nodes'.
func notOnTables() *fakeredshift.Error {
	return refuse(stateNotSupported, "Specified types or functions (one per INFO message) not supported on Redshift tables.")
}
