package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestContextEndsInAWait: a copy whose context ends while it waits to repeat a
// request ended because of that, and not of what it would have repeated.
func TestContextEndsInAWait(t *testing.T) {
	for op, size := range map[string]int{"PutObject": 500, "UploadPart": 5000} {
		t.Run(op, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "http")
				object := w.put(t, "k", random(size), nil)
				w.b.s3.Inject(fakes3.Fault{Op: op, Times: -1, Status: 500, Code: "InternalError"})
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				defer cancel()
				c := w.copier(func(o *bridge.Options) { o.Rand = func() float64 { return 1 } }) // the first wait is 100 ms
				_, err := c.Copy(ctx, dst("k"), object)
				says(t, err, context.DeadlineExceeded, []string{"copy to"})
			})
		})
	}
}

// A leavingTarget ends the caller's context when it has stored an object.
type leavingTarget struct {
	*s3.Client
	leave func()
}

func (l *leavingTarget) PutObject(ctx context.Context, in *s3.PutObjectInput, options ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	out, err := l.Client.PutObject(ctx, in, options...)
	l.leave()
	return out, err
}

// TestContextEndsTooLate: a copy that is proven is not undone by the end of its
// context.
func TestContextEndsTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "http")
		content := random(500)
		object := w.put(t, "k", content, nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err := bridge.New(&leavingTarget{w.writer, cancel}, w.reader, nil).Copy(ctx, dst("k"), object)
		if err != nil || !errors.Is(ctx.Err(), context.Canceled) || !bytes.Equal(w.got(t, "k"), content) {
			t.Errorf("Copy = %v, the context: %v", err, ctx.Err())
		}
	})
}

// TestNoLongerEmpty: an object that was listed as empty, and is not, has changed.
func TestNoLongerEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "http")
		w.put(t, "k", random(9), nil)
		_, err := w.copier(nil).Copy(t.Context(), dst("k"), bridge.Object{URI: src("k"), Size: 0})
		says(t, err, bridge.ErrSourceChanged, []string{"it has 9 bytes, asked for were 0"})
		if w.got(t, "k") != nil {
			t.Error("it was copied")
		}
	})
}

// TestAbortFails: where an upload that failed cannot be aborted either, the error
// says both.
func TestAbortFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "http")
		object := w.put(t, "k", random(5000), nil)
		w.b.s3.Inject(
			fakes3.Fault{Op: "UploadPart", Part: 3, Status: 500, Code: "InternalError"},
			fakes3.Fault{Op: "AbortMultipartUpload", Status: 403, Code: "AccessDenied"})
		_, err := w.copier(func(o *bridge.Options) { o.Retries = -1 }).Copy(t.Context(), dst("k"), object)
		says(t, err, nil, []string{"upload part 3 of", "abort upload", "s3:AbortMultipartUpload"})
	})
}

// A pinnedSource notes which version each request names; "" is none.
type pinnedSource struct {
	*s3.Client
	pins []string
}

func (p *pinnedSource) HeadObject(ctx context.Context, in *s3.HeadObjectInput, options ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	p.pins = append(p.pins, aws.ToString(in.IfMatch))
	return p.Client.HeadObject(ctx, in, options...)
}

func (p *pinnedSource) GetObject(ctx context.Context, in *s3.GetObjectInput, options ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	p.pins = append(p.pins, aws.ToString(in.IfMatch))
	return p.Client.GetObject(ctx, in, options...)
}

// TestRequestsArePinned: whatever is known of the version is said in the request,
// so that S3 refuses to send another one.
func TestRequestsArePinned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "http")
		object := w.put(t, "k", random(500), nil)
		for _, tt := range []struct {
			object bridge.Object
			want   []string
		}{
			{object, []string{object.ETag}},
			{unknown("k"), []string{"", object.ETag}},
			{bridge.Object{URI: object.URI, ETag: object.ETag, Size: -1}, []string{object.ETag, object.ETag}},
		} {
			source := &pinnedSource{Client: w.reader}
			_, err := bridge.New(w.writer, source, nil).Copy(t.Context(), dst("k"), tt.object)
			check(t, err)
			if diff := cmp.Diff(tt.want, source.pins); diff != "" {
				t.Errorf("versions named (-want +got):\n%s", diff)
			}
		}
	})
}

// TestPartsArePinned: each part is asked for with the ETag that HEAD has told.
func TestPartsArePinned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "http")
		object := w.put(t, "k", random(2500), nil)
		source := &pinnedSource{Client: w.reader}
		_, err := bridge.New(w.writer, source, &bridge.Options{PartSize: 1 << 10, Concurrency: 1}).Copy(t.Context(), dst("k"), unknown("k"))
		check(t, err)
		if diff := cmp.Diff([]string{"", object.ETag, object.ETag, object.ETag}, source.pins); diff != "" {
			t.Errorf("versions named (-want +got):\n%s", diff)
		}
	})
}
