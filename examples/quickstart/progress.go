package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/pipeline"
)

// A progress shows the events of one run: bars on a terminal, lines elsewhere.
type progress struct {
	bars  *mpb.Progress                     // nil for lines
	table map[redferry.Table]*tableProgress // filled by planned, and only read after it

	mu  sync.Mutex // guards out; never held while mpb is called, which calls back
	out io.Writer
}

// A tableProgress is how far one table is.
type tableProgress struct {
	state atomic.Pointer[string] // what the bar says of it
	bytes atomic.Int64           // in all of its files, -1 before the UNLOAD
	files atomic.Int64           // copied
	bar   *mpb.Bar               // counts bytes; nil for lines
}

func (t *tableProgress) say(state string) { t.state.Store(&state) }

func newProgress(out *os.File) *progress {
	p := &progress{out: out, table: make(map[redferry.Table]*tableProgress)}
	if term.IsTerminal(int(out.Fd())) {
		p.bars = mpb.New(mpb.WithOutput(out), mpb.WithWidth(40))
	}
	return p
}

// Wait draws what is left to draw.
func (p *progress) Wait() {
	if p.bars == nil {
		return
	}
	for _, t := range p.table {
		t.bar.Abort(false) // one that is complete stays so
	}
	p.bars.Wait()
}

// Show shows an event. It may be called from several goroutines at once.
func (p *progress) Show(e event) {
	if e.Kind == planned {
		p.planned(e)
		return
	}
	t := p.table[e.Table]
	if t == nil {
		return // an event of no table
	}
	switch e.Kind {
	case start:
		t.begin(e.Step)
	case unloaded:
		p.unloaded(t, e)
	case file:
		t.files.Add(1)
		if t.bar != nil {
			t.bar.IncrInt64(e.Bytes)
		}
	case done:
		p.done(t, e)
	}
}

func (p *progress) planned(e event) {
	for _, table := range e.Tables {
		t := new(tableProgress)
		t.say("")
		t.bytes.Store(-1)
		p.table[table] = t
		if p.bars != nil {
			t.bar = p.bars.AddBar(0, // its length is known after the UNLOAD
				mpb.PrependDecorators(decor.Name("  "+table.String()+" ", decor.WCSyncSpaceR), decor.Any(t.label, decor.WCSyncSpaceR)),
				mpb.AppendDecorators(decor.Any(t.amount)))
		}
	}
}

func (t *tableProgress) label(decor.Statistics) string { return *t.state.Load() }

func (t *tableProgress) amount(s decor.Statistics) string {
	switch total := t.bytes.Load(); {
	case total < 0:
		return ""
	case total == 0:
		return "no rows"
	default:
		return fmt.Sprintf("% .1f / % .1f", decor.SizeB1024(s.Current), decor.SizeB1024(total))
	}
}

// begin also fills the bar of a table whose files were all copied, by whichever
// run.
func (t *tableProgress) begin(step pipeline.Step) {
	t.say(string(step))
	if t.bar != nil && step == pipeline.Load {
		t.bar.SetCurrent(max(t.bytes.Load(), 0))
	}
}

func (p *progress) unloaded(t *tableProgress, e event) {
	t.bytes.Store(e.Bytes)
	if t.bar != nil {
		t.bar.SetTotal(e.Bytes, false)
		return
	}
	if *t.state.Load() != string(pipeline.Unload) {
		return // an earlier run did it
	}
	p.line(e.Table, pipeline.Unload, fmt.Sprintf("%d rows in %d files, %d bytes", e.Rows, e.Files, e.Bytes))
}

func (p *progress) done(t *tableProgress, e event) {
	switch {
	case e.Error != "":
		t.say("FAILED")
		p.line(e.Table, e.Step, "FAILED: "+e.Error)
	case e.Step == pipeline.Validate:
		t.say("validated")
		p.line(e.Table, e.Step, "done")
	case e.Step == pipeline.Transfer:
		p.line(e.Table, e.Step, fmt.Sprintf("%d files copied and proven", t.files.Load()))
	case e.Step == pipeline.Load: // by this run or by an earlier one: the ledger knows
		p.line(e.Table, e.Step, "its rows are in B")
	}
	if t.bar != nil && e.Step == pipeline.Validate && e.Error == "" {
		t.bar.SetTotal(-1, true) // complete at what it has
	}
}

// line prints a line where there are no bars.
func (p *progress) line(table redferry.Table, step pipeline.Step, text string) {
	if p.bars != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, "  %-45s %-9s %s\n", table, step, text)
}
