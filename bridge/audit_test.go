package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// A silentTarget answers parts without a checksum, as S3 does where the request
// had none.
type silentTarget struct{ *s3.Client }

func (s *silentTarget) UploadPart(ctx context.Context, in *s3.UploadPartInput, options ...func(*s3.Options)) (*s3.UploadPartOutput, error) {
	out, err := s.Client.UploadPart(ctx, in, options...)
	if err == nil {
		out.ChecksumCRC64NVME = nil
	}
	return out, err
}

// An outdatedTarget lists parts as they were before, some times.
type outdatedTarget struct {
	silentTarget
	older func(*s3.ListPartsOutput)
	times int
}

func (o *outdatedTarget) ListParts(ctx context.Context, in *s3.ListPartsInput, options ...func(*s3.Options)) (*s3.ListPartsOutput, error) {
	out, err := o.silentTarget.ListParts(ctx, in, options...)
	if o.times--; err == nil && o.times >= 0 {
		o.older(out)
	}
	return out, err
}

// oldParts are a list of parts before some of them were sent, or sent again.
var oldParts = map[string]func(*s3.ListPartsOutput){
	"without the part": func(o *s3.ListPartsOutput) { o.Parts = slices.Delete(o.Parts, 2, 3) },
	"without any":      func(o *s3.ListPartsOutput) { o.Parts = nil },
	"with an older one": func(o *s3.ListPartsOutput) {
		o.Parts[2].ETag, o.Parts[2].ChecksumCRC64NVME = aws.String(`"older"`), nil
	},
}

// TestAudit: over plain HTTP a part may be corrupted on its way and answered
// without a checksum. It is found in the list of parts, wherever it stands,
// before the upload is completed.
func TestAudit(t *testing.T) {
	for _, part := range []int{1, 3, 5} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, "http")
			corrupted(t, w, &silentTarget{w.writer}, part)
		})
	}
}

// TestAuditOldList: what a list of parts that is out of date does not say of a part is
// no proof of it. The list is asked for again, and the corrupted part found.
func TestAuditOldList(t *testing.T) {
	for name, older := range oldParts {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "http")
				corrupted(t, w, &outdatedTarget{silentTarget: silentTarget{w.writer}, older: older, times: 1}, 3)
			})
		})
	}
}

// corrupted copies an object, a part of which is corrupted on its way to target, which
// is noticed before an upload with it is completed.
func corrupted(t *testing.T, w *world, target bridge.Destination, part int) {
	t.Helper()
	content := random(5000)
	w.put(t, "k", content, nil)
	var restarts []error
	c := bridge.New(target, w.reader, &bridge.Options{PartSize: 1 << 10, Trace: bridge.Trace{
		Restart: func(_ redferry.URI, err error) { restarts = append(restarts, err) },
	}})
	w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: part, FlipRequest: 7})
	_, err := c.Copy(t.Context(), dst("k"), unknown("k"))
	w.b.s3.Check(t)
	check(t, err)
	if len(restarts) != 1 || !errors.Is(restarts[0], bridge.ErrChecksum) || !bytes.Equal(w.got(t, "k"), content) {
		t.Errorf("part %d was corrupted: restarts %v", part, restarts)
	}
	if completed := acknowledged(w.b.s3, "CompleteMultipartUpload"); completed != 1 || w.open(t) != 0 {
		t.Errorf("part %d was corrupted: %d uploads were completed, %d are open", part, completed, w.open(t))
	}
}

// TestAuditNeverListed: an upload whose parts are not listed as they were sent is not
// completed.
func TestAuditNeverListed(t *testing.T) {
	for name, older := range oldParts {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "http")
				w.put(t, "k", random(5000), nil)
				target := &outdatedTarget{silentTarget: silentTarget{w.writer}, older: older, times: 1000}
				_, err := bridge.New(target, w.reader, &bridge.Options{PartSize: 1 << 10}).Copy(t.Context(), dst("k"), unknown("k"))
				says(t, err, nil, []string{"target: compare part", "s3://target/k", "does not list it as it was sent", "copy it again"})
				if completed := acknowledged(w.b.s3, "CompleteMultipartUpload"); completed != 0 || w.open(t) != 0 {
					t.Errorf("%d uploads were completed, %d are open", completed, w.open(t))
				}
			})
		})
	}
}
