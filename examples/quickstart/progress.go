package main

import (
	"fmt"
	"io"
	"os"
	"sync"

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
	out  io.Writer
	bars *mpb.Progress // nil if out is no terminal

	mu    sync.Mutex // guards all below, and the order of lines
	table map[redferry.Table]*tableProgress
}

// A tableProgress is how far one table is.
type tableProgress struct {
	step  pipeline.Step
	files int
	bar   *mpb.Bar // counts bytes of files; nil before the UNLOAD
}

func newProgress(out *os.File) *progress {
	p := &progress{out: out, table: make(map[redferry.Table]*tableProgress)}
	if term.IsTerminal(int(out.Fd())) {
		p.bars = mpb.New(mpb.WithOutput(out), mpb.WithWidth(60))
	}
	return p
}

// Wait draws what is left to draw.
func (p *progress) Wait() {
	if p.bars != nil {
		p.bars.Wait()
	}
}

// Trace returns what the pipeline tells its progress to.
func (p *progress) Trace() *pipeline.Trace {
	return &pipeline.Trace{Planned: p.planned, Done: p.done, Unloaded: p.unloaded, File: p.file}
}

func (p *progress) planned(plan *ddl.Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.out, "\nPlan, in this order:")
	for i, step := range plan.Steps {
		fmt.Fprintf(p.out, "  %2d. %s\n", i+1, step.Name)
	}
	fmt.Fprintln(p.out, "\nMoving:")
	for _, t := range plan.Tables {
		p.table[t.Source] = new(tableProgress)
	}
}

func (p *progress) unloaded(table redferry.Table, m *redferry.Manifest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bars == nil {
		p.line(table, "unload", fmt.Sprintf("%d rows in %d files, %d bytes", m.Rows, len(m.Entries), m.Size()))
		return
	}
	t := p.table[table]
	t.bar = p.bars.AddBar(max(m.Size(), 1),
		mpb.PrependDecorators(decor.Name(table.String()+" ", decor.WCSyncSpaceR), decor.Any(func(decor.Statistics) string {
			p.mu.Lock()
			defer p.mu.Unlock()
			return string(t.step)
		}, decor.WCSyncSpaceR)),
		mpb.AppendDecorators(decor.CountersKibiByte("% .1f / % .1f")))
	if len(m.Entries) == 0 {
		t.bar.SetCurrent(1)
	}
}

func (p *progress) file(table redferry.Table, job bridge.Job, r *bridge.Result, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.table[table]
	t.files++
	if p.bars != nil && err == nil {
		t.bar.IncrInt64(r.Size)
	}
}

func (p *progress) done(table redferry.Table, step pipeline.Step, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.table[table]
	t.step = step
	if p.bars != nil {
		if t.bar != nil && err != nil {
			t.bar.Abort(false)
		}
		return
	}
	switch {
	case err != nil:
		p.line(table, step, "FAILED: "+err.Error())
	case step == pipeline.Transfer:
		p.line(table, step, fmt.Sprintf("%d files copied and proven", t.files))
	case step != pipeline.Unload: // its line is that of unloaded
		p.line(table, step, "done")
	}
}

func (p *progress) line(table redferry.Table, step pipeline.Step, text string) {
	fmt.Fprintf(p.out, "  %-45s %-9s %s\n", table, step, text)
}
