package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestFaults breaks one request in the middle of a copy; the copy must end well,
// with nothing sent again but what broke.
func TestFaults(t *testing.T) {
	tests := []struct {
		name   string
		source bool
		fault  fakes3.Fault
	}{
		{"the read is cut short", true, fakes3.Fault{Op: "GetObject", Skip: 2, CutResponse: 500}},
		{"the read gets no answer", true, fakes3.Fault{Op: "GetObject", Skip: 2, Drop: fakes3.BeforeEffect}},
		{"the source is overloaded", true, fakes3.Fault{Op: "GetObject", Skip: 1, Times: 3, Status: 503, Code: "SlowDown"}},
		{"the source has trouble", true, fakes3.Fault{Op: "HeadObject", Times: 3, Status: 500, Code: "InternalError"}},
		{"the write is cut", false, fakes3.Fault{Op: "UploadPart", Part: 2, CutRequest: 500}},
		{"the write gets no answer", false, fakes3.Fault{Op: "UploadPart", Part: 2, Drop: fakes3.AfterEffect}},
		{"the target is overloaded", false, fakes3.Fault{Op: "UploadPart", Part: 2, Times: 5, Status: 503, Code: "SlowDown", RetryAfter: 7 * time.Second}},
		{"the target has trouble", false, fakes3.Fault{Op: "CreateMultipartUpload", Times: 2, Status: 500, Code: "InternalError"}},
		{"the completion has trouble", false, fakes3.Fault{Op: "CompleteMultipartUpload", Times: 2, Status: 500, Code: "InternalError"}},
		{"the completion fails in an answer that began well", false, fakes3.Fault{Op: "CompleteMultipartUpload", Status: 200, Code: "InternalError"}},
		{"a transfer stands still", false, fakes3.Fault{Op: "UploadPart", Part: 3, Delay: time.Hour}},
		{"a read stands still", true, fakes3.Fault{Op: "GetObject", Skip: 1, Delay: time.Hour}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				server := w.b.s3
				if tt.source {
					server = w.a.s3
				}
				server.Inject(tt.fault)
				defer server.Check(t)
				content := random(5000)
				w.put(t, "k", content, nil)
				result, err := w.copier(nil).Copy(t.Context(), dst("k"), unknown("k"))
				check(t, err)
				if !bytes.Equal(w.got(t, "k"), content) || result.Level != bridge.Stored {
					t.Error("other bytes arrived")
				}
				if n := acknowledged(w.b.s3, "CreateMultipartUpload"); n != 1 || w.open(t) != 0 {
					t.Errorf("%d uploads were made, %d are open, want one and none", n, w.open(t))
				}
			})
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "k", random(100), nil)
		w.b.s3.Inject(fakes3.Fault{Op: "PutObject", Status: 503, Code: "SlowDown", RetryAfter: 90 * time.Second})
		begin := time.Now()
		result, err := w.copier(nil).Copy(t.Context(), dst("k"), unknown("k"))
		check(t, err)
		if waited := time.Since(begin); waited < 90*time.Second || result.Elapsed != waited || result.Attempts != 2 {
			t.Errorf("the copy took %v, result %+v, want a second attempt after 90 s", waited, result)
		}
	})
}

// TestCorruption flips bits on both legs. What is once corrupted is sent again;
// what is always corrupted is never completed.
func TestCorruption(t *testing.T) {
	for _, tt := range []struct {
		name   string
		source bool
		size   int
		fault  fakes3.Fault
	}{
		{"reading an object", true, 900, fakes3.Fault{Op: "GetObject", FlipResponse: 77}},
		{"reading a part", true, 5000, fakes3.Fault{Op: "GetObject", Skip: 1, FlipResponse: 77}},
		{"writing an object", false, 900, fakes3.Fault{Op: "PutObject", FlipRequest: 77}},
		{"writing a part", false, 5000, fakes3.Fault{Op: "UploadPart", Part: 2, FlipRequest: 77}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				server := w.b.s3
				if tt.source {
					server = w.a.s3
				}
				content := random(tt.size)
				object := w.put(t, "k", content, nil)
				server.Inject(tt.fault)
				_, err := w.copier(nil).Copy(t.Context(), dst("k"), object)
				server.Check(t)
				if err != nil || !bytes.Equal(w.got(t, "k"), content) {
					t.Errorf("corrupted once: %v", err)
				}
				always := tt.fault
				always.Times = -1
				server.Inject(always)
				_, err = w.copier(nil).Copy(t.Context(), dst("always"), object)
				if err == nil || w.got(t, "always") != nil || w.open(t) != 0 {
					t.Errorf("corrupted always: %v, %d bytes at the target, %d uploads open", err, len(w.got(t, "always")), w.open(t))
				}
				if tt.source && !errors.Is(err, bridge.ErrChecksum) {
					t.Errorf("corrupted always: %v, want ErrChecksum", err)
				}
			})
		})
	}
}

// TestCancel ends the context at each request of a copy.
func TestCancel(t *testing.T) {
	stop := errors.New("stop now")
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "k", random(5000), nil)
		for n := 0; ; n++ {
			ctx, cancel := context.WithCancelCause(t.Context())
			seen := 0
			c := w.copier(func(o *bridge.Options) {
				o.Journal = new(bridge.MemJournal)
				o.Trace.Start = func(redferry.URI, int64, int64) { seen++; stopAt(seen, n, cancel, stop) }
				o.Trace.Part = func(redferry.URI, int, int64) { seen++; stopAt(seen, n, cancel, stop) }
				o.Concurrency = 1
			})
			_, err := c.Copy(ctx, dst("k"), unknown("k"))
			cancel(nil)
			if err == nil {
				if n < 5 {
					t.Errorf("the copy was stopped at step %d and ended well", n)
				}
				return
			}
			if !errors.Is(err, context.Canceled) || !errors.Is(err, stop) || !bridge.Resumable(err) {
				t.Errorf("stopped at step %d: %v, want the cause and an upload to resume", n, err)
			}
			check(t, c.Abort(t.Context(), dst("k")))
		}
	})
}

func stopAt(seen, n int, cancel context.CancelCauseFunc, cause error) {
	if seen == n+1 {
		cancel(cause)
	}
}

func TestEndedContext(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := w.copier(nil).Copy(ctx, dst("k"), unknown("k"))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Copy = %v, want context.Canceled", err)
		}
	})
}
