package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unicode"

	"github.com/aws/smithy-go"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// A report counts what becomes of the objects. Its done is called one at a time,
// the functions of its trace are not.
type report struct {
	ctx      context.Context // of the run
	verbose  bool
	dry      bool // nothing is done
	removes  bool // what only the target has
	named    bool // the objects are those of a manifest
	progress progress

	mu  sync.Mutex // guards out
	out io.Writer

	lines *bridge.JSONLines // nil if nobody wants them

	retries     atomic.Int64
	interrupted int64                  // objects; the rest of what failed has failed by itself
	copied      bool                   // an object was
	alike       int                    // how many failed as if all would
	planned     int64                  // bytes of objects that would be copied
	resumed     map[redferry.URI]int64 // of the copies that are under way; guarded by mu
	levels      [bridge.Stored + 1]int
}

func newReport(ctx context.Context, out io.Writer, verbose bool) *report {
	return &report{ctx: ctx, out: out, verbose: verbose, resumed: make(map[redferry.URI]int64), progress: progress{begin: time.Now(), terminal: isTerminal(out)}}
}

func (r *report) trace() bridge.Trace {
	return bridge.Trace{
		Plan: func(_ redferry.URI, size int64) {
			r.progress.objects.Add(1)
			r.progress.bytes.Add(size)
		},
		Listed:  func() { r.progress.listed.Store(true) },
		Start:   r.start,
		Moved:   func(_ redferry.URI, _ int, n int64) { r.progress.moved(n) },
		Retry:   r.retry,
		Restart: r.restart,
		Done:    func(dst redferry.URI, _ *bridge.Result, _ error) { _ = r.inPlace(dst, 0) },
	}
}

// start counts what is in place of an object.
func (r *report) start(dst redferry.URI, _, resumed int64) {
	r.progress.resumed.Add(resumed)
	_ = r.inPlace(dst, resumed)
}

// inPlace notes how many bytes of an object are, and returns how many were.
func (r *report) inPlace(dst redferry.URI, bytes int64) (before int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before = r.resumed[dst]
	if delete(r.resumed, dst); bytes > 0 {
		r.resumed[dst] = bytes
	}
	return before
}

// retry counts a request that is repeated, and says why with -v. A part is 0 if
// the request moves none.
func (r *report) retry(dst redferry.URI, part int, err error, wait time.Duration) {
	r.retries.Add(1)
	if r.verbose {
		of := name(dst)
		if part > 0 {
			of += fmt.Sprintf(": part %d", part)
		}
		_ = r.printf("%s: again in %v: %v\n", of, wait.Round(time.Millisecond), err) // finish says it when out is broken
	}
}

// restart says with -v why a copy begins anew. What was in place is of no use to it; the
// trace has told so of the bytes that are moved.
func (r *report) restart(dst redferry.URI, err error) {
	before := r.inPlace(dst, 0)
	r.progress.resumed.Add(-before)
	r.progress.lost.Add(-before)
	if r.verbose {
		_ = r.printf("%s: from the beginning: %v\n", name(dst), err)
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
		r.planned += e.Job.Src.Size
	}
	if e.Err != nil {
		return r.failed(e.Err)
	}
	if e.Result != nil {
		r.copied = true
		r.levels[e.Result.Level]++
	}
	if r.verbose {
		return r.explain(e)
	}
	return nil
}

// failed prints why an object failed. Of those that were under way when the run was
// interrupted it says nothing, unless something is left of them; and it ends a run in which
// all seem to fail.
func (r *report) failed(err error) error {
	if r.ctx.Err() != nil && errors.Is(err, context.Canceled) {
		if r.interrupted++; !r.verbose && !errors.Is(err, bridge.ErrLeftOpen) {
			return nil
		}
	}
	if printed := r.printf("%v\n", err); printed != nil {
		return printed
	}
	what, lasting := commonFault(err)
	if what == "" || r.copied && !lasting {
		return nil
	}
	if r.alike++; r.alike < hopeless {
		return nil
	}
	return fmt.Errorf("bridgecopy: stopped: %d objects failed with %s, which says nothing about them but about the bucket, the key or the way there", r.alike, what)
}

// commonFault names what an object failed with if that is no fault of the object; lasting,
// if it is one that does not pass though others were copied: the keys of the environment
// stay as they are.
func commonFault(err error) (what string, lasting bool) {
	if all, ok := errors.AsType[smithy.APIError](err); ok {
		switch code := all.ErrorCode(); code {
		case "ExpiredToken", "InvalidToken":
			return code, true
		case "NoSuchBucket", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AuthorizationHeaderMalformed", "PermanentRedirect":
			return code, false
		}
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "a certificate that is not trusted", false
	}
	if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
		return "no connection", false
	}
	return "", false
}

