package main

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"github.com/redferry/redferry/bridge"
)

// A progress counts what is known to be copied and what has been, and says so while
// it goes on: on a terminal in one line that is always up to date, elsewhere in a plain
// line now and then.
type progress struct {
	begin          time.Time
	objects, bytes atomic.Int64 // found to be copied
	listed         atomic.Bool  // that is all
	ended          atomic.Int64 // objects
	resumed        atomic.Int64 // bytes that an earlier run has sent
	sent           atomic.Int64 // bytes
	lost           atomic.Int64 // of both, what turned out to be of no use
	window         window       // for who says the progress alone

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

// moved counts bytes as they pass, or as they are lost.
func (p *progress) moved(n int64) {
	if n < 0 {
		p.lost.Add(-n)
		return
	}
	p.sent.Add(n)
}

// end counts an object that was to be copied. What it turned out to have is what was to be
// moved: nothing of it if it failed.
func (p *progress) end(e *bridge.Event) {
	p.ended.Add(1)
	var size int64
	if e.Result != nil {
		size = e.Result.Size
	}
	p.bytes.Add(size - e.Job.Src.Size)
}

// width is how many characters a line of a terminal has; 0 if nobody knows.
func width(out io.Writer) int {
	if f, ok := out.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil {
			return columns
		}
	}
	return 0
}

// cut is as much of a line as there is room for; all of it if that is not known. What is
// ASCII may be cut anywhere.
func cut(line string, columns int) string {
	if columns > 0 && len(line) >= columns {
		return line[:columns-1]
	}
	return line
}

// line says how far it is. As long as not all is found, nobody knows how much is left.
func (p *progress) line() string {
	now, total := p.sent.Load()+p.resumed.Load()-p.lost.Load(), p.bytes.Load()
	rate := p.window.rate(time.Now(), p.sent.Load())
	of := "of"
	if !p.listed.Load() {
		of = "of at least"
	}
	text := fmt.Sprintf("%d %s %d objects, %s %s %s MiB, %s MiB/s", p.ended.Load(), of, p.objects.Load(), mebibytes(now), of, mebibytes(total), mebibytes(int64(rate)))
	if rest := total - now; rest > 0 && rate >= 1 && p.listed.Load() {
		text += fmt.Sprintf(", %v left", time.Duration(float64(rest)/rate*float64(time.Second)).Round(time.Second))
	}
	return text
}

// A window is what had been sent at some moments of late: what went on before says little
// of how long the rest will take.
type window []sample

type sample struct {
	at   time.Time
	sent int64
}

const windowLength = 20 * time.Second

// rate is how many bytes were sent per second of late. The first call begins the window.
func (w *window) rate(now time.Time, sent int64) float64 {
	*w = append(*w, sample{now, sent})
	for len(*w) > 2 && now.Sub((*w)[1].at) >= windowLength {
		*w = (*w)[1:]
	}
	first := (*w)[0]
	return float64(sent-first.sent) / max(now.Sub(first.at).Seconds(), 1e-9)
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
		_ = r.progress.line() // begins the window
		for {
			select {
			case <-over:
				return
			case <-r.ctx.Done():
				_ = r.printf("interrupted: what is under way is ended; a second interrupt stops at once\n")
				<-over
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
		_, _ = fmt.Fprintf(r.out, "\r\x1b[K%s", cut(line, width(r.out))) // finish says it when out is broken
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
