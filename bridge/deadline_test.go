package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestAnswerStandsStill: an answer that stands still in its middle, on a connection that
// stays open, is asked for again, whatever it was about.
func TestAnswerStandsStill(t *testing.T) {
	for _, op := range []string{"GetObjectTagging", "CreateMultipartUpload", "ListParts", "CompleteMultipartUpload"} {
		t.Run(op, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				content := random(5000)
				w.put(t, "k", content, func(in *s3.PutObjectInput) { in.Tagging = aws.String("a=b") })
				fault := fakes3.Fault{Op: op, StallResponse: 20, Stall: 24 * time.Hour}
				w.a.s3.Inject(fault)
				w.b.s3.Inject(fault)
				begin := time.Now()
				c := bridge.New(w.b.admin, w.a.admin, &bridge.Options{PartSize: 1 << 10, Concurrency: 4, Carry: bridge.Carry{Tags: bridge.KeepTags}})
				_, err := c.Copy(t.Context(), dst("k"), unknown("k"))
				took := time.Since(begin)
				if err != nil || took > time.Hour || !bytes.Equal(w.got(t, "k"), content) {
					t.Errorf("after %v: %v", took, err)
				}
				asked := requested(w.a.s3, op) + requested(w.b.s3, op)
				if unasked := op == "ListParts" && w.authority != nil; asked < 2 && !unasked {
					t.Errorf("it was asked %d times: nothing stood still", asked)
				}
			})
		})
	}
}

// TestNoAnswerIsToldAsOne: who looks why a request is repeated learns that there was no
// answer if there was none, and nothing of that if there was one.
func TestNoAnswerIsToldAsOne(t *testing.T) {
	for _, tt := range []struct {
		fault fakes3.Fault
		none  bool
	}{
		{fakes3.Fault{Op: "CreateMultipartUpload", StallResponse: 20, Stall: 24 * time.Hour}, true},
		{fakes3.Fault{Op: "CreateMultipartUpload", Status: 503, Code: "SlowDown"}, false},
	} {
		inWorld(t, func(t *testing.T, w *world) {
			w.put(t, "k", random(5000), nil)
			w.b.s3.Inject(tt.fault)
			var why error
			c := w.copier(func(o *bridge.Options) {
				o.Trace = bridge.Trace{Retry: func(_ redferry.URI, _ int, err error, _ time.Duration) { why = err }}
			})
			_, err := c.Copy(t.Context(), dst("k"), unknown("k"))
			if err != nil || why == nil || strings.Contains(why.Error(), "no answer within 3m0s") != tt.none {
				t.Errorf("%+v: %v; repeated because of %v", tt.fault, err, why)
			}
		})
	}
}

// TestPageStandsStill: so is a page of a listing.
func TestPageStandsStill(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "p/a", random(10), nil)
		w.a.s3.Inject(fakes3.Fault{Op: "ListObjectsV2", StallResponse: 20, Stall: 24 * time.Hour})
		begin := time.Now()
		summary, err := w.copier(nil).Sync(t.Context(), w.writeOnly(new(bridge.MemLedger)), func(*bridge.Event) error { return nil })
		if took := time.Since(begin); err != nil || summary.Copied != 1 || took > time.Hour {
			t.Errorf("after %v: %v, %+v", took, err, summary)
		}
	})
}

// TestAbortHangs: an abort that is not answered is asked for again in the minute that there
// is for it.
func TestAbortHangs(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "k", random(5000), nil)
		w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 3, Status: 403, Code: "AccessDenied"}, fakes3.Fault{Op: "AbortMultipartUpload", Delay: 24 * time.Hour})
		if _, err := w.copier(nil).Copy(t.Context(), dst("k"), unknown("k")); err == nil || errors.Is(err, bridge.ErrLeftOpen) || w.open(t) != 0 {
			t.Errorf("%v; %d uploads are open", err, w.open(t))
		}
	})
}

// TestTagsStandStill: where the tags of an object that is sent whole stand still, that is a
// stall, and no end of anybody's context.
func TestTagsStandStill(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "k", random(500), func(in *s3.PutObjectInput) { in.Tagging = aws.String("a=b") })
		w.a.s3.Inject(fakes3.Fault{Op: "GetObjectTagging", StallResponse: 20, Stall: 24 * time.Hour})
		var why error
		options := &bridge.Options{Carry: bridge.Carry{Tags: bridge.KeepTags}, Trace: bridge.Trace{Retry: func(_ redferry.URI, _ int, err error, _ time.Duration) { why = err }}}
		_, err := bridge.New(w.b.admin, w.a.admin, options).Copy(t.Context(), dst("k"), unknown("k"))
		if err != nil || why == nil || errors.Is(why, context.Canceled) || !strings.Contains(why.Error(), "no byte moved for too long") {
			t.Errorf("%v; repeated because of %v", err, why)
		}
	})
}

// TestAbortIsRefusedForAMinute: the error of an abort that was refused as long as it was
// asked for is that refusal, and no end of anybody's context.
func TestAbortIsRefusedForAMinute(t *testing.T) {
	for _, fault := range []fakes3.Fault{{Status: 503, Code: "SlowDown"}, {Delay: time.Hour}} {
		inWorld(t, func(t *testing.T, w *world) {
			w.put(t, "k", random(5000), nil)
			fault.Op, fault.Times = "AbortMultipartUpload", -1
			w.b.s3.Inject(fault, fakes3.Fault{Op: "UploadPart", Times: -1, Status: 403, Code: "AccessDenied"})
			_, err := w.copier(nil).Copy(t.Context(), dst("k"), unknown("k"))
			if !errors.Is(err, bridge.ErrLeftOpen) || errors.Is(err, context.DeadlineExceeded) || fault.Code != "" && !strings.Contains(err.Error(), fault.Code) {
				t.Errorf("%+v: %v", fault, err)
			}
		})
	}
}
