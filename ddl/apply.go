package ddl

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
)

// Apply implements [Cloner]. It looks at what is there first, so that nothing
// runs if the plan cannot be applied, and so that it is safe to apply a plan
// twice. The error joins one [*StepError] per failed step; a step that was not
// run because of another has none. The result is never nil.
//
// Each step is a transaction of its own. When the outcome of one is unknown,
// Apply looks again instead of guessing. If ctx ends, no further step starts
// and those that run are cancelled; they are reported as failed.
func (r *Redshift) Apply(ctx context.Context, e exec.Executor, p *Plan, opts *ApplyOptions) (*Applied, error) {
	a := newApplication(r, e, p, opts)
	if err := p.check(); err != nil {
		return a.result, err
	}
	there, err := r.lookFor(ctx, e, p.targets())
	if err != nil {
		return a.result, fmt.Errorf("ddl: apply: looking at what is there: %w", err)
	}
	a.there = there
	a.decide()
	if !a.stopped() {
		a.drop(ctx)
	}
	a.run(ctx)
	return a.result, a.err(ctx)
}

// check refuses a plan whose steps need what comes later.
func (p *Plan) check() error {
	for i, s := range p.Steps {
		for _, n := range s.Needs {
			if n < 0 || n >= i {
				return fmt.Errorf("ddl: apply: step %d (%s) needs step %d, which does not come before it", i, s.Name, n)
			}
		}
		if _, ok := p.Mapping(s.Source); !ok && s.Kind != CreateSchema {
			return fmt.Errorf("ddl: apply: step %d (%s) belongs to table %s, which the plan does not have", i, s.Name, s.Source)
		}
	}
	return nil
}

func (p *Plan) targets() []redferry.Table {
	targets := make([]redferry.Table, len(p.Tables))
	for i, m := range p.Tables {
		targets[i] = m.Target.Name
	}
	return targets
}

// What is there in the target of the objects of a plan.
type there struct {
	schemas map[string]bool
	tables  map[redferry.Table]Table
	others  map[redferry.Table]string // the kind of what has a name that a table of the plan wants
}

// lookFor reads what is there under the names of tables.
func (r *Redshift) lookFor(ctx context.Context, e exec.Executor, tables []redferry.Table) (*there, error) {
	found := &there{
		schemas: make(map[string]bool),
		tables:  make(map[redferry.Table]Table),
		others:  make(map[redferry.Table]string),
	}
	if len(tables) == 0 {
		return found, nil
	}
	wanted := make(map[redferry.Table]bool, len(tables))
	s := scope{
		schema: func(name string) { found.schemas[name] = true },
		table:  func(t redferry.Table) bool { return wanted[t] },
	}
	for _, t := range tables {
		wanted[t] = true
		s.schemas = append(s.schemas, t.Schema)
	}
	c, err := r.read(ctx, e, s)
	if err != nil {
		return nil, err
	}
	for _, t := range c.Tables {
		found.tables[t.Name] = t
	}
	for _, o := range c.Ignored {
		found.others[o.Name] = o.Kind
	}
	return found, nil
}

// An application is one run of Apply. All its fields belong to the goroutine
// that called Apply.
type application struct {
	*Redshift
	e       exec.Executor
	plan    *Plan
	opts    ApplyOptions
	there   *there
	result  *Applied
	settled []bool // by step: it needs no statement any more
	ended   int    // all steps before this one were started or settled
	failed  bool
}

func newApplication(r *Redshift, e exec.Executor, p *Plan, opts *ApplyOptions) *application {
	a := &application{Redshift: r, e: e, plan: p, result: new(Applied), settled: make([]bool, len(p.Steps))}
	if opts != nil {
		a.opts = *opts
	}
	if a.opts.Concurrency <= 0 {
		a.opts.Concurrency = 4
	}
	if a.opts.Trace == nil {
		a.opts.Trace = new(Trace)
	}
	for _, s := range p.Steps {
		a.result.Steps = append(a.result.Steps, StepResult{Step: s, Outcome: NotRun})
	}
	return a
}

// policy is what becomes of a table of the target that is there.
func (a *application) policy(target redferry.Table) IfExists {
	if a.opts.Keep != nil && a.opts.Keep(target) {
		return Skip
	}
	return a.opts.IfExists
}

