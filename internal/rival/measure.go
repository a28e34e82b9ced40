package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"time"
)

// A cost is what one run of a program took.
type cost struct {
	wall, cpu time.Duration // cpu is that of user and system
	peak      int64         // bytes in memory at most; 0 if that cannot be told
}

// String implements [fmt.Stringer].
func (c cost) String() string {
	return fmt.Sprintf("%.2f s, %.2f s of CPU, %.0f MiB", c.wall.Seconds(), c.cpu.Seconds(), float64(c.peak)/(1<<20))
}

// measure runs a program to its end, which has to be a good one.
func measure(ctx context.Context, path string, arguments, environment []string) (cost, error) {
	var output tail
	c := exec.CommandContext(ctx, path, arguments...)
	c.Env, c.Stdout, c.Stderr = environment, &output, &output
	begin := time.Now()
	err := c.Run()
	wall := time.Since(begin)
	if err != nil {
		return cost{}, fmt.Errorf("%w\n%s", err, output.text)
	}
	return cost{wall, c.ProcessState.UserTime() + c.ProcessState.SystemTime(), peakOf(c.ProcessState)}, nil
}

// A tail is the end of what a program prints.
type tail struct{ text []byte }

const maxTail = 2 << 10

// Write implements [io.Writer].
func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if over := len(t.text) - maxTail; over > 0 {
		t.text = bytes.Clone(t.text[over:])
	}
	return len(p), nil
}
