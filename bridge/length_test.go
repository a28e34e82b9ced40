package bridge_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/bridge"
)

// A lengthless source does not say how long its objects are.
type lengthless struct{ *s3.Client }

func (l lengthless) GetObject(ctx context.Context, in *s3.GetObjectInput, o ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	out, err := l.Client.GetObject(ctx, in, o...)
	if err == nil {
		out.ContentLength = nil
	}
	return out, err
}

func (l lengthless) HeadObject(ctx context.Context, in *s3.HeadObjectInput, o ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	out, err := l.Client.HeadObject(ctx, in, o...)
	if err == nil {
		out.ContentLength = nil
	}
	return out, err
}

// A shortening source answers a GET with 300 bytes, and says so, of which HEAD says more.
type shortening struct{ *s3.Client }

func (s shortening) GetObject(ctx context.Context, in *s3.GetObjectInput, o ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	out, err := s.Client.GetObject(ctx, in, o...)
	if err == nil {
		out.Body, out.ContentLength = io.NopCloser(io.LimitReader(out.Body, 300)), aws.Int64(300)
	}
	return out, err
}

// otherRange answers with another range of the same length, and says so.
type otherRange struct {
	*s3.Client
	from, to string
}

func (o otherRange) GetObject(ctx context.Context, in *s3.GetObjectInput, opts ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	if aws.ToString(in.Range) == o.from {
		in.Range = &o.to
	}
	return o.Client.GetObject(ctx, in, opts...)
}

// TestOtherBytesThanAsked: a source that answers with other bytes than it was asked for
// makes no copy of them, though nothing is stored that they could be compared with.
func TestOtherBytesThanAsked(t *testing.T) {
	for name, tt := range map[string]struct {
		size   int
		source func(*s3.Client) bridge.Source
	}{
		"no length is not no bytes":       {500, func(c *s3.Client) bridge.Source { return lengthless{c} }},
		"fewer than HEAD has said":        {500, func(c *s3.Client) bridge.Source { return shortening{c} }},
		"another part of as many of them": {5000, func(c *s3.Client) bridge.Source { return otherRange{c, "bytes=1024-2047", "bytes=2048-3071"} }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "https")
				content := random(tt.size)
				putOld(1500)(t, w, content)
				result, err := bridge.New(w.writer, tt.source(w.reader), &bridge.Options{PartSize: 1 << 10}).Copy(t.Context(), dst("k"), unknown("k"))
				if err == nil && !bytes.Equal(w.got(t, "k"), content) {
					t.Errorf("success, %+v, and the target has %d bytes that are not the %d of the source", result, len(w.got(t, "k")), len(content))
				}
			})
		})
	}
}
