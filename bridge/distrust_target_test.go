package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestAbortErrorIsSwallowed: an upload that stays open is told, though the next try would go well.
func TestAbortErrorIsSwallowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "k", random(5000), nil)
		w.b.s3.Inject(fakes3.Fault{Op: "AbortMultipartUpload", Times: -1, Status: 403, Code: "AccessDenied"})
		replaced := false
		_, err := w.copier(func(o *bridge.Options) {
			o.Concurrency = 1
			o.Trace.Part = func(_ redferry.URI, part int, _ int64) {
				if part == 3 && !replaced {
					replaced = true
					w.put(t, "k", random(5001), nil)
				}
			}
		}).Copy(t.Context(), dst("k"), unknown("k"))
		if err == nil && w.open(t) != 0 {
			t.Errorf("success, and %d uploads with parts are open that no journal knows: the abort was refused", w.open(t))
		}
	})
}

// TestUnprovenIsInPlace: what is in place and not proven has failed: it is not one of those that were left alone for their proof.
func TestUnprovenIsInPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "p/k", []byte("new"), nil)
		w.putTarget(t, "q/k", "precious")
		summary, err := bridge.New(&lyingTarget{Destination: w.writer, put: true}, w.reader, nil).Sync(t.Context(), w.sync(nil), ignore)
		check(t, err)
		if got := string(w.got(t, "q/k")); summary.Failed == summary.Unproven && got != "precious" {
			t.Errorf("nothing failed but proofs (%+v), and the target has %q in the place of what was there", summary, got)
		}
	})
}

// T20: a cache in between answers with another range of the same length, and says so.
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

// TestOtherRange: another range of the same length is not the part.
func TestOtherRange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		content := random(5000)
		putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite)(t, w, content)
		result, err := bridge.New(w.writer, otherRange{w.reader, "bytes=1024-2047", "bytes=2048-3071"}, &bridge.Options{PartSize: 1 << 10}).Copy(t.Context(), dst("k"), unknown("k"))
		if err == nil && !bytes.Equal(w.got(t, "k"), content) {
			t.Errorf("success, %+v, and the target has part 3 twice: Content-Range is not looked at", result)
		}
	})
}

// Uploads in a circle: a target that repeats a page.
type circling struct {
	*s3.Client
	asked int
}

func (c *circling) ListMultipartUploads(ctx context.Context, in *s3.ListMultipartUploadsInput, o ...func(*s3.Options)) (*s3.ListMultipartUploadsOutput, error) {
	if c.asked++; c.asked > 1000 {
		return nil, errors.New("asked a thousand times")
	}
	in.KeyMarker, in.UploadIdMarker = nil, nil
	out, err := c.Client.ListMultipartUploads(ctx, in, o...)
	if err == nil {
		out.IsTruncated, out.NextKeyMarker = aws.Bool(true), aws.String("p/k")
	}
	return out, err
}

// TestUploadsInACircle: a list of uploads whose pages lead to each other ends.
func TestUploadsInACircle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		c := &circling{Client: w.writer}
		err := bridge.New(c, w.reader, &bridge.Options{Retries: -1}).Sweep(t.Context(), bridge.Sweep{Prefix: dst("p/"), Age: 1}, func(bridge.Orphan) error { return nil })
		if c.asked > 10 {
			t.Errorf("the same page was asked for %d times: %v", c.asked, err)
		}
	})
}
