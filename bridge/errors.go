package bridge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/redferry/redferry"
)

// What an [Error] may wrap, for callers that branch on it. A missing bucket or
// object is fs.ErrNotExist, a refused right fs.ErrPermission.
var (
	// ErrSourceChanged: the source is no longer the object that was asked for,
	// or kept changing. What the target has is no mixture: what was there before or,
	// where the answer to a write was lost, the version that was asked for.
	ErrSourceChanged = errors.New("the source object changed")
	// ErrChecksum: what was read, what was sent and what the target has are not
	// the same bytes.
	ErrChecksum = errors.New("checksums differ")
	// ErrLevel: the copy cannot be proven as well as [Options] demand.
	ErrLevel = errors.New("the proof is too weak")
	// ErrLeftOpen: an upload could not be aborted, and no [Journal] knows it. Nobody would
	// hear of it if another try went well.
	ErrLeftOpen = errors.New("the upload is open, and costs what its parts cost until it is aborted")
	// ErrOtherUpload: the [Journal] has another upload to the same destination,
	// each time that the copy begins anew.
	ErrOtherUpload = errors.New("another upload to the same destination is in the journal")
)

// Sides of an [Error].
const (
	SideSource = "source"
	SideTarget = "target"
)

// An Error says at which side, in which step and for which object a copy failed,
// and what to do. It holds no secrets; an access key ID is none.
type Error struct {
	Op       string       // the step: "get", "upload part", "complete upload"
	Side     string       // SideSource, SideTarget, or empty if it failed in between
	Dst, Src redferry.URI // zero where there is none, as in a listing
	Part     int          // 0 if it is about no part
	UploadID string       // of the upload that is left to be resumed; empty if there is none
	Advice   string       // what to do about it; may be empty
	Err      error

	// Of a copy: requests that carried a body, repeats included, and how long it took.
	Attempts int
	Elapsed  time.Duration
}

// failAt is the Error of a step that is about one URI, at one side. The end of ctx
// goes before whatever it led to; of anything else, advice says what to do.
func failAt(ctx context.Context, side, op string, uri redferry.URI, err error, advice func() string) *Error {
	e := &Error{Op: op, Side: side, Err: err}
	if side == SideSource {
		e.Src = uri
	} else {
		e.Dst = uri
	}
	if ctx.Err() != nil {
		e.Err = endOf(ctx)
	} else {
		e.Advice = advice()
	}
	return e
}

// inOneLine keeps what a key has from beginning a line, which it could forge.
var inOneLine = strings.NewReplacer("\n", `\n`, "\r", `\r`)

// Error names the object of its own side first.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("bridge: ")
	if e.Side != "" {
		b.WriteString(e.Side + ": ")
	}
	b.WriteString(e.Op)
	if e.Part > 0 {
		fmt.Fprintf(&b, " %d of", e.Part)
	}
	subject, other, relation := e.Dst, e.Src, "from"
	if e.Side == SideSource {
		subject, other, relation = e.Src, e.Dst, "for"
	}
	b.WriteString(" " + inOneLine.Replace(subject.String()))
	if other != (redferry.URI{}) {
		fmt.Fprintf(&b, " (%s %s)", relation, inOneLine.Replace(other.String()))
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	if e.Advice != "" {
		b.WriteString("; " + e.Advice)
	}
	if e.UploadID != "" {
		b.WriteString("; copy it again to go on with upload " + e.UploadID)
	}
	return b.String()
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// Is makes the answers of S3 match fs.ErrNotExist and fs.ErrPermission.
func (e *Error) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		return answer(e.Err).missing()
	case fs.ErrPermission:
		return answer(e.Err).denied()
	}
	return false
}

// Resumable reports whether a [Journal] still knows the upload of a copy that
// failed with err, so that another Copy sends only what is missing.
func Resumable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.UploadID != ""
}

// noSuchUpload is the code of the answer to who may, about an upload that is not
// there.
const noSuchUpload = "NoSuchUpload"

// A reply is what S3 answered to a request that failed.
type reply struct {
	code    string // of the error document; for HEAD, which has none, of the status
	message string
	status  int // 0 if there was no answer
	header  http.Header
}

func answer(err error) reply {
	var r reply
	var api smithy.APIError
	if errors.As(err, &api) {
		r.code, r.message = api.ErrorCode(), api.ErrorMessage()
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.Response != nil {
		r.status, r.header = response.HTTPStatusCode(), response.Response.Header
	}
	return r
}

func (r reply) missing() bool {
	switch r.code {
	case "NoSuchKey", "NoSuchBucket", "NotFound":
		return true
	case noSuchUpload:
		return false
	}
	return r.status == http.StatusNotFound
}

func (r reply) forbidden() bool {
	return r.status == http.StatusForbidden && r.code != "RequestTimeTooSkewed"
}

// changed: the version that If-Match names is gone.
func (r reply) changed() bool {
	return r.code == "PreconditionFailed" || r.status == http.StatusPreconditionFailed
}
