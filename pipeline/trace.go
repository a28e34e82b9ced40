package pipeline

import (
	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/ddl"
)

// A Trace observes a move. Any function may be nil. They may be called from
// several goroutines at once, each from the one that does the work, and must
// not block.
type Trace struct {
	// Planned is called once, before anything is created.
	Planned func(plan *ddl.Plan)
	// Start and Done enclose each step of a table. A step that an earlier run
	// finished is not started again and calls neither.
	Start func(table redferry.Table, step Step)
	Done  func(table redferry.Table, step Step, err error)
	// Unloaded is called when the files of a table are known, also when an
	// earlier run wrote them.
	Unloaded func(table redferry.Table, manifest *redferry.Manifest)
	// File is called for each file that was copied, or failed to be.
	File func(table redferry.Table, job bridge.Job, result *bridge.Result, err error)
}

func (t *Trace) planned(plan *ddl.Plan) {
	if t.Planned != nil {
		t.Planned(plan)
	}
}

func (t *Trace) start(table redferry.Table, step Step) {
	if t.Start != nil {
		t.Start(table, step)
	}
}

func (t *Trace) done(table redferry.Table, step Step, err error) {
	if t.Done != nil {
		t.Done(table, step, err)
	}
}

func (t *Trace) unloaded(table redferry.Table, manifest *redferry.Manifest) {
	if t.Unloaded != nil {
		t.Unloaded(table, manifest)
	}
}

func (t *Trace) file(table redferry.Table, job bridge.Job, result *bridge.Result, err error) {
	if t.File != nil {
		t.File(table, job, result, err)
	}
}
