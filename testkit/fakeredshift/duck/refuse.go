//go:build cgo

package duck

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// SQLSTATEs that Redshift sends.
const (
	stateNotSupported  = "0A000"
	stateBranch        = "25001" // inside a transaction block
	stateFailed        = "25P02"
	stateTooLong       = "22001"
	stateOutOfRange    = "22003"
	stateBadText       = "22P02"
	stateBadBytes      = "22021"
	stateDivision      = "22012"
	stateBadDate       = "22007"
	stateDependents    = "2BP01"
	stateNoSchema      = "3F000"
	stateNoDatabase    = "3D000"
	stateDeadlock      = "40P01"
	stateDenied        = "42501"
	stateSyntax        = "42601"
	stateNameTooLong   = "42622"
	stateNoColumn      = "42703"
	stateNoObject      = "42704"
	stateDoubleColumn  = "42701"
	stateGrouping      = "42803"
	stateMismatch      = "42804"
	stateWrongKind     = "42809"
	stateForeignKey    = "42830"
	stateNoFunction    = "42883"
	stateReserved      = "42939"
	stateNoTable       = "42P01"
	stateDoubleObject  = "42710"
	stateDoubleSchema  = "42P06"
	stateDoubleTable   = "42P07"
	stateBadDefinition = "42P16"
	stateCanceled      = "57014"
	stateInternal      = "XX000"
)

func refuse(state, format string, args ...any) *fakeredshift.Error {
	return &fakeredshift.Error{SQLState: state, Message: fmt.Sprintf(format, args...)}
}

// conflict is what Redshift says when two transactions cannot both commit.
func conflict(detail string) *fakeredshift.Error {
	return &fakeredshift.Error{
		SQLState: stateInternal,
		Code:     1023,
		Message:  "1023",
		Detail:   "Serializable isolation violation on table - " + detail + ", transactions forming the cycle are: not recorded",
	}
}

// raised marks the text of an error that a macro raises with Redshift's words:
// SQLSTATE, number and message follow, parted by colons.
const raised = "redshift:"

// translate makes Redshift's refusal of an error of DuckDB.
func translate(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if cause := ctx.Err(); cause != nil {
		return refuse(stateCanceled, "Query cancelled on user's request")
	}
	var e *duckdb.Error
	if !errors.As(err, &e) {
		return refuse(stateInternal, "%s", err)
	}
	_, text, ok := strings.Cut(e.Msg, ": ")
	if !ok {
		text = e.Msg
	}
	text, _, _ = strings.Cut(text, "\n")
	if at := strings.Index(text, raised); at >= 0 {
		return unraise(text[at+len(raised):])
	}
	return inRedshiftsWords(e.Type, text)
}

func unraise(text string) error {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) < 3 {
		return refuse(stateInternal, "%s", text)
	}
	code, err := strconv.Atoi(parts[1])
	if err != nil {
		return refuse(stateInternal, "%s", text)
	}
	return &fakeredshift.Error{SQLState: parts[0], Code: code, Message: parts[2]}
}

// A saying is how DuckDB puts an error, and what Redshift makes of it.
type saying struct {
	kind  duckdb.ErrorType
	text  *regexp.Regexp // nil fits every text
	state string
	// message may use the groups of text; empty takes DuckDB's words.
	message string
}

