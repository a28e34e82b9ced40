package ddl

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
)

// An end is how a statement ended, as its goroutine tells it.
type end struct {
	step    int
	elapsed time.Duration
	err     error
	// present says that, after an error, the object was found to be there.
	present     bool
	differences []Difference
}

// run runs the steps that are not settled: each when all that it needs has
// ended well and no other statement touches the same table, the first in the
// plan's order first. It returns when every statement has ended.
func (a *application) run(ctx context.Context) {
	var statements sync.WaitGroup
	defer statements.Wait()
	ends := make(chan end, a.opts.Concurrency)
	busy := make(map[redferry.Table]bool)
	started := make([]bool, len(a.plan.Steps))
	for running := 0; ; {
		for running < a.opts.Concurrency && !a.stopped() && ctx.Err() == nil {
			i := a.next(started, busy)
			if i < 0 {
				break
			}
			started[i] = true
			if a.opts.Begin != nil {
				if err := a.opts.Begin(a.plan.Steps[i]); err != nil {
					a.fail(i, "begin", err)
					continue
				}
			}
			occupy(busy, a.plan.Steps[i], true)
			if a.opts.Trace.Start != nil {
				a.opts.Trace.Start(a.plan.Steps[i])
			}
			running++
			statements.Go(func() { ends <- a.runStep(ctx, i) })
		}
		if running == 0 {
			return
		}
		e := <-ends
		running--
		occupy(busy, a.plan.Steps[e.step], false)
		a.finish(e)
	}
}

// next returns the first step that may start, -1 if there is none.
func (a *application) next(started []bool, busy map[redferry.Table]bool) int {
	for a.ended < len(started) && (started[a.ended] || a.settled[a.ended]) {
		a.ended++
	}
	for i := a.ended; i < len(started); i++ {
		s := a.plan.Steps[i]
		if !started[i] && !a.settled[i] && a.ready(s) && !occupied(busy, s) {
			return i
		}
	}
	return -1
}

func (a *application) ready(s Step) bool {
	for _, n := range s.Needs {
		if o := a.result.Steps[n].Outcome; o == NotRun || o == Failed {
			return false
		}
	}
	return true
}

// touches returns the tables that a step locks: two foreign keys between the
// same two tables, added at the same time, could wait for each other.
func (s Step) touches() []redferry.Table {
	switch {
	case s.Kind == CreateSchema:
		return nil
	case s.ForeignKey != nil:
		return []redferry.Table{s.Target, s.ForeignKey.RefTable}
	default:
		return []redferry.Table{s.Target}
	}
}

func occupy(busy map[redferry.Table]bool, s Step, is bool) {
	for _, t := range s.touches() {
		busy[t] = is
	}
}

func occupied(busy map[redferry.Table]bool, s Step) bool {
	for _, t := range s.touches() {
		if busy[t] {
			return true
		}
	}
	return false
}

// runStep runs the statement of step i. It must not change a.
func (a *application) runStep(ctx context.Context, i int) end {
	s := a.plan.Steps[i]
	begin := time.Now()
	idempotent := s.Kind == CreateSchema || s.Kind == SetComment
	e := end{step: i, err: a.exec(ctx, s.SQL, s.Name, idempotent)}
	if e.err != nil && ctx.Err() == nil && (exec.OutcomeUnknown(e.err) || errors.Is(e.err, fs.ErrExist)) {
		e.present, e.differences = a.look(ctx, s)
	}
	e.elapsed = time.Since(begin)
	return e
}

// look reports whether the object of a step is there.
func (a *application) look(ctx context.Context, s Step) (done bool, differences []Difference) {
	found, err := a.lookFor(ctx, a.e, []redferry.Table{cmp.Or(s.Target, redferry.Table{Schema: s.Schema})})
	if err != nil {
		return false, nil
	}
	if s.Kind == CreateSchema {
		return found.schemas[s.Schema], nil
	}
	table, ok := found.tables[s.Target]
	if !ok {
		return false, nil
	}
	m, _ := a.plan.Mapping(s.Source)
	return present(s, table, m.Target)
}

// finish records the end of a statement. After an unknown outcome the step is
// done if the object is there as it should be. An object that somebody else
// made meanwhile is treated as one that was there before.
func (a *application) finish(e end) {
	r := &a.result.Steps[e.step]
	r.Elapsed = e.elapsed
	switch {
	case e.err == nil, exec.OutcomeUnknown(e.err) && e.present && len(e.differences) == 0:
		made := Created
		if r.Dropped {
			made = Recreated
		}
		a.settle(e.step, made, nil)
	case errors.Is(e.err, fs.ErrExist) && e.present && a.policy(r.Step.Target) == Skip:
		a.settle(e.step, Skipped, e.differences)
	default:
		a.fail(e.step, "create", e.err)
	}
}
