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

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// A listingTarget changes what the target lists of an upload's parts.
type listingTarget struct {
	*s3.Client
	change func(*s3.ListPartsOutput)
	lists  int
}

func (l *listingTarget) ListParts(ctx context.Context, in *s3.ListPartsInput, options ...func(*s3.Options)) (*s3.ListPartsOutput, error) {
	if l.lists++; l.lists > 3 {
		return nil, errors.New("asked for the list again and again")
	}
	out, err := l.Client.ListParts(ctx, in, options...)
	if err == nil {
		l.change(out)
	}
	return out, err
}

// TestListedParts: of what a target lists, only parts that can be right are
// trusted, each once, and a list that does not go on ends.
func TestListedParts(t *testing.T) {
	again := func(n int32) types.Part { return types.Part{PartNumber: aws.Int32(n)} }
	for _, tt := range []struct {
		name    string
		change  func(*s3.ListPartsOutput)
		resumed int
	}{
		{"as it is", func(*s3.ListPartsOutput) {}, 2},
		{"a part that the object does not have", func(o *s3.ListPartsOutput) {
			for _, n := range []int32{0, -1, 6} {
				stranger := o.Parts[0]
				stranger.PartNumber = aws.Int32(n)
				o.Parts = append(o.Parts, stranger)
			}
		}, 2},
		{"a part without its number", func(o *s3.ListPartsOutput) { o.Parts[0].PartNumber = nil }, 1},
		{"a part listed twice", func(o *s3.ListPartsOutput) { o.Parts = append(o.Parts, o.Parts[0]) }, 2},
		{"a part without a checksum", func(o *s3.ListPartsOutput) { o.Parts[0].ChecksumCRC64NVME = nil }, 1},
		{"a part without an ETag", func(o *s3.ListPartsOutput) { o.Parts[0].ETag = nil }, 1},
		{"a part without anything", func(o *s3.ListPartsOutput) { o.Parts[0] = again(1) }, 1},
		{"more, but not where", func(o *s3.ListPartsOutput) { o.IsTruncated, o.NextPartNumberMarker = aws.Bool(true), nil }, 2},
		{"more, but nowhere else", func(o *s3.ListPartsOutput) { o.IsTruncated, o.NextPartNumberMarker = aws.Bool(true), aws.String("2") }, 2},
		{"no more, but a place", func(o *s3.ListPartsOutput) { o.IsTruncated, o.NextPartNumberMarker = aws.Bool(false), aws.String("1") }, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "https")
				content := random(5000)
				w.put(t, "k", content, nil)
				target := &listingTarget{Client: w.writer, change: tt.change}
				c := bridge.New(target, w.reader, &bridge.Options{PartSize: 1 << 10, Concurrency: 1, Retries: -1, Journal: new(bridge.MemJournal)})
				w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 3, Status: 500, Code: "InternalError"})
				if _, err := c.Copy(t.Context(), dst("k"), unknown("k")); !bridge.Resumable(err) {
					t.Fatalf("the first run ended with %v", err)
				}
				result, err := c.Copy(t.Context(), dst("k"), unknown("k"))
				check(t, err)
				if result.Resumed != tt.resumed || result.Attempts != 5-tt.resumed || !bytes.Equal(w.got(t, "k"), content) {
					t.Errorf("result %+v, want %d parts resumed", result, tt.resumed)
				}
			})
		})
	}
}

// TestAuditedParts: over plain HTTP, a list that has parts of which nothing can be
// said does not stop a copy that was proven by its answers.
func TestAuditedParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "http")
		content := random(5000)
		w.put(t, "k", content, nil)
		target := &listingTarget{Client: w.writer, change: func(o *s3.ListPartsOutput) {
			for _, n := range []int32{0, -1, 6} {
				stranger := o.Parts[0]
				stranger.PartNumber = aws.Int32(n)
				o.Parts = append(o.Parts, stranger)
			}
			o.Parts[1].ChecksumCRC64NVME = nil
		}}
		_, err := bridge.New(target, w.reader, &bridge.Options{PartSize: 1 << 10}).Copy(t.Context(), dst("k"), unknown("k"))
		check(t, err)
		if !bytes.Equal(w.got(t, "k"), content) {
			t.Error("other bytes arrived")
		}
	})
}

// A wholeSource answers with the whole object, whatever range is asked for.
type wholeSource struct{ *s3.Client }

func (s *wholeSource) GetObject(ctx context.Context, in *s3.GetObjectInput, options ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	all := *in
	all.Range = nil
	return s.Client.GetObject(ctx, &all, options...)
}

// TestSourceWithoutRanges: what is not the part that was asked for is not sent.
func TestSourceWithoutRanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "k", random(5000), nil)
		c := bridge.New(w.writer, &wholeSource{w.reader}, &bridge.Options{PartSize: 1 << 10, Retries: 1, Concurrency: 1})
		_, err := c.Copy(t.Context(), dst("k"), unknown("k"))
		says(t, err, nil, []string{"source: get 1 of s3://source/k", "5000 bytes, 1024 were asked for"})
		for _, r := range w.b.s3.Requests() {
			if r.Op == "UploadPart" {
				t.Fatal("a part was sent")
			}
		}
	})
}
