package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// How long one try of a request may take whose answer is short, from its beginning to the
// end of the answer. A transfer of bytes has no such limit; see [Options.Stall]. Putting
// thousands of parts together takes S3 several minutes, in which it sends spaces: S3 API
// Reference, CompleteMultipartUpload.
const (
	answerWithin   = 3 * time.Minute
	completeWithin = 15 * time.Minute
	abortWithin    = 15 * time.Second // several tries go into the minute that there is for it
)

// errNoAnswer means that an answer did not come, or not to its end. The time limit for the
// head of an answer that clients have is none for the rest.
var errNoAnswer = errors.New("no answer")

// limited limits each try of a request.
func limited(limit time.Duration, try func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeoutCause(ctx, limit, errNoAnswer)
		defer cancel()
		err := try(ctx)
		if err != nil && context.Cause(ctx) == errNoAnswer {
			return fmt.Errorf("%w within %s: %s", errNoAnswer, limit, err.Error()) // which nobody shall take for the end of his own context
		}
		return err
	}
}

// ask repeats a request of the transfer that has a short answer.
func (t *transfer) ask(ctx context.Context, limit time.Duration, try func(context.Context) error) error {
	return t.retry(ctx, 0, limited(limit, try))
}
