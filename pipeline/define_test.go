package pipeline_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/pipeline"
)

var errBroken = errors.New("broken")

// change returns an Apply that makes all of a plan but what change spoils.
func change(spoil func(*ddl.StepResult), err error) func(context.Context, *ddl.Plan, *ddl.ApplyOptions) (*ddl.Applied, error) {
	return func(_ context.Context, p *ddl.Plan, _ *ddl.ApplyOptions) (*ddl.Applied, error) {
		applied := created(p)
		for i := range applied.Steps {
			spoil(&applied.Steps[i])
		}
		return applied, err
	}
}

// TestDefineBlames: what fails of a plan is put down to the tables that it
// belongs to, and those alone.
func TestDefineBlames(t *testing.T) {
	outcome := func(kind ddl.Kind, table string, outcome ddl.Outcome, err error) func(*ddl.StepResult) {
		return func(r *ddl.StepResult) {
			if r.Step.Kind == kind && r.Step.Source.Name == table {
				r.Outcome, r.Err = outcome, err
			}
		}
	}
	differs := func(breaks bool, kind ddl.Kind, outcome ddl.Outcome) func(*ddl.StepResult) {
		return func(r *ddl.StepResult) {
			if r.Step.Kind == kind && r.Step.Source.Name == "x" {
				r.Outcome, r.Differences = outcome, []ddl.Difference{{What: "the type of column \"id\"", Have: "integer", Want: "bigint", Breaks: breaks}}
			}
		}
	}
	for _, tt := range []struct {
		name   string
		spoil  func(*ddl.StepResult)
		err    error
		blamed []string
		says   string
	}{
		{"nothing", func(*ddl.StepResult) {}, nil, nil, ""},
		{"a table that fails", outcome(ddl.CreateTable, "x", ddl.Failed, errBroken), errBroken, []string{"r.x"}, "broken"},
		{"a table that was not made", outcome(ddl.CreateTable, "x", ddl.NotRun, nil), errBroken, []string{"r.x"}, `table "r"."x" was not made`},
		{"a comment", outcome(ddl.SetComment, "x", ddl.Failed, errBroken), errBroken, []string{"r.x"}, "broken"},
		{"a schema", func(r *ddl.StepResult) {
			if r.Step.Schema == "r" {
				r.Outcome, r.Err = ddl.Failed, errBroken
			}
		}, errBroken, []string{"r.x", "r.y"}, "broken"},
		{"a table that is there and does not fit", differs(true, ddl.CreateTable, ddl.Skipped), nil, []string{"r.x"}, "is there already"},
		{"a table that is there and fits", differs(false, ddl.CreateTable, ddl.Skipped), nil, nil, ""},
		{"a table that was made anew", differs(true, ddl.CreateTable, ddl.Recreated), nil, nil, ""},
		{"a comment that is there", differs(true, ddl.SetComment, ddl.Skipped), nil, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := clones("r.x", "r.y", "s.z")
			c.catalog.Tables[0].Comment = "x"
			c.apply = change(tt.spoil, tt.err)
			report, _ := pipeline.Run(t.Context(), offline(c))
			for _, name := range []string{"r.x", "r.y", "s.z"} {
				got := tableReport(report, name)
				failed, ok := errors.AsType[*pipeline.Error](got.Err)
				if blamed := slices.Contains(tt.blamed, name); blamed != (ok && failed.Step == pipeline.Define) || blamed == (got.Step == pipeline.Transfer) {
					t.Errorf("%s: %q, %v; to be blamed: %t", name, got.Step, got.Err, blamed)
				} else if blamed && (failed.Side != "target" || !strings.Contains(failed.Error(), tt.says) || failed.Table != got.Source) {
					t.Errorf("%s: %#v, want it to say %q", name, failed, tt.says)
				}
			}
		})
	}
}

// TestDefineFails: an error that belongs to no table ends the move before
// anything is unloaded.
func TestDefineFails(t *testing.T) {
	for name, apply := range map[string]func(context.Context, *ddl.Plan, *ddl.ApplyOptions) (*ddl.Applied, error){
		"with all made": change(func(*ddl.StepResult) {}, errBroken),
		"with no result": func(context.Context, *ddl.Plan, *ddl.ApplyOptions) (*ddl.Applied, error) {
			return nil, errBroken
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := clones("r.x")
			c.apply = apply
			config := offline(c)
			var done []error
			config.Trace = &pipeline.Trace{Done: func(_ redferry.Table, _ pipeline.Step, err error) { done = append(done, err) }}
			report, err := pipeline.Run(t.Context(), config)
			if !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "define at the target") || report.Tables[0].Step != "" {
				t.Errorf("got %v, and the table is %q", err, report.Tables[0].Step)
			}
			if report.Tables[0].Rows != -1 || report.Tables[0].Loaded != -1 {
				t.Errorf("a table that was not moved has %d rows, and %d loaded", report.Tables[0].Rows, report.Tables[0].Loaded)
			}
			if len(done) != 1 || !errors.Is(done[0], errBroken) {
				t.Errorf("the trace was told %v", done)
			}
		})
	}
}

// TestDefineIsStopped: a context that ends during Apply ends the move with its
// cause, whatever Apply made.
func TestDefineIsStopped(t *testing.T) {
	stop := errors.New("stop")
	c := clones("r.x")
	ctx, cancel := context.WithCancelCause(t.Context())
	c.apply = func(_ context.Context, p *ddl.Plan, _ *ddl.ApplyOptions) (*ddl.Applied, error) {
		cancel(stop)
		return created(p), nil
	}
	report, err := pipeline.Run(ctx, offline(c))
	if !errors.Is(err, stop) || report.Tables[0].Step != "" {
		t.Errorf("got %v, and the table is %q", err, report.Tables[0].Step)
	}
}

