package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// TestRetrySaysWhy: every repeated request is counted, and explained with -v only.
func TestRetrySaysWhy(t *testing.T) {
	for verbose, want := range map[bool]string{
		false: "",
		true:  "s3://bbb/p/k: part 3: again in 250ms: slow down\n",
	} {
		var out strings.Builder
		r := newReport(t.Context(), &out, verbose)
		r.trace().Retry(redferry.MustParseURI("s3://bbb/p/k"), 3, errors.New("slow down"), 250*time.Millisecond)
		if out.String() != want || r.retries.Load() != 1 {
			t.Errorf("with -v=%v it counts %d and prints %q, want 1 and %q", verbose, r.retries.Load(), out.String(), want)
		}
	}
}

// TestProgress: bytes, rate and the time that is left, in a plain line now and then, or in
// the one line of a terminal, which makes room for others.
func TestProgress(t *testing.T) {
	dst := redferry.MustParseURI("s3://bbb/p/k")
	for terminal, want := range map[bool]string{
		false: "1 of at least 2 objects, 40.0 of at least 100.0 MiB, 4.0 MiB/s\n" + "failure\n" + "1 of 2 objects, 60.0 of 100.0 MiB, 3.3 MiB/s, 12s left\n",
		true:  "\r\x1b[K1 of at least 2 objects, 40.0 of at least 100.0 MiB, 4.0 MiB/s" + "\r\x1b[K" + "failure\n",
	} {
		synctest.Test(t, func(t *testing.T) {
			var out strings.Builder
			r := newReport(t.Context(), &out, false)
			r.progress.terminal = terminal
			end := r.show()
			trace := r.trace()
			time.Sleep(9 * time.Second) // nothing is found: there is nothing to say
			trace.Plan(dst, 60<<20)
			trace.Plan(dst, 40<<20)
			trace.Start(dst, 40<<20, 0)
			trace.Moved(dst, 1, 30<<20)
			trace.Moved(dst, 2, 10<<20)
			r.progress.ended.Add(1)
			time.Sleep(time.Second)
			synctest.Wait()
			if err := r.printf("failure\n"); err != nil {
				t.Error(err)
			}
			trace.Listed()
			trace.Start(dst, 60<<20, 10<<20)
			trace.Moved(dst, 2, 10<<20)
			time.Sleep(5 * time.Second)
			synctest.Wait()
			end()
			got := out.String()
			if terminal {
				before, _, _ := strings.Cut(got, "failure\n")
				got = before[strings.Index(before, ", 4.0 MiB/s")-len("\r\x1b[K1 of at least 2 objects, 40.0 of at least 100.0 MiB"):] + "failure\n"
				if !strings.HasSuffix(out.String(), "\r\x1b[K") {
					t.Errorf("the line is left: %q", out.String())
				}
			}
			if got != want {
				t.Errorf("terminal %t: got %q, want %q", terminal, got, want)
			}
		})
	}
}

