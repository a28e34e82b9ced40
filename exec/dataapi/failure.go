package dataapi

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/internal/wire"
)

func (r *run) fail(err error) error {
	return &exec.Error{Op: r.op, Label: r.label, QueryID: r.id, Err: err}
}

// judge makes an error of a statement that did not finish.
func (r *run) judge(ctx context.Context, done *redshiftdata.DescribeStatementOutput) error {
	if done.Status == types.StatusStringFinished {
		return nil
	}
	text := strings.TrimSpace(deref(done.Error))
	failure := &exec.Error{Op: r.op, Label: r.label, QueryID: r.id, SQLState: sqlState(text), Code: exec.ParseCode(text)}
	if done.Status == types.StatusStringAborted {
		failure.SQLState = "57014"
		text = strings.TrimSpace("the statement was cancelled " + text)
	}
	told := wire.Terse(text, "")
	failure.Err = errors.New(told)
	for i, sub := range done.SubStatements {
		if sub.Status == types.StatementStatusStringFailed {
			failure.Statement = i + 1
			failure.Err = fmt.Errorf("statement %d of %d: %s", i+1, len(done.SubStatements), told)
		}
	}
	if connectionLost(text) {
		failure.Err = fmt.Errorf("%w: %w", exec.ErrOutcomeUnknown, failure.Err)
	}
	if ctx.Err() != nil {
		failure.Err = fmt.Errorf("%w: %w", ctx.Err(), failure.Err)
	}
	return failure
}

// transient reports whether a request that ended with err may be answered when it
// is sent again.
func transient(err error) bool {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return refused(err) || status(err) >= 500 || api.ErrorFault() == smithy.FaultServer
	}
	_, unsent := errors.AsType[*smithyhttp.RequestSendError](err)
	_, garbled := errors.AsType[*smithy.DeserializationError](err)
	return unsent || garbled || status(err) >= 500 || errors.Is(err, context.DeadlineExceeded) ||
		retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
}

// refused reports whether err is an answer that says: not now, nothing was done.
func refused(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	code := api.ErrorCode()
	_, throttled := retry.DefaultThrottleErrorCodes[code]
	return throttled || slices.Contains([]string{
		"ActiveStatementsExceededException", "ActiveSessionsExceededException",
		"ActiveWaitingRequestsExceededException", "DatabaseConnectionException",
	}, code)
}

// errGone is wrapped by the refusal of a statement whose session has ended.
var errGone = errors.New("the session is gone, and with it what it had not committed")

// gone reports whether err is an answer that says that the session of the request
// does not exist, or no longer. Which answer says so is not documented; public
// reports have ValidationException with "Session is not available" for one that
// ended and "Session with Id: ... is invalid" for one that never was.
// Source: https://github.com/awslabs/mcp/issues/4587
func gone(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	switch api.ErrorCode() {
	case "ResourceNotFoundException": // the request names nothing but the session
		return true
	case "ValidationException":
		text := strings.ToLower(api.ErrorMessage())
		return strings.Contains(text, "session") && slices.ContainsFunc([]string{
			"is not available", "is invalid", "expired", "not found", "does not exist",
		}, func(fate string) bool { return strings.Contains(text, fate) })
	}
	return false
}

func status(err error) int {
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return response.HTTPStatusCode()
	}
	return 0
}

// permanent adds the common errors of io/fs to a refusal of the service.
func permanent(err error) error {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || errors.Is(err, errGone) {
		return err
	}
	switch api.ErrorCode() {
	case "AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException":
		return fmt.Errorf("%w: %w", fs.ErrPermission, err)
	case "ResourceNotFoundException":
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return err
}
