package bridge

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/redferry/redferry/internal/listxml"
)

// readPages has the pages of a listing read by package listxml, where that can: the
// SDK's reader takes more time than all else that a listing costs.
func readPages(options func(*s3.Options)) func(*s3.Options) {
	return func(o *s3.Options) {
		options(o)
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			sdk, ok := stack.Deserialize.Get(deserializer)
			if !ok {
				return fmt.Errorf("bridge: the SDK has no step %s any more", deserializer)
			}
			_, err := stack.Deserialize.Swap(deserializer, &pageReader{sdk})
			return err
		})
	}
}

const deserializer = "OperationDeserializer"

// A pageReader reads an answer to ListObjectsV2, as far as a [Lister] needs it. It
// leaves to the SDK's reader what it cannot read, and all errors.
type pageReader struct {
	sdk middleware.DeserializeMiddleware
}

// ID implements [middleware.DeserializeMiddleware].
func (*pageReader) ID() string { return deserializer }

// HandleDeserialize implements [middleware.DeserializeMiddleware].
func (r *pageReader) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
	middleware.DeserializeOutput, middleware.Metadata, error,
) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	response, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !ok || response.StatusCode != http.StatusOK {
		return r.sdk.HandleDeserialize(ctx, in, haveAnswer{out, metadata, err})
	}
	var document strings.Builder
	document.Grow(int(min(max(response.ContentLength, 0), 4<<20)))
	if _, err := io.Copy(&document, response.Body); err != nil {
		return out, metadata, fmt.Errorf("read a page of the listing: %w", err)
	}
	page, ok := listxml.Parse(document.String())
	if !ok {
		response.Body = readCloser{strings.NewReader(document.String()), response.Body}
		return r.sdk.HandleDeserialize(ctx, in, haveAnswer{out, metadata, nil})
	}
	out.Result = output(page)
	return out, metadata, nil
}

// haveAnswer is a handler that has been called.
type haveAnswer struct {
	out      middleware.DeserializeOutput
	metadata middleware.Metadata
	err      error
}

// HandleDeserialize implements [middleware.DeserializeHandler].
func (a haveAnswer) HandleDeserialize(context.Context, middleware.DeserializeInput) (middleware.DeserializeOutput, middleware.Metadata, error) {
	return a.out, a.metadata, a.err
}

type readCloser struct {
	io.Reader
	io.Closer
}

// output is a page as the SDK has it. All pointers of a page point into it.
func output(page *listxml.Page) *s3.ListObjectsV2Output {
	out := &s3.ListObjectsV2Output{IsTruncated: &page.Truncated, EncodingType: types.EncodingType(page.Encoding), Contents: make([]types.Object, len(page.Objects))}
	if page.Next != "" {
		out.NextContinuationToken = &page.Next
	}
	for i := range page.Objects {
		o := &page.Objects[i]
		out.Contents[i] = types.Object{Key: &o.Key, ETag: &o.ETag, Size: &o.Size}
	}
	return out
}
