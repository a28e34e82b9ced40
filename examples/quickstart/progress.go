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
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/pipeline"
)

// A progress shows the steps of each table: bars on a terminal, lines elsewhere.
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

// Trace returns what the pipeline tells its progress to.
func (p *progress) Trace() *pipeline.Trace {
	return &pipeline.Trace{Planned: p.planned, Start: p.start, Done: p.done, Unloaded: p.unloaded, File: p.file}
}

func (p *progress) planned(plan *ddl.Plan) {
	p.mu.Lock()
	fmt.Fprintln(p.out, "\nPlan, in this order:")
	for i, step := range plan.Steps {
		fmt.Fprintf(p.out, "  %2d. %s\n", i+1, step.Name)
	}
	fmt.Fprintln(p.out, "\nMoving:")
	p.mu.Unlock()
	for _, m := range plan.Tables {
		t := new(tableProgress)
		t.say("")
		t.bytes.Store(-1)
		p.table[m.Source] = t
		if p.bars != nil {
			t.bar = p.bars.AddBar(0, // its length is known after the UNLOAD
				mpb.PrependDecorators(decor.Name(m.Source.String()+" ", decor.WCSyncSpaceR), decor.Any(t.label, decor.WCSyncSpaceR)),
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

func (p *progress) start(table redferry.Table, step pipeline.Step) { p.table[table].say(string(step)) }

func (p *progress) unloaded(table redferry.Table, m *redferry.Manifest) {
	t := p.table[table]
	t.bytes.Store(m.Size())
	if t.bar != nil {
		t.bar.SetTotal(m.Size(), false)
		return
	}
	p.line(table, pipeline.Unload, fmt.Sprintf("%d rows in %d files, %d bytes", m.Rows, len(m.Entries), m.Size()))
}

func (p *progress) file(table redferry.Table, _ bridge.Job, r *bridge.Result, err error) {
	t := p.table[table]
	if err != nil {
		return
	}
	t.files.Add(1)
	if t.bar != nil {
		t.bar.IncrInt64(r.Size)
	}
}

func (p *progress) done(table redferry.Table, step pipeline.Step, err error) {
	t := p.table[table]
	switch {
	case err != nil:
		t.say("FAILED")
		p.line(table, step, "FAILED: "+err.Error())
	case step == pipeline.Validate:
		t.say("validated")
		p.line(table, step, "done")
	case step == pipeline.Transfer:
		p.line(table, step, fmt.Sprintf("%d files copied and proven", t.files.Load()))
	case step != pipeline.Unload: // its line is that of unloaded
		p.line(table, step, "done")
	}
	if t.bar != nil && step == pipeline.Validate && err == nil {
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