// TestProgressOfLate: the rate is that of the last twenty seconds, and what is lost is to be
// sent again. An object that failed, or is of another size by now, changes what there is to
// do.
func TestProgressOfLate(t *testing.T) {
	dst := redferry.MustParseURI("s3://bbb/p/k")
	synctest.Test(t, func(t *testing.T) {
		r := newReport(t.Context(), io.Discard, false)
		trace := r.trace()
		for range 3 {
			trace.Plan(dst, 1000<<20)
		}
		trace.Listed()
		for range 100 { // at 1 MiB/s, and then at 4
			trace.Moved(dst, 1, 1<<20)
			time.Sleep(time.Second)
			_ = r.progress.line()
		}
		for range 25 {
			trace.Moved(dst, 1, 4<<20)
			time.Sleep(time.Second)
			_ = r.progress.line()
		}
		says := func(want string) {
			t.Helper()
			if got := r.progress.line(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		says("0 of 3 objects, 200.0 of 3000.0 MiB, 4.0 MiB/s, 11m40s left")
		trace.Moved(dst, 1, -100<<20)
		says("0 of 3 objects, 100.0 of 3000.0 MiB, 4.0 MiB/s, 12m5s left")
		job := bridge.Job{Dst: dst, Src: bridge.Object{Size: 1000 << 20}}
		for _, e := range []*bridge.Event{
			{Change: bridge.Added, Job: job, Err: errors.New("it failed")},
			{Change: bridge.Changed, Job: job, Result: &bridge.Result{Size: 100 << 20, Level: bridge.Wire}},
		} {
			if err := r.done(e); err != nil {
				t.Fatal(err)
			}
		}
		says("2 of 3 objects, 100.0 of 1100.0 MiB, 4.0 MiB/s, 4m10s left")
	})
}

// TestPrintable: a terminal obeys no key.
func TestPrintable(t *testing.T) {
	var out strings.Builder
	if err := newReport(t.Context(), &out, true).printf("%s: %s\n", "s3://b/\x1b]0;x\a\r\u202eü 1", "new"); err != nil {
		t.Fatal(err)
	}
	if want := `s3://b/\x1b]0;x\a\r\u202eü 1: new` + "\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// TestFilesAreNoTerminals, nor is what is no file.
func TestFilesAreNoTerminals(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for _, out := range []io.Writer{file, new(strings.Builder)} {
		if isTerminal(out) {
			t.Errorf("%T is taken for a terminal", out)
		}
	}
}

// TestResumedIsLost: what was in place, and is lost when the copy begins anew, is not told to
// have been of use.
func TestResumedIsLost(t *testing.T) {
	dst := redferry.MustParseURI("s3://bbb/p/k")
	r := newReport(t.Context(), io.Discard, false)
	trace := r.trace()
	trace.Plan(dst, 100<<20)
	trace.Listed()
	trace.Start(dst, 100<<20, 60<<20)
	trace.Moved(dst, 0, -60<<20)
	trace.Restart(dst, errors.New("the source has changed"))
	trace.Start(dst, 100<<20, 0)
	trace.Moved(dst, 1, 30<<20)
	if got := r.progress.resumed.Load(); got != 0 {
		t.Errorf("%d bytes were in place", got)
	}
	if got, want := r.progress.line(), "0 of 1 objects, 30.0 of 100.0 MiB"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestFailedOnes: an object that failed is told, whatever its error looks like, unless the
// run was interrupted and nothing is left of it; and no run with failures ends well.
func TestFailedOnes(t *testing.T) {
	stalled := &bridge.Error{Op: "read", Err: context.Canceled} // by nobody
	left := &bridge.Error{Op: "read", Err: errors.Join(context.Canceled, bridge.ErrLeftOpen)}
	for _, tt := range []struct {
		name        string
		interrupted bool
		err         error
		told        bool
	}{
		{"a stall", false, stalled, true},
		{"an interrupt", true, stalled, false},
		{"an interrupt that leaves something", true, left, true},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		if tt.interrupted {
			cancel()
		}
		var out strings.Builder
		r := newReport(ctx, &out, false)
		if err := r.done(&bridge.Event{Change: bridge.Added, Err: tt.err}); err != nil {
			t.Error(err)
		}
		if told := strings.Contains(out.String(), "bridge: read"); told != tt.told {
			t.Errorf("%s: it is told: %t: %s", tt.name, told, &out)
		}
		if err := r.finish(&bridge.Summary{Added: 1, Failed: 1}, nil); err == nil {
			t.Errorf("%s: the run ended well", tt.name)
		}
		cancel()
	}
}

// TestNamesKeepTheirLine: no key forges a line.
func TestNamesKeepTheirLine(t *testing.T) {
	var out strings.Builder
	job := bridge.Job{Dst: redferry.URI{Bucket: "bbb", Key: "a\n0 objects failed"}}
	r := newReport(t.Context(), &out, true)
	for _, e := range []*bridge.Event{
		{Change: bridge.Extra, Job: job},
		{Change: bridge.Extra, Job: job, Removed: true},
		{Change: bridge.Added, Job: job, Result: &bridge.Result{}},
		{Change: bridge.Added, Job: job, Err: &bridge.Error{Op: "copy", Dst: job.Dst, Err: errors.New("no")}},
	} {
		if err := r.done(e); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(out.String(), "\n"); n != 4 {
		t.Errorf("%d lines:\n%s", n, &out)
	}
}

// TestCut: a line of a terminal is one.
func TestCut(t *testing.T) {
	for _, tt := range []struct {
		columns int
		want    string
	}{{0, "12345"}, {6, "12345"}, {5, "1234"}, {1, ""}} {
		if got := cut("12345", tt.columns); got != tt.want {
			t.Errorf("%d columns: %q", tt.columns, got)
		}
	}
}

// TestProgressIsShown: a run tells how far it is, in plain lines where there is no terminal.
func TestProgressIsShown(t *testing.T) {
	_, admin, run := ends(t, nil)
	putSource(t, admin, "p/k", 1<<20)
	out, err := run("-bwlimit", "64K").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "0 of 1 objects, 0.") {
		t.Errorf("%v\n%s", err, out)
	}
}
