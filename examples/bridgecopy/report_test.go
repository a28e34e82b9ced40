package main

import (
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
		r := newReport(&out, verbose)
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
		false: "1 of the 2 objects found, 40.0 of 100.0 MiB, 4.0 MiB/s, 15s left\n" + "failure\n" + "1 of the 2 objects found, 60.0 of 100.0 MiB, 3.3 MiB/s, 12s left\n",
		true:  "\r\x1b[K1 of the 2 objects found, 40.0 of 100.0 MiB, 4.0 MiB/s, 15s left" + "\r\x1b[K" + "failure\n",
	} {
		synctest.Test(t, func(t *testing.T) {
			var out strings.Builder
			r := newReport(&out, false)
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
			trace.Start(dst, 60<<20, 10<<20)
			trace.Moved(dst, 2, 10<<20)
			time.Sleep(5 * time.Second)
			synctest.Wait()
			end()
			got := out.String()
			if terminal {
				before, _, _ := strings.Cut(got, "failure\n")
				got = before[strings.Index(before, ", 4.0 MiB/s")-len("\r\x1b[K1 of the 2 objects found, 40.0 of 100.0 MiB"):] + "failure\n"
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
		r := newReport(io.Discard, false)
		trace := r.trace()
		for range 3 {
			trace.Plan(dst, 1000<<20)
		}
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
		says("0 of the 3 objects found, 200.0 of 3000.0 MiB, 4.0 MiB/s, 11m40s left")
		trace.Moved(dst, 1, -100<<20)
		says("0 of the 3 objects found, 100.0 of 3000.0 MiB, 4.0 MiB/s, 12m5s left")
		job := bridge.Job{Dst: dst, Src: bridge.Object{Size: 1000 << 20}}
		for _, e := range []*bridge.Event{
			{Change: bridge.Added, Job: job, Err: errors.New("it failed")},
			{Change: bridge.Changed, Job: job, Result: &bridge.Result{Size: 100 << 20, Level: bridge.Wire}},
		} {
			if err := r.done(e); err != nil {
				t.Fatal(err)
			}
		}
		says("2 of the 3 objects found, 100.0 of 1100.0 MiB, 4.0 MiB/s, 4m10s left")
	})
}

// TestPrintable: a terminal obeys no key.
func TestPrintable(t *testing.T) {
	var out strings.Builder
	if err := newReport(&out, true).printf("%s: %s\n", "s3://b/\x1b]0;x\a\r\u202eü 1", "new"); err != nil {
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
