package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// A report counts what becomes of the objects. Its done is called one at a time,
// the functions of its trace are not.
type report struct {
	verbose  bool
	progress progress

	mu  sync.Mutex // guards out
	out io.Writer

	lines *bridge.JSONLines // nil if nobody wants them

	retries     atomic.Int64
	interrupted int64 // objects; the rest of what failed has failed by itself
	levels      [bridge.Stored + 1]int
}

func newReport(out io.Writer, verbose bool) *report {
	return &report{out: out, verbose: verbose, progress: progress{begin: time.Now(), terminal: isTerminal(out)}}
}

func (r *report) trace() bridge.Trace {
	return bridge.Trace{
		Plan: func(_ redferry.URI, size int64) {
			r.progress.objects.Add(1)
			r.progress.bytes.Add(size)
		},
		Start:   func(_ redferry.URI, _, resumed int64) { r.progress.resumed.Add(resumed) },
		Moved:   func(_ redferry.URI, _ int, n int64) { r.progress.moved(n) },
		Retry:   r.retry,
		Restart: r.restart,
	}
}

// retry counts a request that is repeated, and says why with -v. A part is 0 if
// the request moves none.
func (r *report) retry(dst redferry.URI, part int, err error, wait time.Duration) {
	r.retries.Add(1)
	if r.verbose {
		of := dst.String()
		if part > 0 {
			of += fmt.Sprintf(": part %d", part)
		}
		_ = r.printf("%s: again in %v: %v\n", of, wait.Round(time.Millisecond), err) // finish says it when out is broken
	}
}

// restart says with -v why a copy begins anew.
func (r *report) restart(dst redferry.URI, err error) {
	if r.verbose {
		_ = r.printf("%s: from the beginning: %v\n", dst, err)
	}
}

func (r *report) printf(format string, args ...any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unshow()
	_, err := io.WriteString(r.out, printable(fmt.Sprintf(format, args...)))
	return err
}

// printable is text without what a terminal would obey: keys may have that. Lines stay.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r == '\n' || unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}

// done prints what failed, and with -v what was done.
func (r *report) done(e *bridge.Event) error {
	if r.lines != nil {
		if err := r.lines.Event(e); err != nil {
			return fmt.Errorf("bridgecopy: report: %w", err)
		}
	}
	if e.Change == bridge.Added || e.Change == bridge.Changed {
		r.progress.end(e)
	}
	if errors.Is(e.Err, context.Canceled) {
		if r.interrupted++; !r.verbose {
			return nil // of each object that was under way, the same
		}
	}
	if e.Err != nil {
		return r.printf("%v\n", e.Err)
	}
	if e.Result != nil {
		r.levels[e.Result.Level]++
	}
	if r.verbose {
		return r.explain(e)
	}
	return nil
}

// explain prints what was done about an object, if it is worth a line.
func (r *report) explain(e *bridge.Event) error {
	switch {
	case e.Result != nil:
		return r.printf("%s: %s, %d bytes, %s, %d parts, %d resumed, %v\n", e.Job.Dst, e.Change, e.Result.Size, e.Result.Level, e.Result.Parts, e.Result.Resumed, e.Result.Elapsed.Round(time.Millisecond))
	case e.Removed:
		return r.printf("%s: removed\n", e.Job.Dst)
	case e.Change == bridge.Unchanged || e.Change == bridge.Excluded:
		return nil
	}
	return r.printf("%s: %s\n", e.Job.Dst, e.Change)
}

func (r *report) rate() string {
	mebibytes, seconds := float64(r.progress.sent.Load())/(1<<20), time.Since(r.progress.begin).Seconds()
	return fmt.Sprintf("%.1f MiB sent in %.1f s, %.1f MiB/s", mebibytes, seconds, mebibytes/max(seconds, 1e-9))
}

// finish prints the summary and turns failures into an error.
func (r *report) finish(s *bridge.Summary, err error) error {
	printed := r.printf("%d objects of %d bytes copied: %d proven by the stored checksum, %d recomputed, %d on the wire; %s, %d bytes were in place, %d requests repeated\n",
		s.Copied, s.Bytes, r.levels[bridge.Stored], r.levels[bridge.Recomputed], r.levels[bridge.Wire], r.rate(), r.progress.resumed.Load(), r.retries.Load())
	printed = errors.Join(printed, r.printf("%d were new, %d changed, %d unchanged, %d excluded, %d only at the target; %d removed\n",
		s.Added, s.Changed, s.Unchanged, s.Excluded, s.Extra, s.Removed))
	switch {
	case s.Failed > 0 && s.Failed == s.Unproven && err == nil:
		err = fmt.Errorf("bridgecopy: %d objects %w", s.Failed, errUnproven)
	case s.Failed > r.interrupted:
		err = errors.Join(fmt.Errorf("bridgecopy: %d objects failed", s.Failed-r.interrupted), err)
	}
	return errors.Join(err, printed)
}

// errUnproven is what a run ends with in which nothing failed but proofs.
var errUnproven = errors.New("could not be proven as -verify demands, and were not copied")

// writeLines has the report written to a file, too, and returns what ends that one.
// A run that broke off gets no summary: what it did not come to is in none. For - the
// file is out, where there is nothing else then.
func (r *report) writeLines(name string, out io.Writer) (end func(s *bridge.Summary, broken error) error, err error) {
	file := io.WriteCloser(keptOpen{out})
	switch name {
	case "":
		return func(*bridge.Summary, error) error { return nil }, nil
	case "-":
	default:
		if file, err = os.Create(name); err != nil {
			return nil, fmt.Errorf("bridgecopy: report: %w", err)
		}
	}
	r.lines = bridge.NewJSONLines(file)
	return func(s *bridge.Summary, broken error) (err error) {
		if broken == nil {
			err = r.lines.Summary(s)
		}
		if err := errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("bridgecopy: report: %w", err)
		}
		return nil
	}, nil
}

// keptOpen is a writer that others close.
type keptOpen struct{ io.Writer }

func (keptOpen) Close() error { return nil }
