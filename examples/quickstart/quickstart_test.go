//go:build cgo

package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// few flights have files of two parts.
var few = setup{mode: "direct", rows: 40_000}

// TestRun is the program, with its output in a file.
func TestRun(t *testing.T) {
	out := outFile(t)
	if err := run(t.Context(), few, out); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Killed half-way: process ",
		"2 of 4             1 of 2             0 of 40000", // flights, after the first run
		"sent again  rows in A  in B",
		"0           40000      40000",
		"Not done again: 4 CREATE TABLE, 4 UNLOAD, 1 COPY; 13 parts with ",
		"validated (loaded by an earlier run)",
		"auditor     read bucket B       refused: AccessDenied",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the output has no %q:\n%s", want, text)
		}
	}
}

func outFile(t *testing.T) *os.File {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	return out
}

// TestForgetful has the second run forget what the first remembered: the servers
// see what is repeated.
func TestForgetful(t *testing.T) {
	for _, tt := range []struct {
		forgets string // a directory
		says    []string
		quiet   []string
	}{
		{"tables", []string{"repeated UNLOAD"}, nil},
		{"uploads", []string{`part 1 of `, "was acknowledged, and sent again"}, []string{"repeated", "part 2 of"}},
	} {
		t.Run(tt.forgets, func(t *testing.T) {
			w, err := build(t.Context(), few)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := w.Close(); err != nil {
					t.Error(err)
				}
			}()
			before := w.evidence()
			if _, err := w.killHalfway(t.Context(), func(event) {}); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(filepath.Join(w.Dir, tt.forgets)); err != nil {
				t.Fatal(err)
			}
			half := w.evidence()
			report, moved := w.move(t.Context(), func(event) {})
			err = errors.Join(w.compareRuns(t.Context(), io.Discard, report, half.since(before), w.evidence().since(half)))
			if err == nil {
				t.Fatalf("nothing was found; the move ended with %v", moved)
			}
			for _, want := range tt.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no word of %q in: %v", want, err)
				}
			}
			for _, never := range tt.quiet {
				if strings.Contains(err.Error(), never) {
					t.Errorf("%q in: %v", never, err)
				}
			}
		})
	}
}

// TestNothingIsLeftRunning ends the program in its first run. Its standard error,
// which the first run has, too, ends when both have ended.
func TestNothingIsLeftRunning(t *testing.T) {
	for _, tt := range []struct {
		name   string
		signal os.Signal
		tidy   bool // it can tidy up
	}{
		{"interrupted", os.Interrupt, true},
		{"killed", os.Kill, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := program(t, mainVariable, "-exec", "direct", "-rows", "1000")
			stdout, err := c.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			stderr, err := c.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			until(t, stdout, "plan, in this order") // which the first run has made
			if err := c.Process.Signal(tt.signal); err != nil {
				t.Fatal(err)
			}
			said, err := io.ReadAll(stderr)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Wait(); err == nil {
				t.Errorf("it ended well; it says: %s", said)
			}
			temporary := strings.TrimPrefix(c.Env[1], "TMPDIR=")
			if left, err := filepath.Glob(filepath.Join(temporary, "redferry-quickstart-*")); err != nil || tt.tidy && len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}
