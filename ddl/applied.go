package ddl

import (
	"fmt"
	"time"

	"github.com/redferry/redferry"
)

// IfExists says what becomes of a table that is already there. Schemas that
// are already there are always kept.
type IfExists uint8

const (
	// Skip keeps what is there and reports how it differs. What it lacks, a
	// foreign key or a comment, is added, so that a second Apply finishes what
	// the first left undone.
	Skip IfExists = iota
	// Recreate drops tables of the plan that are there, with their rows, and
	// creates them anew. It drops nothing else: a view or a foreign key of a
	// table outside of the plan that depends on one makes the step fail.
	Recreate
	// Fail refuses to run if one of the tables is there.
	Fail
)

// String returns the policy in lower case.
func (p IfExists) String() string {
	switch p {
	case Skip:
		return "skip"
	case Recreate:
		return "recreate"
	case Fail:
		return "fail"
	}
	return fmt.Sprintf("IfExists(%d)", p)
}

// ApplyOptions are the settings of Apply.
type ApplyOptions struct {
	// IfExists says what becomes of tables that are already there; the default
	// is Skip.
	IfExists IfExists
	// Keep, if set, tells of tables of the target that are kept if they are there,
	// whatever IfExists says: those that an earlier Apply of the same move made
	// and that may have rows by now.
	Keep func(target redferry.Table) bool
	// Concurrency is how many statements run at a time; the default is 4. Two
	// statements never touch the same table at a time.
	Concurrency int
	// KeepGoing goes on after a failed step with all that does not need it. By
	// default no step is started after a failure; those that run are waited for.
	KeepGoing bool
	// Begin, if set, is called before the statement of a step is run, from the
	// goroutine that called Apply: a place to remember what is about to be made.
	// After an error the step fails and its statement is not run.
	Begin func(Step) error
	// Trace, if set, observes the steps.
	Trace *Trace
}

// A Trace observes the steps of Apply. Any function may be nil. They are called
// one at a time, from the goroutine that called Apply, and must not block.
type Trace struct {
	// Start is called before the statement of a step is run; a step that is
	// skipped has none.
	Start func(Step)
	// Done is called once for each step that came to an end, skipped ones
	// included.
	Done func(StepResult)
}

// Applied is what Apply did.
type Applied struct {
	// Steps has one result per step of the plan, in its order.
	Steps []StepResult `json:"steps"`
}

// An Outcome is what became of a step.
type Outcome string

// The outcomes of a step.
const (
	NotRun    Outcome = "not run" // something that it needs failed, or Apply ended before
	Created   Outcome = "created"
	Skipped   Outcome = "skipped" // it was there and was kept
	Recreated Outcome = "recreated"
	Failed    Outcome = "failed"
)

// A StepResult is what became of one step.
type StepResult struct {
	Step    Step    `json:"step"`
	Outcome Outcome `json:"outcome"`
	// Differences say how what was skipped differs from what was planned.
	Differences []Difference `json:"differences,omitempty"`
	// Dropped says that the table that was there is gone, whatever the outcome.
	Dropped bool          `json:"dropped,omitempty"`
	Elapsed time.Duration `json:"elapsed"`
	// Err is a [*StepError] if the step failed.
	Err error `json:"-"`
}

// Count returns how many steps had that outcome.
func (a *Applied) Count(o Outcome) int {
	n := 0
	for _, s := range a.Steps {
		if s.Outcome == o {
			n++
		}
	}
	return n
}
