package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/redferry/redferry/testkit/fakes3"
)

// TestInterrupted: SIGINT, SIGTERM and SIGHUP end a run in order, with what it can say of it; the
// next one goes on.
func TestInterrupted(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			heeded(t, sig)
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
			if err := c.Process.Signal(sig); err != nil {
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

// heeded has what the test starts heed a signal, though who has started the test may have it
// ignored, as nohup and scripts do.
func heeded(t *testing.T, sig os.Signal) {
	t.Helper()
	c := make(chan os.Signal, 1)
	signal.Notify(c, sig)
	t.Cleanup(func() { signal.Stop(c) })
}

// TestIgnoredSignals: what is ignored when the program begins stays so.
func TestIgnoredSignals(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			reached, release := make(chan struct{}), make(chan struct{})
			_, admin, run := ends(t, &fakes3.Options{Meddle: func(r fakes3.Request) fakes3.Fault {
				if r.Op == "PutObject" && r.Key == "q/k" {
					close(reached)
					<-release
				}
				return fakes3.Fault{}
			}})
			putSource(t, admin, "p/k", 100)
			signal.Ignore(sig)
			c := run("-write-only")
			err := c.Start()
			signal.Reset(sig)
			if err != nil {
				t.Fatal(err)
			}
			<-reached
			err = c.Process.Signal(sig)
			close(release)
			if err := errors.Join(err, c.Wait()); err != nil {
				t.Errorf("it was ended: %v", err)
			}
		})
	}
}

// TestInterruptedTwice: who does not want to wait for the end sends a second signal.
func TestInterruptedTwice(t *testing.T) {
	heeded(t, os.Interrupt)
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
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
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
	if !strings.Contains(out.String(), "a second interrupt stops at once") {
		t.Errorf("it does not say so:\n%s", &out)
	}
}

// TestReaderWentAway: who reads the output, head for example, may end first. The run ends in
// order, and leaves no upload open.
func TestReaderWentAway(t *testing.T) {
	server, admin, run := ends(t, nil)
	for n := range 3 {
		putSource(t, admin, fmt.Sprintf("p/%d", n), 5000)
	}
	c := run("-v", "-part-size", "2K", "-concurrency", "1", "-write-only")
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout = write
	if err := errors.Join(read.Close(), c.Run(), write.Close()); err == nil || c.ProcessState.ExitCode() != 1 {
		t.Errorf("%v, %v", err, c.ProcessState)
	}
	if n := openUploads(t, admin); n != 0 {
		t.Errorf("%d uploads are open; %d requests", n, len(server.Requests()))
	}
}
