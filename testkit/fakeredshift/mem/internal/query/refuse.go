package query

import (
	"fmt"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// SQLSTATEs of refusals.
const (
	stateUnsupported  = "0A000"
	stateTooLong      = "22001"
	stateOutOfRange   = "22003"
	stateBadDate      = "22007"
	stateDateRange    = "22008"
	stateSubstring    = "22011"
	stateDivision     = "22012"
	stateBadBytes     = "22021"
	stateBadParameter = "22023"
	stateBadEscape    = "22025"
	stateBadText      = "22P02"
	stateCardinality  = "21000"
	stateSyntax       = "42601"
	stateNameTooLong  = "42622"
	stateDoubleAlias  = "42712"
	stateAmbiguous    = "42702"
	stateNoColumn     = "42703"
	stateGrouping     = "42803"
	stateMismatch     = "42804"
	stateCannotCast   = "42846"
	stateNoFunction   = "42883"
	stateNoTable      = "42P01"
	stateNoParameter  = "42P02"
	stateNoDatabase   = "3D000"
	stateBadReference = "42P10"
	stateRegexp       = "2201B"
	stateTooComplex   = "54001"
)

func refuse(state, format string, args ...any) *fakeredshift.Error {
	return &fakeredshift.Error{SQLState: state, Message: fmt.Sprintf(format, args...)}
}

// unsupported refuses what Redshift may have and this package has not.
func unsupported(what string) *fakeredshift.Error {
	return refuse(stateUnsupported, "%s is not supported by the fake warehouse", what)
}
