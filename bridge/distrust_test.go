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
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestResumeTakesCorruptedPart: a run over plain HTTP that ends before its parts are compared leaves none that is trusted, where the source stores nothing to compare them with.
func TestResumeTakesCorruptedPart(t *testing.T) {
	for _, algorithm := range []types.ChecksumAlgorithm{types.ChecksumAlgorithmSha256, types.ChecksumAlgorithmCrc32} {
		t.Run(string(algorithm), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "http")
				content := random(5000)
				putWith(algorithm)(t, w, content)
				c := bridge.New(&silentTarget{w.writer}, w.reader, &bridge.Options{PartSize: 1 << 10, Journal: new(bridge.MemJournal), Retries: -1, Concurrency: 1})
				w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 2, FlipRequest: 77}, fakes3.Fault{Op: "UploadPart", Part: 3, Drop: fakes3.BeforeEffect})
				if _, err := c.Copy(t.Context(), dst("k"), unknown("k")); !bridge.Resumable(err) {
					t.Fatalf("the first run ended with %v", err)
				}
				w.b.s3.Check(t)
				result, err := c.Copy(t.Context(), dst("k"), unknown("k"))
				if err == nil && !bytes.Equal(w.got(t, "k"), content) {
					t.Errorf("success, %+v, and the target has other bytes than the source", result)
				}
			})
		})
	}
}

// T2: a source that answers without Content-Length.
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

// TestNoContentLength: no length is not no bytes.
func TestNoContentLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		content := random(500)
		putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite)(t, w, content)
		result, err := bridge.New(w.writer, lengthless{w.reader}, nil).Copy(t.Context(), dst("k"), unknown("k"))
		if err == nil && !bytes.Equal(w.got(t, "k"), content) {
			t.Errorf("success, %+v, and the target has %d bytes of %d", result, len(w.got(t, "k")), len(content))
		}
	})
}

// TestSyncRetriesTooOften: an object that is replaced again and again is tried three times, whoever begins anew.
func TestSyncRetriesTooOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		n := 0
		version := func() { n++; w.put(t, "p/k", random(5000 + n)[:5000], nil) }
		version()
		c := w.copier(func(o *bridge.Options) {
			o.Concurrency = 1
			o.Trace.Part = func(_ redferry.URI, part int, _ int64) {
				if part == 3 {
					version()
				}
			}
		})
		var failed error
		_, err := c.Sync(t.Context(), w.writeOnly(new(bridge.MemLedger)), func(e *bridge.Event) error { failed = e.Err; return nil })
		check(t, err)
		if uploads := acknowledged(w.b.s3, "CreateMultipartUpload"); !errors.Is(failed, bridge.ErrSourceChanged) || uploads > 3 {
			t.Errorf("%v, %d uploads were begun, want 3 at most: one, and two retries", failed, uploads)
		}
	})
}

// TestSweepIsCancelled: who cancels a sweep has nothing more aborted.
func TestSweepIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		for range 5 {
			_ = must(w.writer.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("target"), Key: aws.String("p/k")}))(t)
		}
		time.Sleep(48 * time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		told := 0
		err := w.copier(nil).Sweep(ctx, bridge.Sweep{Prefix: dst("p/"), Age: time.Hour}, func(bridge.Orphan) error {
			told++
			cancel()
			return nil
		})
		if told != 1 || !errors.Is(err, context.Canceled) || w.open(t) != 4 {
			t.Errorf("cancelled after the first, it aborted %d, and ended with %v", told, err)
		}
	})
}

// T9: a target that does not tell when an upload was begun.
type ageless struct{ *s3.Client }

func (n ageless) ListMultipartUploads(ctx context.Context, in *s3.ListMultipartUploadsInput, options ...func(*s3.Options)) (*s3.ListMultipartUploadsOutput, error) {
	out, err := n.Client.ListMultipartUploads(ctx, in, options...)
	if err == nil {
		for i := range out.Uploads {
			out.Uploads[i].Initiated = nil
		}
	}
	return out, err
}

// TestSweepOfUnknownAge: an upload whose age nobody tells is not old.
func TestSweepOfUnknownAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		_ = must(w.writer.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("target"), Key: aws.String("p/being sent")}))(t)
		err := bridge.New(ageless{w.writer}, w.reader, nil).Sweep(t.Context(), bridge.Sweep{Prefix: dst("p/"), Age: 72 * time.Hour}, func(o bridge.Orphan) error { return nil })
		if w.open(t) != 1 {
			t.Errorf("an upload that was begun just now was aborted as older than 72 h: %v", err)
		}
	})
}
