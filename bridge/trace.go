package bridge

import (
	"time"

	"github.com/redferry/redferry"
)

// A Trace is told what a [Copier] does, and a [Lister] and a
// [ManifestLister] tell it of their Retries, with the prefix or the object that they ask for
// in the place of a destination. Each field may be nil. The functions
// are called from the goroutines that do the work, several at once, and must return
// soon. A part number of 0 stands for a request that moves no part.
type Trace struct {
	// Plan: a [Sync] has found an object that it will copy, of size bytes.
	Plan func(dst redferry.URI, size int64)
	// Listed: a [Sync] has found all objects that it will copy.
	Listed func()
	// Start: the source has been looked at, the copy begins, or begins anew. Of size
	// bytes, resumed bytes are in place already.
	Start func(dst redferry.URI, size, resumed int64)
	// PartStart: the bytes of a part begin to move, or of the whole of an object that is
	// sent with one request; then part is 1. It is told once per try.
	PartStart func(dst redferry.URI, part int, size int64)
	// Moved: n bytes of a part have passed from the source to the target, a few tens of
	// thousands at most. What turns out to be lost is taken back, with a negative n: by a
	// try that failed, and, with part 0, by a copy that begins anew or fails. With what
	// Start has told to be in place, the sum is the size of an object that was copied, and
	// 0 for one that was not.
	Moved func(dst redferry.URI, part int, n int64)
	// Part: the target has acknowledged a part, or the whole of an object that
	// is sent with one request; then part is 1.
	Part func(dst redferry.URI, part int, size int64)
	// Retry: a request failed with err and is repeated after wait.
	Retry func(dst redferry.URI, part int, err error, wait time.Duration)
	// Restart: the copy begins anew because of err, for example because the
	// source changed. What was sent before is lost.
	Restart func(dst redferry.URI, err error)
	// Done: the copy of an object has ended, with a result or an error.
	Done func(dst redferry.URI, result *Result, err error)
}

func (t *Trace) plan(dst redferry.URI, size int64) {
	if t.Plan != nil {
		t.Plan(dst, size)
	}
}

func (t *Trace) listed() {
	if t.Listed != nil {
		t.Listed()
	}
}

func (t *Trace) start(dst redferry.URI, size, resumed int64) {
	if t.Start != nil {
		t.Start(dst, size, resumed)
	}
}

func (t *Trace) partStart(dst redferry.URI, part int, size int64) {
	if t.PartStart != nil {
		t.PartStart(dst, part, size)
	}
}

func (t *Trace) part(dst redferry.URI, part int, size int64) {
	if t.Part != nil {
		t.Part(dst, part, size)
	}
}

func (t *Trace) retry(dst redferry.URI, part int, err error, wait time.Duration) {
	if t.Retry != nil {
		t.Retry(dst, part, err, wait)
	}
}

func (t *Trace) restart(dst redferry.URI, err error) {
	if t.Restart != nil {
		t.Restart(dst, err)
	}
}

func (t *Trace) done(dst redferry.URI, result *Result, err error) {
	if t.Done != nil {
		t.Done(dst, result, err)
	}
}
