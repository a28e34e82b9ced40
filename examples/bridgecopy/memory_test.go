//go:build linux

package main

import (
	"strings"
	"syscall"
	"testing"
)

// TestMemory copies 2 GiB in a process of its own, over HTTPS and with the
// default options, and reads what the kernel says it took at most.
func TestMemory(t *testing.T) {
	const limit = 100 << 20
	s := newEndless(2 << 30)
	url, ca := handle(t, s)
	c := child(t, "key", "secret", "-src", "s3://source/p/", "-dst", "s3://target/q/", "-src-endpoint", url, "-dst-endpoint", url, "-ca", ca, "-write-only", "-verify", "stored")
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "1 proven by the stored checksum") {
		t.Fatalf("%v\n%s", err, out)
	}
	if done := s.completed(); done != s.size {
		t.Errorf("the target has %d bytes, want %d", done, s.size)
	}
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		t.Fatalf("the kernel says %T", c.ProcessState.SysUsage())
	}
	peak := usage.Maxrss << 10
	t.Logf("%d MiB at most, %v of the processor\n%s", peak>>20, c.ProcessState.UserTime()+c.ProcessState.SystemTime(), out)
	if peak > limit {
		t.Errorf("the process took %d MiB, the limit is %d", peak>>20, limit>>20)
	}
}
