package main

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/term"
)

// A progress counts what is known to be copied and what has been, and says so while
// it goes on: on a terminal in one line that is always up to date, elsewhere in a plain
// line now and then.
type progress struct {
	begin          time.Time
	objects, bytes atomic.Int64 // found to be copied
	ended          atomic.Int64 // objects
	sent, resumed  atomic.Int64 // bytes

	terminal bool
	shown    bool // the line of the terminal stands there; guarded by the report's lock
}

// How often progress is said.
const (
	onTerminal = 500 * time.Millisecond
	inPlain    = 5 * time.Second
)

// isTerminal reports whether out is one.
func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// line says how far it is. Of a long listing not all is found yet.
func (p *progress) line() string {
	now, total := p.sent.Load()+p.resumed.Load(), p.bytes.Load()
	seconds := time.Since(p.begin).Seconds()
	rate := float64(p.sent.Load()) / max(seconds, 1e-9)
	text := fmt.Sprintf("%d of %d objects found, %s of %s MiB, %s MiB/s", p.ended.Load(), p.objects.Load(), mebibytes(now), mebibytes(total), mebibytes(int64(rate)))
	if rest := total - now; rest > 0 && rate >= 1 {
		text += fmt.Sprintf(", %v left", time.Duration(float64(rest)/rate*float64(time.Second)).Round(time.Second))
	}
	return text
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f", float64(n)/(1<<20)) }

// show says progress until what it returns is called. It says nothing if there is
// nothing new.
func (r *report) show() (end func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	every := inPlain
	if r.progress.terminal {
		every = onTerminal
	}
	go func() {
		defer close(ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		last := ""
		for {
			select {
			case <-over:
				return
			case <-tick.C:
			}
			if line := r.progress.line(); line != last && r.progress.objects.Load() > 0 {
				last = line
				r.update(line)
			}
		}
	}()
	return func() { close(over); <-ended; r.clear() }
}

// update prints a line of progress.
func (r *report) update(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.progress.terminal {
		_, _ = fmt.Fprintf(r.out, "\r\x1b[K%s", line) // finish says it when out is broken
		r.progress.shown = true
		return
	}
	_, _ = fmt.Fprintln(r.out, line)
}

// clear takes the line of a terminal away.
func (r *report) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unshow()
}

// unshow is clear for who holds the lock.
func (r *report) unshow() {
	if r.progress.shown {
		_, _ = io.WriteString(r.out, "\r\x1b[K")
		r.progress.shown = false
	}
}
