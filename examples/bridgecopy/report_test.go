package main

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry"
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
		false: "1 of 2 objects found, 40.0 of 100.0 MiB, 4.0 MiB/s, 15s left\n" + "failure\n" + "1 of 2 objects found, 60.0 of 100.0 MiB, 3.3 MiB/s, 12s left\n",
		true:  "\r\x1b[K1 of 2 objects found, 40.0 of 100.0 MiB, 4.0 MiB/s, 15s left" + "\r\x1b[K" + "failure\n",
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
			trace.Part(dst, 1, 40<<20)
			r.progress.ended.Add(1)
			time.Sleep(time.Second)
			synctest.Wait()
			if err := r.printf("failure\n"); err != nil {
				t.Error(err)
			}
			trace.Start(dst, 60<<20, 10<<20)
			trace.Part(dst, 2, 10<<20)
			time.Sleep(5 * time.Second)
			synctest.Wait()
			end()
			got := out.String()
			if terminal {
				before, _, _ := strings.Cut(got, "failure\n")
				got = before[strings.Index(before, ", 4.0 MiB/s")-len("\r\x1b[K1 of 2 objects found, 40.0 of 100.0 MiB"):] + "failure\n"
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
