package conform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/redferry/redferry/docs/models"
)

// batch is how many traces one run of the verifier searches: it keeps the states
// of all of them in memory.
const batch = 200

// A shape is what the model is compiled for: the largest of all traces.
type shape struct {
	runners, tries, loads int
}

// maxSessions leaves room below spin's 255 processes for the runners.
const maxSessions = 200

func shapeOf(traces []Trace) (shape, error) {
	s := shape{runners: 1, tries: 1, loads: 1}
	for _, t := range traces {
		s.runners = max(s.runners, len(t.Loads))
		for _, load := range t.Loads {
			s.loads = max(s.loads, load+1)
		}
		for _, e := range t.Events {
			s.runners, s.tries = max(s.runners, e.Runner+1), max(s.tries, e.Try)
		}
	}
	if s.runners*s.tries > maxSessions {
		return s, fmt.Errorf("%w: %d runners with %d tries: the model takes %d sessions", ErrTrace, s.runners, s.tries, maxSessions)
	}
	return s, nil
}

// search returns how many events of each trace the model can follow.
func search(ctx context.Context, options []string, traces []Trace) ([]int, error) {
	s, err := shapeOf(traces)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "conform")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := s.compile(ctx, dir, options, traces); err != nil {
		return nil, err
	}
	reached := make([]int, len(traces))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for first := 0; first < len(traces); first += batch {
		last := min(first+batch, len(traces)) - 1
		group.Go(func() error { return verify(ctx, dir, first, last, reached) })
	}
	return reached, group.Wait()
}

// compile writes the models and the traces into dir and makes the verifier of
// them there.
func (s shape) compile(ctx context.Context, dir string, options []string, traces []Trace) error {
	if err := os.CopyFS(dir, models.Files); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "traces.h"), s.header(traces), 0o600); err != nil {
		return err
	}
	args := append([]string{"-a", "-DTRACED=1"}, options...)
	args = append(args, fmt.Sprintf("-DN=%d", s.runners), fmt.Sprintf("-DT=%d", s.tries), fmt.Sprintf("-DIDS=%d", s.loads), "load.pml")
	if _, err := run(ctx, dir, nil, "spin", args...); err != nil {
		return err
	}
	// Spin's partial order reduction cannot see what C code does; the search follows
	// the trace and is small without it.
	_, err := run(ctx, dir, nil, "gcc", "-w", "-DSAFETY", "-DNOREDUCE", "-DVECTORSZ=16384", "-DMEMLIM=4000", "-o", "pan", "pan.c")
	return err
}

// verify searches the traces from first to last, and notes in reached how far the
// model can follow each.
func verify(ctx context.Context, dir string, first, last int, reached []int) error {
	// -E: that the model stands still where a trace ends is no error.
	env := append(os.Environ(), fmt.Sprintf("FIRST_TRACE=%d", first), fmt.Sprintf("LAST_TRACE=%d", last))
	out, err := run(ctx, dir, env, filepath.Join(dir, "pan"), "-E", "-m1000000", "-w20")
	if err != nil {
		return err
	}
	if strings.Contains(out, "Search not completed") || strings.Contains(out, "search depth too small") {
		return fmt.Errorf("the verifier did not search everything: %s", out)
	}
	if !strings.Contains(out, "errors: 0") {
		return fmt.Errorf("the model itself has an error: %s", out)
	}
	found := 0
	for line := range strings.Lines(out) {
		var trace, events int
		if _, err := fmt.Sscanf(line, "trace %d reached %d", &trace, &events); err == nil && trace >= first && trace <= last {
			reached[trace] = events
			found++
		}
	}
	if found != last-first+1 {
		return fmt.Errorf("the verifier spoke of %d traces, not of %d: %s", found, last-first+1, out)
	}
	return nil
}

// run runs a program in dir and returns what it said.
func run(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%w; install Debian's packages spin, gcc and libc6-dev", err)
	case err != nil:
		return "", fmt.Errorf("%s: %w: %s", filepath.Base(name), err, bytes.TrimSpace(out.Bytes()))
	}
	return out.String(), nil
}
