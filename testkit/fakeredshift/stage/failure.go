package stage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// Redshift's own numbers for what goes wrong with S3.
const (
	codeDisk     = 1016  // a local file cannot be read or written
	codeS3       = 8001  // S3 refused, or has not what is asked for
	codeNetwork  = 9001  // S3 did not answer
	codeSpectrum = 15001 // the reader of columnar files failed
	codeManifest = 15003 // a manifest lacks what columnar files need
)

// Failure returns a refusal in the form of Redshift's internal errors: SQLSTATE
// XX000, and the number and what it happened on in the detail. Context may be empty.
func Failure(code int, message, context string) *fakeredshift.Error {
	const line = "-----------------------------------------------"
	return &fakeredshift.Error{
		SQLState: "XX000",
		Code:     code,
		Message:  message,
		Detail: fmt.Sprintf("\n  %s\n  error:  %s\n  code:      %d\n  context:   %s\n  query:     0\n  %s",
			line, message, code, context, line),
	}
}

// refusal makes Redshift's error of one of the S3 client's. What is Redshift's
// already stays as it is.
func refusal(ctx context.Context, err error, object string) error {
	var (
		own      *fakeredshift.Error
		api      smithy.APIError
		response *awshttp.ResponseError
		local    *fs.PathError
	)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return &fakeredshift.Error{SQLState: "57014", Message: "Query cancelled on user's request"}
	case errors.As(err, &own):
		return own
	case errors.As(err, &api) && errors.As(err, &response):
		return Failure(codeS3, exception(err, api, response), object)
	case errors.As(err, &local):
		return Failure(codeDisk, oneLine(local), object)
	}
	return Failure(codeNetwork, fmt.Sprintf("S3CurlException: %s, CurlError 7, multiCurlError 0, CanRetry 1, UserError 0", oneLine(err)), object)
}

// exception words S3's answer as Redshift does.
func exception(err error, api smithy.APIError, response *awshttp.ResponseError) string {
	message := api.ErrorMessage()
	if message == "" {
		message = api.ErrorCode()
	}
	extended := ""
	var host interface{ ServiceHostID() string }
	if errors.As(err, &host) && host.ServiceHostID() != "" {
		extended = ",ExtRid " + host.ServiceHostID()
	}
	return fmt.Sprintf("S3ServiceException:%s,Status %d,Error %s,Rid %s%s,CanRetry 1",
		message, response.HTTPStatusCode(), api.ErrorCode(), response.ServiceRequestID(), extended)
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", " ") }

// isStatus reports whether S3 answered with an HTTP status.
func isStatus(err error, status int) bool {
	var response *awshttp.ResponseError
	return errors.As(err, &response) && response.HTTPStatusCode() == status
}

// isMissing reports whether an object is not there, though its bucket is.
func isMissing(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "NoSuchKey"
}