// TestApplyOptions: the caller's settings are kept, and a move adds to them: no
// failure stops the others, and a table is remembered before it is made.
func TestApplyOptions(t *testing.T) {
	c := clones("r.x", "r.y")
	config := offline(c)
	var begun []ddl.Kind
	config.Apply = &ddl.ApplyOptions{
		IfExists: ddl.Recreate,
		Keep:     func(target redferry.Table) bool { return target.Name == "y" },
		Begin: func(step ddl.Step) error {
			begun = append(begun, step.Kind)
			if step.Source.Name == "y" {
				return errBroken
			}
			return nil
		},
	}
	of := func(name string) redferry.Table { return redferry.Table{Schema: "r", Name: name} }
	c.apply = func(ctx context.Context, p *ddl.Plan, opts *ddl.ApplyOptions) (*ddl.Applied, error) {
		if !opts.KeepGoing || opts.IfExists != ddl.Recreate {
			t.Errorf("got %+v", opts)
		}
		if opts.Keep(of("x")) || !opts.Keep(of("y")) || opts.Keep(of("z")) {
			t.Error("before anything is made, the caller's Keep does not decide")
		}
		for _, step := range p.Steps {
			before, _ := config.State.Read(ctx, "run-1", of("x"))
			err := opts.Begin(step)
			if step.Source == of("y") != errors.Is(err, errBroken) {
				t.Errorf("%s: got %v", step.Name, err)
			}
			after, _ := config.State.Read(ctx, "run-1", of("x"))
			if remembered := before == nil && after != nil && after.Begun; remembered != (step.Source == of("x")) {
				t.Errorf("%s: the table was remembered: %t", step.Name, remembered)
			}
		}
		if !opts.Keep(of("x")) {
			t.Error("a table that the move has begun to make is not kept")
		}
		if _, err := config.State.Read(ctx, "run-1", of("y")); err == nil {
			t.Error("a table is remembered that the caller did not let be made")
		}
		return created(p), nil
	}
	_, _ = pipeline.Run(t.Context(), config)
	if want := []ddl.Kind{ddl.CreateSchema, ddl.CreateTable, ddl.CreateTable}; !slices.Equal(begun, want) || config.Apply.KeepGoing {
		t.Errorf("the caller's Begin was asked about %v, and its options have %+v", begun, config.Apply)
	}
}

// TestApplyDefaults: without settings of the caller's, too.
func TestApplyDefaults(t *testing.T) {
	c := clones("r.x")
	c.apply = func(_ context.Context, p *ddl.Plan, opts *ddl.ApplyOptions) (*ddl.Applied, error) {
		for _, step := range p.Steps {
			if err := opts.Begin(step); err != nil {
				t.Error(err)
			}
		}
		if opts.Keep(redferry.Table{Schema: "other", Name: "x"}) {
			t.Error("another's table is kept")
		}
		return created(p), nil
	}
	if report, _ := pipeline.Run(t.Context(), offline(c)); !report.Tables[0].Step.Reached(pipeline.Define) {
		t.Errorf("got %v", report.Tables[0].Err)
	}
}

// A failing State fails at one of its methods.
type failing struct {
	pipeline.State
	read, write bool
}

func (f failing) Read(ctx context.Context, run string, table redferry.Table) (*pipeline.Record, error) {
	if f.read {
		return nil, errBroken
	}
	return f.State.Read(ctx, run, table)
}

func (f failing) Write(ctx context.Context, record *pipeline.Record) error {
	if f.write {
		return errBroken
	}
	return f.State.Write(ctx, record)
}

// TestStateFails: a move that cannot know what was done does nothing, and a
// table that cannot be remembered is not moved.
func TestStateFails(t *testing.T) {
	for name, tt := range map[string]struct {
		state   failing
		defined bool // it came to that
	}{
		"read":  {failing{pipeline.NewMemState(), true, false}, false},
		"write": {failing{pipeline.NewMemState(), false, true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			c, defined := clones("r.x"), false
			c.apply = func(_ context.Context, p *ddl.Plan, _ *ddl.ApplyOptions) (*ddl.Applied, error) {
				defined = true
				return created(p), nil
			}
			config := offline(c)
			config.State = tt.state
			report, err := pipeline.Run(t.Context(), config)
			if !errors.Is(err, errBroken) || defined != tt.defined {
				t.Errorf("got %v; tables were made: %t", err, defined)
			}
			if failed, ok := errors.AsType[*pipeline.Error](report.Tables[0].Err); ok != tt.state.write || ok && failed.Step != pipeline.Define {
				t.Errorf("the table has %v", report.Tables[0].Err)
			}
		})
	}
}

// TestSecondDefine: a table that is defined is not written into the State again,
// and what the move began to make belongs to it.
func TestSecondDefine(t *testing.T) {
	config := offline(clones("r.x"))
	_, _ = pipeline.Run(t.Context(), config)
	c := clones("r.x")
	c.apply = func(_ context.Context, p *ddl.Plan, opts *ddl.ApplyOptions) (*ddl.Applied, error) {
		if !opts.Keep(p.Tables[0].Target.Name) {
			t.Error("the table of an earlier run is not kept")
		}
		return created(p), nil
	}
	config.Cloner, config.State = c, failing{config.State, false, true}
	report, _ := pipeline.Run(t.Context(), config)
	if got := report.Tables[0]; !got.Resumed.Reached(pipeline.Define) || !got.Step.Reached(pipeline.Define) {
		t.Errorf("resumed from %q to %q: %v", got.Resumed, got.Step, got.Err)
	}
}
