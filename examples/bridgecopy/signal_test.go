package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/redferry/redferry/testkit/fakes3"
)

// TestInterrupted: SIGINT and SIGTERM end a run in order, with what it can say of it; the
// next one goes on.
func TestInterrupted(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			reached, release := make(chan struct{}), make(chan struct{})
			var once sync.Once
			_, admin, run := ends(t, &fakes3.Options{Meddle: func(r fakes3.Request) fakes3.Fault {
				if r.Op == "UploadPart" && r.Part == 3 {
					once.Do(func() { close(reached) })
					<-release
				}
				return fakes3.Fault{}
			}})
			putSource(t, admin, "p/k", 5000)
			flags := []string{"-part-size", "2K", "-concurrency", "1", "-write-only", "-state", filepath.Join(t.TempDir(), "state")}
			c := run(flags...)
			var out bytes.Buffer
			c.Stdout, c.Stderr = &out, &out
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			<-reached
			if err := c.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			err := c.Wait()
			close(release)
			if c.ProcessState.ExitCode() != 1 || strings.Contains(out.String(), "context canceled\n") ||
				!strings.Contains(out.String(), "bridgecopy: interrupted: start it again with the same -state, and it goes on") {
				t.Errorf("exit code %d, %v:\n%s", c.ProcessState.ExitCode(), err, &out)
			}
			if again, err := run(flags...).CombinedOutput(); err != nil || !strings.Contains(string(again), "bytes were in place") || strings.Contains(string(again), ", 0 bytes were in place") {
				t.Errorf("the next run: %v\n%s", err, again)
			}
		})
	}
}

// TestInterruptedTwice: who does not want to wait for the end sends a second signal.
func TestInterruptedTwice(t *testing.T) {
	sent, ending, release := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var first, second sync.Once
	_, admin, run := ends(t, &fakes3.Options{Meddle: func(r fakes3.Request) fakes3.Fault {
		switch r.Op {
		case "UploadPart":
			first.Do(func() { close(sent) })
			<-release
		case "AbortMultipartUpload": // what a run without a state does in the end
			second.Do(func() { close(ending) })
			<-release
		}
		return fakes3.Fault{}
	}})
	defer close(release)
	putSource(t, admin, "p/k", 5000)
	c := run("-part-size", "2K", "-write-only")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for _, moment := range []chan struct{}{sent, ending} {
		<-moment
		if err := c.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
	}
	_ = c.Wait() // how it ended is looked at
	if status, ok := c.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGINT {
		t.Errorf("it ended with %v", c.ProcessState)
	}
}