// recreated reports whether a table of the target is there and is to be made anew.
func (a *application) recreated(target redferry.Table) bool {
	_, exists := a.there.tables[target]
	return exists && a.policy(target) == Recreate
}

// stopped reports whether a failure has ended the run.
func (a *application) stopped() bool { return a.failed && !a.opts.KeepGoing }

// settle records what became of step i.
func (a *application) settle(i int, o Outcome, differences []Difference) {
	r := &a.result.Steps[i]
	r.Outcome, r.Differences = o, differences
	a.settled[i] = true
	if a.opts.Trace.Done != nil {
		a.opts.Trace.Done(*r)
	}
}

func (a *application) fail(i int, doing string, err error) {
	a.failed = true
	r := &a.result.Steps[i]
	r.Err = &StepError{Step: r.Step, Doing: doing, Err: err}
	a.settle(i, Failed, nil)
}

// decide settles what can be settled by looking at what is there.
func (a *application) decide() {
	for i, s := range a.plan.Steps {
		m, _ := a.plan.Mapping(s.Source)
		table, exists := a.there.tables[s.Target]
		switch {
		case s.Kind == CreateSchema:
			if a.there.schemas[s.Schema] {
				a.settle(i, Skipped, nil)
			}
		case s.Kind == CreateTable && a.there.others[s.Target] != "":
			a.fail(i, "create", fmt.Errorf("a %s has that name: %w", a.there.others[s.Target], fs.ErrExist))
		case !exists:
		case s.Kind == CreateTable && a.policy(s.Target) == Fail:
			a.fail(i, "create", fmt.Errorf("it is there: %w: drop it, or choose to skip or to recreate", fs.ErrExist))
		case a.policy(s.Target) == Recreate:
		case s.Kind == AddForeignKey && a.has(s) && a.recreated(s.ForeignKey.RefTable): // it goes with that table
		default:
			if done, differences := present(s, table, m.Target); done {
				a.settle(i, Skipped, differences)
			}
		}
	}
}

// present reports whether a table has already what step s makes, and how what
// it has differs from it. What cannot be made, for want of a column, counts as
// a difference, too.
func present(s Step, have, want Table) (done bool, differences []Difference) {
	switch s.Kind {
	case CreateTable:
		return true, Diff(have, want)
	case AddForeignKey:
		return presentForeignKey(have, *s.ForeignKey)
	case SetComment:
		return presentComment(have, *s.Comment)
	}
	return false, nil
}

func presentForeignKey(have Table, want ForeignKey) (done bool, differences []Difference) {
	what := "foreign key " + redferry.Quote(want.Name)
	for _, f := range have.Foreign {
		if f.String() == want.String() {
			return true, nil
		}
		if f.Name == want.Name {
			return true, []Difference{{What: what, Have: f.String(), Want: want.String()}}
		}
	}
	for _, name := range want.Columns {
		if _, _, ok := columnOf(have, name); !ok {
			return true, []Difference{{What: what, Want: want.String()}}
		}
	}
	return false, nil
}

func presentComment(have Table, want Comment) (done bool, differences []Difference) {
	what, text := "the comment on the table", have.Comment
	if want.Column != "" {
		c, _, ok := columnOf(have, want.Column)
		what, text = "the comment on column "+redferry.Quote(want.Column), c.Comment
		if !ok {
			return true, []Difference{{What: what, Want: want.Text}}
		}
	}
	switch text {
	case want.Text:
		return true, nil
	case "":
		return false, nil
	}
	return true, []Difference{{What: what, Have: text, Want: want.Text}}
}

// err joins the errors of all steps, and ctx's own if it ended before all were run.
func (a *application) err(ctx context.Context) error {
	var errs []error
	for _, r := range a.result.Steps {
		errs = append(errs, r.Err)
	}
	if ctx.Err() != nil && slices.Contains(a.settled, false) {
		errs = append(errs, fmt.Errorf("ddl: apply: %d of %d steps were not run: %w", a.result.Count(NotRun), len(a.plan.Steps), context.Cause(ctx)))
	}
	return errors.Join(errs...)
}
