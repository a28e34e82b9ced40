package bridge

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// A countedReader stands for the SDK's.
type countedReader struct{ calls int }

func (*countedReader) ID() string { return deserializer }

func (c *countedReader) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
	middleware.DeserializeOutput, middleware.Metadata, error,
) {
	c.calls++
	return next.HandleDeserialize(ctx, in)
}

// TestPageReader: the SDK reads what is no page, however much it looks like one, and no
// page that package listxml can read.
func TestPageReader(t *testing.T) {
	const page = `<ListBucketResult><Contents><Key>k</Key><ETag>"e"</ETag><Size>7</Size></Contents><IsTruncated>false</IsTruncated></ListBucketResult>`
	answered := func(status int, body string) any {
		return &smithyhttp.Response{Response: &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}}
	}
	lost := errors.New("lost")
	for _, tt := range []struct {
		name   string
		answer any
		err    error
		calls  int // of the SDK's reader
	}{
		{"a page", answered(200, page), nil, 0},
		{"a page with what S3 does not write", answered(200, strings.Replace(page, "<Key>", "<!-- --><Key>", 1)), nil, 1},
		{"an error that has a page", answered(200, page), lost, 1},
		{"a refusal that looks like a page", answered(403, page), nil, 1},
		{"no answer", nil, lost, 1},
	} {
		sdk := new(countedReader)
		out, _, err := (&pageReader{sdk}).HandleDeserialize(t.Context(), middleware.DeserializeInput{}, haveAnswer{out: middleware.DeserializeOutput{RawResponse: tt.answer}, err: tt.err})
		if sdk.calls != tt.calls || !errors.Is(err, tt.err) || (out.Result != nil) != (tt.calls == 0) {
			t.Errorf("%s: the SDK reads it %d times, want %d; %v, %v", tt.name, sdk.calls, tt.calls, out.Result, err)
		}
	}
}
