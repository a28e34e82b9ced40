package bridge_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// A listener is told by a Trace, of one object.
type listener struct {
	mu              sync.Mutex // guards what follows
	moved, resumed  int64
	started, parts  int
	acknowledged    []int
	retried, begun  int // tries after the first, of a request and of the copy
	results, failed int
}

func (l *listener) trace() bridge.Trace {
	locked := func(tell func()) {
		l.mu.Lock()
		defer l.mu.Unlock()
		tell()
	}
	return bridge.Trace{
		Start:     func(_ redferry.URI, _, resumed int64) { locked(func() { l.started++; l.resumed += resumed }) },
		PartStart: func(redferry.URI, int, int64) { locked(func() { l.parts++ }) },
		Moved:     func(_ redferry.URI, _ int, n int64) { locked(func() { l.moved += n }) },
		Part: func(_ redferry.URI, part int, _ int64) {
			locked(func() { l.acknowledged = append(l.acknowledged, part) })
		},
		Retry:   func(redferry.URI, int, error, time.Duration) { locked(func() { l.retried++ }) },
		Restart: func(redferry.URI, error) { locked(func() { l.begun++ }) },
		Done: func(_ redferry.URI, result *bridge.Result, err error) {
			locked(func() {
				if err == nil && result != nil {
					l.results++
				} else if result == nil {
					l.failed++
				}
			})
		},
	}
}

// TestTrace: whatever goes wrong, what was told to have moved or to be in place is, in the
// end, the whole of an object that was copied, and nothing of one that was not.
func TestTrace(t *testing.T) {
	for _, tt := range []struct {
		name           string
		source, target *fakes3.Fault
		fails          bool
		begun          int
	}{
		{name: "nothing"},
		{name: "bodies that are cut", source: &fakes3.Fault{Op: "GetObject", CutResponse: 300, Times: 2}},
		{name: "what is sent is cut", target: &fakes3.Fault{Key: "k", CutRequest: 200, Times: 2}},
		{name: "busy", target: &fakes3.Fault{Op: "UploadPart", Status: 503, Code: "SlowDown", Times: 3}},
		{name: "another source", source: &fakes3.Fault{Op: "GetObject", Skip: 2, Replace: random(4900)}, begun: 1},
		{name: "a source that is cut each time", source: &fakes3.Fault{Op: "GetObject", CutResponse: 300, Times: -1}, fails: true},
		{name: "refused at last", target: &fakes3.Fault{Op: "CompleteMultipartUpload", Status: 403, Code: "AccessDenied", Times: -1}, fails: true},
	} {
		for _, size := range []int{500, 5000} {
			t.Run(fmt.Sprintf("%s, %d bytes", tt.name, size), func(t *testing.T) {
				inWorld(t, func(t *testing.T, w *world) {
					w.put(t, "k", random(size), nil)
					inject(w.a, tt.source)
					inject(w.b, tt.target)
					var heard listener
					result, err := w.copier(func(o *bridge.Options) { o.Trace, o.Threshold, o.Retries = heard.trace(), 1<<10, 4 }).Copy(t.Context(), dst("k"), unknown("k"))
					synctest.Wait()
					fails := tt.fails && (size == 5000 || tt.target == nil)
					if (err != nil) != fails {
						t.Fatal(err)
					}
					heard.check(t, result, err)
					if size == 5000 && heard.begun != tt.begun {
						t.Errorf("it began anew %d times, want %d", heard.begun, tt.begun)
					}
				})
			})
		}
	}
}

func inject(a *account, fault *fakes3.Fault) {
	if fault != nil {
		a.s3.Inject(*fault)
	}
}

