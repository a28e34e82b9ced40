package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
)

// childVariable in the environment makes this program the first run: a process
// that reads a job from its standard input, does it, and writes events to its
// standard output.
const childVariable = "REDFERRY_QUICKSTART_CHILD"

// The exit codes of the child.
const (
	exitFailed   = 1
	exitOrphaned = 3
)

// child is the main of the first run. It ends when its standard input does, which
// its parent holds open for as long as it lives.
func child(ctx context.Context, in io.Reader, out io.Writer) error {
	signal.Ignore(os.Interrupt) // a terminal interrupts both; the parent decides
	var j job
	decoder := json.NewDecoder(in)
	if err := decoder.Decode(&j); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, in) // it ends, or it fails: the parent is gone
		os.Exit(exitOrphaned)
	}()
	f, err := newFerry(ctx, j)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // the process ends here

	var mu sync.Mutex // guards events
	events := json.NewEncoder(out)
	_, err = f.move(ctx, func(e event) {
		mu.Lock()
		defer mu.Unlock()
		if err := events.Encode(e); err != nil {
			os.Exit(exitOrphaned)
		}
	})
	return err
}
