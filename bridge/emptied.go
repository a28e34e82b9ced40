package bridge

import (
	"fmt"
	"net/http"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// emptied refuses an answer to a request that removes something, if it is none of S3's,
// which is 204 and nothing more: a proxy that answers in its place, with a page of its own,
// has removed nothing. Source: Amazon S3 API Reference, AbortMultipartUpload and
// DeleteObject, "Response Syntax".
func emptied(metadata middleware.Metadata) error {
	raw, ok := awsmiddleware.GetRawResponse(metadata).(*smithyhttp.Response)
	if !ok || raw.StatusCode == http.StatusNoContent || raw.ContentLength == 0 {
		return nil
	}
	return fmt.Errorf("it was answered with %d and a page, where S3 answers with 204 and nothing", raw.StatusCode)
}
