package bridge_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/bridge"
)

// A shortening source answers a GET with 300 bytes, and says so, of which HEAD says more.
type shortening struct{ *s3.Client }

func (s shortening) GetObject(ctx context.Context, in *s3.GetObjectInput, o ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	out, err := s.Client.GetObject(ctx, in, o...)
	if err == nil {
		out.Body, out.ContentLength = io.NopCloser(io.LimitReader(out.Body, 300)), aws.Int64(300)
	}
	return out, err
}

// TestShorterThanItsHead: an object is as long as the answer to HEAD said of the same ETag.
func TestShorterThanItsHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		content := random(500)
		putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite)(t, w, content)
		result, err := bridge.New(w.writer, shortening{w.reader}, nil).Copy(t.Context(), dst("k"), unknown("k"))
		if err == nil && !bytes.Equal(w.got(t, "k"), content) {
			t.Errorf("success, %+v: HEAD has said 500 bytes for this very ETag", result)
		}
	})
}
