package bridge_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestSweep aborts what is our own, old and forgotten, and nothing else.
func TestSweep(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		begin := func(c *s3.Client, key string) string {
			t.Helper()
			return *must(c.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("target"), Key: &key}))(t).UploadId
		}
		journal := new(bridge.MemJournal)
		for _, key := range []string{"p/a+b", "p/z"} {
			begin(w.writer, key)
		}
		begin(w.client(t, w.b, writeOnly), "p/of someone else")
		begin(w.writer, "elsewhere")
		begin(w.writer, "p/known") // by another run than the one that the journal knows
		check(t, journal.Save(t.Context(), bridge.Upload{Dst: dst("p/known"), UploadID: begin(w.writer, "p/known")}))
		time.Sleep(48 * time.Hour)
		begin(w.writer, "p/young")
		w.b.s3.Inject(fakes3.Fault{Op: "ListMultipartUploads", Status: 503, Code: "SlowDown"})
		c := w.copier(func(o *bridge.Options) { o.Journal = journal })
		sweep := func(dry bool) (swept []string) {
			t.Helper()
			check(t, c.Sweep(t.Context(), bridge.Sweep{Prefix: dst("p/"), Age: 24 * time.Hour, DryRun: dry}, func(o bridge.Orphan) error {
				swept = append(swept, o.Dst.Key)
				return o.Err
			}))
			return swept
		}
		left := func() (keys []string) {
			t.Helper()
			for _, u := range must(w.b.admin.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String("target")}))(t).Uploads {
				keys = append(keys, *u.Key)
			}
			return keys
		}
		all := []string{"elsewhere", "p/a+b", "p/known", "p/known", "p/of someone else", "p/young", "p/z"}
		for _, dry := range []bool{true, false} {
			if diff := cmp.Diff([]string{"p/a+b", "p/known", "p/z"}, sweep(dry)); diff != "" {
				t.Errorf("dry %t: swept (-want +got):\n%s", dry, diff)
			}
			if !dry {
				all = []string{"elsewhere", "p/known", "p/of someone else", "p/young"}
			}
			if diff := cmp.Diff(all, left()); diff != "" {
				t.Errorf("dry %t: left (-want +got):\n%s", dry, diff)
			}
		}
		known, _, err := journal.Load(t.Context(), dst("p/known"))
		check(t, err)
		if open := w.b.s3.OpenUploads(dst("p/known")); len(open) != 1 || open[0].ID != known.UploadID {
			t.Errorf("open are %+v, the journal knows %s", open, known.UploadID)
		}
		if again := sweep(false); len(again) != 0 {
			t.Errorf("once more: %q", again)
		}
	})
}

// TestSweepRefuses: what it cannot do it says, and leaves nothing behind.
func TestSweepRefuses(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		_ = newUpload(t, w)
		time.Sleep(time.Hour)
		never := func(o bridge.Orphan) error { return errors.New("told of " + o.Dst.String()) }
		for _, s := range []bridge.Sweep{{Prefix: dst("p/")}, {Prefix: dst("p"), Age: time.Minute}, {Age: time.Minute}} {
			if err := w.copier(nil).Sweep(t.Context(), s, never); !errors.Is(err, bridge.ErrSync) {
				t.Errorf("%+v: got %v", s, err)
			}
		}
		writer := w.client(t, w.b, strings.Replace(writeOnly, "s3:ListBucketMultipartUploads", "s3:ListBucket", 1))
		err := bridge.New(writer, w.reader, nil).Sweep(t.Context(), bridge.Sweep{Prefix: dst(""), Age: time.Minute}, never)
		if err == nil || !strings.Contains(err.Error(), "s3:ListBucketMultipartUploads on arn:aws:s3:::target") || w.open(t) != 1 {
			t.Errorf("got %v, %d uploads open", err, w.open(t))
		}
		own := w.client(t, w.b, writeOnly)
		_ = must(own.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("target"), Key: aws.String("p/k")}))(t)
		time.Sleep(time.Hour)
		if err := bridge.New(own, w.reader, nil).Sweep(t.Context(), bridge.Sweep{Prefix: dst("p/"), Age: time.Minute, DryRun: true}, never); err == nil || err.Error() != "told of s3://target/p/k" {
			t.Errorf("got %v, want what done returns", err)
		}
	})
}

// A nameless target does not tell who began an upload.
type nameless struct{ *s3.Client }

func (n nameless) ListMultipartUploads(ctx context.Context, in *s3.ListMultipartUploadsInput, options ...func(*s3.Options)) (*s3.ListMultipartUploadsOutput, error) {
	out, err := n.Client.ListMultipartUploads(ctx, in, options...)
	if err == nil {
		for i := range out.Uploads {
			out.Uploads[i].Initiator = nil
		}
	}
	return out, err
}

// TestNameless: where nobody tells whose an upload is, none is aborted or adopted, and
// Sweep does not call that a success.
func TestNameless(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		content := random(10_000)
		interrupted(t, w, w.writer, content, 1<<10)
		time.Sleep(48 * time.Hour)
		c := bridge.New(nameless{w.writer}, w.reader, &bridge.Options{PartSize: 1 << 10, Adopt: true})
		err := c.Sweep(t.Context(), bridge.Sweep{Prefix: dst(""), Age: time.Hour}, func(o bridge.Orphan) error {
			t.Errorf("told of %+v", o)
			return nil
		})
		says(t, err, errors.ErrUnsupported, []string{"target: list the uploads below s3://target/", "does not say who began", "lifecycle rule"})
		if n := w.open(t); n != 1 {
			t.Errorf("%d uploads are open, want the one that was", n)
		}
		if result := must(c.Copy(t.Context(), dst("k"), unknown("k")))(t); result.Resumed != 0 || w.open(t) != 1 {
			t.Errorf("the result is %+v, %d uploads are open", result, w.open(t))
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

// An ageless target does not say when an upload was begun.
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

// A circling target repeats a page of uploads.
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

// prefixless lists uploads whatever their prefix is.
type prefixless struct{ *s3.Client }

func (p prefixless) ListMultipartUploads(ctx context.Context, in *s3.ListMultipartUploadsInput, options ...func(*s3.Options)) (*s3.ListMultipartUploadsOutput, error) {
	all := *in
	all.Prefix = nil
	return p.Client.ListMultipartUploads(ctx, &all, options...)
}

// TestSweepStaysBelowItsPrefix, also where the target lists what lies elsewhere.
func TestSweepStaysBelowItsPrefix(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for _, key := range []string{"elsewhere/k", "p/k"} {
			_ = must(w.writer.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("target"), Key: &key}))(t)
		}
		time.Sleep(48 * time.Hour) // of the bubble
		var swept []redferry.URI
		check(t, bridge.New(prefixless{w.writer}, w.reader, nil).Sweep(t.Context(), bridge.Sweep{Prefix: dst("p/"), Age: 24 * time.Hour}, func(o bridge.Orphan) error {
			swept = append(swept, o.Dst)
			return o.Err
		}))
		if !cmp.Equal(swept, []redferry.URI{dst("p/k")}) || w.open(t) != 1 {
			t.Errorf("swept are %v; %d are open", swept, w.open(t))
		}
	})
}