// hopeless is how many objects fail for a reason that is none of theirs before the run is
// ended.
const hopeless = 5

// explain prints what was done about an object, if it is worth a line.
func (r *report) explain(e *bridge.Event) error {
	switch {
	case e.Result != nil:
		return r.printf("%s: %s, %d bytes, %s, %d parts, %d resumed, %v\n", name(e.Job.Dst), e.Change, e.Result.Size, e.Result.Level, e.Result.Parts, e.Result.Resumed, e.Result.Elapsed.Round(time.Millisecond))
	case e.Removed:
		return r.printf("%s: removed\n", name(e.Job.Dst))
	case e.Change == bridge.Extra && r.dry && r.removes:
		return r.printf("%s: would be removed\n", name(e.Job.Dst))
	case e.Change == bridge.Unchanged || e.Change == bridge.Excluded:
		return nil
	}
	return r.printf("%s: %s\n", name(e.Job.Dst), e.Change)
}

// name is a URI on one line: a key may have others, and forge them.
func name(uri redferry.URI) string { return strings.ReplaceAll(uri.String(), "\n", `\n`) }

func (r *report) rate() string {
	mebibytes, seconds := float64(r.progress.sent.Load())/(1<<20), time.Since(r.progress.begin).Seconds()
	return fmt.Sprintf("%.1f MiB sent in %.1f s, %.1f MiB/s", mebibytes, seconds, mebibytes/max(seconds, 1e-9))
}

// finish prints the summary and turns failures into an error.
func (r *report) finish(s *bridge.Summary, err error) error {
	if err != nil && *s == (bridge.Summary{}) {
		return err // it did not come to anything that could be summed up
	}
	if r.dry {
		return errors.Join(err, r.printf("%d objects of %d bytes would be copied: %d are new, %d changed; %d are unchanged, %d excluded, %d only at the target\n",
			s.Added+s.Changed, r.planned, s.Added, s.Changed, s.Unchanged, s.Excluded, s.Extra), r.nothing(s, err))
	}
	printed := r.printf("%d objects of %d bytes copied: %d proven by the stored checksum, %d recomputed, %d on the wire; %s, %d bytes were in place, %d requests repeated\n",
		s.Copied, s.Bytes, r.levels[bridge.Stored], r.levels[bridge.Recomputed], r.levels[bridge.Wire], r.rate(), r.progress.resumed.Load(), r.retries.Load())
	printed = errors.Join(printed, r.printf("%d were new, %d changed, %d unchanged, %d excluded, %d only at the target; %d removed\n",
		s.Added, s.Changed, s.Unchanged, s.Excluded, s.Extra, s.Removed), r.nothing(s, err))
	switch {
	case s.Failed > 0 && s.Failed == s.Unproven && err == nil:
		err = fmt.Errorf("bridgecopy: %d objects %w", s.Failed, errUnproven)
	case s.Failed > r.interrupted:
		err = errors.Join(fmt.Errorf("bridgecopy: %d objects failed", s.Failed-r.interrupted), err)
	case s.Failed > 0 && err == nil:
		err = fmt.Errorf("bridgecopy: %d objects were interrupted", s.Failed)
	}
	return errors.Join(err, printed)
}

// nothing says so if a run that went well had no object to copy: a prefix or a pattern with
// a letter too many looks like success.
func (r *report) nothing(s *bridge.Summary, err error) error {
	switch {
	case err != nil || s.Added+s.Changed+s.Unchanged > 0 || r.named:
		return nil
	case s.Excluded > 0:
		return r.printf("no object is left to copy: look whether -include and -exclude are right\n")
	}
	return r.printf("the source has no object: look whether -src is right\n")
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
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o666)
		if err != nil {
			return nil, fmt.Errorf("bridgecopy: report: %w", err)
		}
		file = &emptied{File: f}
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

// emptied is a file that is emptied when there is something to be written to it: a run that
// cannot begin leaves the report of the one before.
type emptied struct {
	*os.File
	begun bool
}

func (e *emptied) Write(p []byte) (int, error) {
	if !e.begun {
		if err := e.Truncate(0); err != nil && !errors.Is(err, syscall.EINVAL) { // of a pipe
			return 0, err
		}
		e.begun = true
	}
	return e.File.Write(p)
}

// keptOpen is a writer that others close.
type keptOpen struct{ io.Writer }

func (keptOpen) Close() error { return nil }