// check compares what was heard with what came of it.
func (l *listener) check(t *testing.T, result *bridge.Result, err error) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var want int64
	ended := [2]int{0, 1}
	if err == nil {
		want, ended = result.Size, [2]int{1, 0}
		slices.Sort(l.acknowledged)
		if n := len(slices.Compact(l.acknowledged)); l.begun == 0 && n != result.Parts-result.Resumed {
			t.Errorf("%d parts were told to be acknowledged, the result has %d, %d of them resumed", n, result.Parts, result.Resumed)
		}
		if l.parts != result.Attempts {
			t.Errorf("%d parts were told to start, the result has %d attempts", l.parts, result.Attempts)
		}
	}
	if l.moved+l.resumed != want {
		t.Errorf("%d bytes moved and %d in place, want %d together", l.moved, l.resumed, want)
	}
	if got := [2]int{l.results, l.failed}; got != ended {
		t.Errorf("%d results and %d errors were told, want %v", l.results, l.failed, ended)
	}
	if l.started != 1+l.begun {
		t.Errorf("%d starts were told, and that it began anew %d times", l.started, l.begun)
	}
}

// TestTraceOfResuming: what an earlier run has sent is told to be in place, and is lost
// when the copy begins anew.
func TestTraceOfResuming(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "k", random(5000), nil)
		journal := new(bridge.MemJournal)
		run := func(fault fakes3.Fault) (*listener, *bridge.Result, error) {
			w.b.s3.Inject(fault)
			heard := new(listener)
			result, err := w.copier(func(o *bridge.Options) { o.Journal, o.Trace, o.Retries, o.Concurrency = journal, heard.trace(), -1, 1 }).Copy(t.Context(), dst("k"), unknown("k"))
			synctest.Wait()
			return heard, result, err
		}
		heard, result, err := run(fakes3.Fault{Op: "UploadPart", Part: 4, Status: 403, Code: "AccessDenied"})
		if heard.check(t, result, err); !bridge.Resumable(err) {
			t.Fatal(err)
		}
		heard, result, err = run(fakes3.Fault{Op: "UploadPart", Part: 5, Status: 404, Code: "NoSuchUpload"})
		if err != nil || heard.begun != 1 {
			t.Fatalf("%v, begun anew %d times", err, heard.begun)
		}
		// What was in place, three parts of 1 KiB, was told once, and taken back.
		if heard.resumed != 3<<10 || heard.moved != 5000-3<<10 {
			t.Errorf("%d in place, %d moved", heard.resumed, heard.moved)
		}
		heard.check(t, result, err)
	})
}

// TestTraceOfSync: an object that is replaced is copied as what it is now; that is one
// copy, with one end.
func TestTraceOfSync(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "p/k", random(5000), nil)
		w.a.s3.Inject(fakes3.Fault{Op: "HeadObject", Replace: random(4000)})
		w.a.s3.Inject(fakes3.Fault{Op: "ListObjectsV2", Status: 503, Code: "SlowDown"})
		var heard listener
		s := w.writeOnly(new(bridge.MemLedger))
		s.Source = bridge.NewLister(w.reader, &bridge.Options{Trace: heard.trace()})
		var told *bridge.Event
		planned, listed := int64(0), 0
		trace := heard.trace()
		trace.Plan = func(dst redferry.URI, size int64) { planned += size }
		trace.Listed = func() { listed++ }
		_, err := w.copier(func(o *bridge.Options) { o.Trace = trace }).Sync(t.Context(), s, func(e *bridge.Event) error { told = e; return e.Err })
		check(t, err)
		synctest.Wait()
		if heard.retried != 1 {
			t.Errorf("%d retries were told, want that of the listing", heard.retried)
		}
		if planned != 5000 || listed != 1 {
			t.Errorf("%d bytes were told to be planned, and %d times that all is listed", planned, listed)
		}
		heard.started++ // the first try found something else, and did not start
		heard.check(t, told.Result, told.Err)
	})
}

// TestFailedCopyIsTold: the error of a copy says how often and how long it was tried.
func TestFailedCopyIsTold(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "p/k", random(500), nil)
		w.b.s3.Inject(fakes3.Fault{Op: "PutObject", Status: 500, Code: "InternalError", Delay: time.Second, Times: -1})
		var line bridge.Line
		c := w.copier(func(o *bridge.Options) { o.Retries = 2 })
		_, err := c.Sync(context.Background(), w.writeOnly(new(bridge.MemLedger)), func(e *bridge.Event) error { line = bridge.NewLine(e); return nil })
		check(t, err)
		if line.Outcome != "failed" || line.Attempts != 3 || line.Seconds < 3 {
			t.Errorf("%+v", line)
		}
	})
}
