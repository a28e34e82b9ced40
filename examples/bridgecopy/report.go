package main

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// A report counts what becomes of the objects. Its done is called one at a time,
// the functions of its trace are not.
type report struct {
	verbose bool
	begin   time.Time

	mu  sync.Mutex // guards out
	out io.Writer

	sent, resumed, retries atomic.Int64

	failed int
	bytes  int64
	levels [bridge.Stored + 1]int
	shown  time.Time
}

func newReport(out io.Writer, verbose bool) *report {
	now := time.Now()
	return &report{out: out, verbose: verbose, begin: now, shown: now}
}

func (r *report) trace() bridge.Trace {
	return bridge.Trace{
		Start: func(_ redferry.URI, _, resumed int64) { r.resumed.Add(resumed) },
		Part:  func(_ redferry.URI, _ int, size int64) { r.sent.Add(size) },
		Retry: r.retry,
	}
}

// retry counts a request that is repeated, and says why with -v. A part is 0 if
// the request moves none.
func (r *report) retry(dst redferry.URI, part int, err error, wait time.Duration) {
	r.retries.Add(1)
	if r.verbose {
		_ = r.printf("%s: part %d: again in %v: %v\n", dst, part, wait.Round(time.Millisecond), err) // finish says it when out is broken
	}
}

func (r *report) printf(format string, args ...any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err := fmt.Fprintf(r.out, format, args...)
	return err
}

// jobs moves each listed object from one prefix to the other.
func (r *report) jobs(dst, src redferry.URI, listed iter.Seq2[bridge.Object, error]) iter.Seq2[bridge.Job, error] {
	return func(yield func(bridge.Job, error) bool) {
		for object, err := range listed {
			to, ok := object.URI.Rebase(src, dst)
			if err == nil && !ok {
				err = fmt.Errorf("bridgecopy: %s does not lie under %s", object.URI, src)
			}
			if !yield(bridge.Job{Dst: to, Src: object}, err) {
				return
			}
		}
	}
}

// done prints what failed, and with -v what was copied; else a line of progress
// every five seconds.
func (r *report) done(job bridge.Job, result *bridge.Result, err error) error {
	if err != nil {
		r.failed++
		return r.printf("%v\n", err)
	}
	r.bytes += result.Size
	r.levels[result.Level]++
	switch {
	case r.verbose:
		err = r.printf("%s: %d bytes, %s, %d parts, %d resumed, %v\n", job.Dst, result.Size, result.Level, result.Parts, result.Resumed, result.Elapsed.Round(time.Millisecond))
	case time.Since(r.shown) > 5*time.Second:
		r.shown = time.Now()
		err = r.printf("%d objects, %s\n", r.copied(), r.rate())
	}
	return err
}

func (r *report) copied() int {
	n := 0
	for _, count := range r.levels {
		n += count
	}
	return n
}

func (r *report) rate() string {
	mebibytes, seconds := float64(r.sent.Load())/(1<<20), time.Since(r.begin).Seconds()
	return fmt.Sprintf("%.1f MiB sent in %.1f s, %.1f MiB/s", mebibytes, seconds, mebibytes/max(seconds, 1e-9))
}

// finish prints the summary and turns failures into an error.
func (r *report) finish(err error) error {
	printed := r.printf("%d objects of %d bytes copied: %d proven by the stored checksum, %d recomputed, %d on the wire; %s, %d bytes were in place, %d requests repeated\n",
		r.copied(), r.bytes, r.levels[bridge.Stored], r.levels[bridge.Recomputed], r.levels[bridge.Wire], r.rate(), r.resumed.Load(), r.retries.Load())
	if r.failed > 0 {
		err = errors.Join(fmt.Errorf("bridgecopy: %d objects failed", r.failed), err)
	}
	return errors.Join(err, printed)
}