// sayings are tried in order.
var sayings = []saying{
	{duckdb.ErrorTypeCatalog, regexp.MustCompile(`^Table with name "?(.+?)"? does not exist`), stateNoTable, `relation "$1" does not exist`},
	{duckdb.ErrorTypeCatalog, regexp.MustCompile(`^Schema with name "?(.+?)"? does not exist`), stateNoSchema, `schema "$1" does not exist`},
	{duckdb.ErrorTypeCatalog, regexp.MustCompile(`Function with name "?(.+?)"? does not exist`), stateNoFunction, `function $1 does not exist`},
	{duckdb.ErrorTypeCatalog, regexp.MustCompile(`^(?:Table|View) with name "?(.+?)"? already exists`), stateDoubleTable, `relation "$1" already exists`},
	{duckdb.ErrorTypeCatalog, regexp.MustCompile(`^Type with name "?(.+?)"? does not exist`), stateNoObject, `type "$1" does not exist`},
	{duckdb.ErrorTypeCatalog, nil, stateNoObject, ""},
	{duckdb.ErrorTypeBinder, regexp.MustCompile(`^Referenced column "(.+?)" not found`), stateNoColumn, `column "$1" does not exist`},
	{duckdb.ErrorTypeBinder, regexp.MustCompile(`^Table "(.+?)" does not have a column named "(.+?)"`), stateNoColumn, `column $1.$2 does not exist`},
	{duckdb.ErrorTypeBinder, regexp.MustCompile(`^Values list "(.+?)" does not have a column named "(.+?)"`), stateNoColumn, `column $1.$2 does not exist`},
	{duckdb.ErrorTypeBinder, regexp.MustCompile(`^Referenced table "(.+?)" not found`), stateNoTable, `relation "$1" does not exist`},
	{duckdb.ErrorTypeBinder, regexp.MustCompile(`must appear in the GROUP BY clause`), stateGrouping, ""},
	{duckdb.ErrorTypeBinder, regexp.MustCompile(`^No function matches the given name and argument types '(.+?)'`), stateNoFunction, `function $1 does not exist`},
	{duckdb.ErrorTypeBinder, regexp.MustCompile(`^Ambiguous reference to column name "(.+?)"`), "42702", `column reference "$1" is ambiguous`},
	{duckdb.ErrorTypeBinder, regexp.MustCompile(`(?i)cannot compare values of type (.+?) and (?:type )?(.+?) `), stateNoFunction, `operator does not exist: $1 = $2`},
	{duckdb.ErrorTypeBinder, nil, stateSyntax, ""},
	{duckdb.ErrorTypeParser, nil, stateSyntax, ""},
	{duckdb.ErrorTypeSyntax, nil, stateSyntax, ""},
	{duckdb.ErrorTypeConversion, regexp.MustCompile(`^Could not convert string '(.*)' to INT`), stateBadText, `invalid input syntax for integer: "$1"`},
	{duckdb.ErrorTypeConversion, regexp.MustCompile(`(?i)out of range|cast because the value|to DECIMAL\(`), stateOutOfRange, ""},
	{duckdb.ErrorTypeConversion, regexp.MustCompile(`(?i)date|timestamp`), stateBadDate, ""},
	{duckdb.ErrorTypeConversion, nil, stateBadText, ""},
	{duckdb.ErrorTypeOutOfRange, nil, stateOutOfRange, ""},
	{duckdb.ErrorTypeDivideByZero, nil, stateDivision, "division by zero"},
	{duckdb.ErrorTypeConstraint, regexp.MustCompile(`^NOT NULL constraint failed: (?:.*\.)?(.+)$`), stateInternal, `Cannot insert a NULL value into column $1`},
	{duckdb.ErrorTypeDependency, nil, stateDependents, ""},
	{duckdb.ErrorTypePermission, nil, stateDenied, ""},
	{duckdb.ErrorTypeNotImplemented, nil, stateNotSupported, ""},
	{duckdb.ErrorTypeInvalidInput, nil, "22023", ""},
}

func inRedshiftsWords(kind duckdb.ErrorType, text string) error {
	switch kind {
	case duckdb.ErrorTypeTransaction:
		return conflict("(" + text + ")")
	case duckdb.ErrorTypeInterrupt:
		return refuse(stateCanceled, "Query cancelled on user's request")
	}
	for _, s := range sayings {
		if s.kind != kind || s.text != nil && !s.text.MatchString(text) {
			continue
		}
		if s.message == "" {
			return refuse(s.state, "%s", text)
		}
		match := s.text.FindStringSubmatchIndex(text)
		e := refuse(s.state, "%s", s.text.ExpandString(nil, s.message, text, match))
		if kind == duckdb.ErrorTypeConstraint {
			e.Code = codeNull
		}
		return e
	}
	return refuse(stateInternal, "%s", text)
}

func hasState(err error, state string) bool {
	var e *fakeredshift.Error
	return errors.As(err, &e) && e.SQLState == state
}
