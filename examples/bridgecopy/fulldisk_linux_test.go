package main

import (
	"strings"
	"testing"
)

// TestFullDisk: a report that cannot be written is a failure of the run.
func TestFullDisk(t *testing.T) {
	_, admin, run := ends(t, nil)
	putSource(t, admin, "p/k", 10)
	c := run("-report", "/dev/full")
	out, _ := c.CombinedOutput() // the exit code is looked at
	if code := c.ProcessState.ExitCode(); code != 1 || !strings.Contains(string(out), "no space left") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}
