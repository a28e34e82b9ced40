package ddltest

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/ddl"
)

func skipTwice(t *testing.T, s *suite) {
	s.source(prescriptions()...)
	p := s.plan(s.inspect(s.Source, schema), nil)
	s.wantAll(s.apply(p, nil), ddl.Created)
	before := s.inspect(s.Target, schema)
	again := s.apply(p, nil)
	s.wantAll(again, ddl.Skipped)
	for _, r := range again.Steps {
		if len(r.Differences) > 0 {
			t.Errorf("%s differs from itself: %v", r.Step.Name, r.Differences)
		}
	}
	if diff := cmp.Diff(before, s.inspect(s.Target, schema)); diff != "" {
		t.Errorf("the second Apply changed the target (-before +after):\n%s", diff)
	}
}

func skipReports(t *testing.T, s *suite) {
	s.source(prescriptions()...)
	s.target(`CREATE SCHEMA ddltest`,
		`CREATE TABLE ddltest.dim_hospital ("id" bigint NOT NULL ENCODE az64, CONSTRAINT hospital_pkey PRIMARY KEY ("id")) DISTSTYLE EVEN`)
	before, _ := s.inspect(s.Target, schema).Table(table("dim_hospital"))
	a := s.apply(s.plan(s.inspect(s.Source, schema), nil), nil)
	var skipped ddl.StepResult
	for _, r := range a.Steps {
		if r.Step.Kind == ddl.CreateTable && r.Step.Target == table("dim_hospital") {
			skipped = r
		}
	}
	var what []string
	for _, d := range skipped.Differences {
		what = append(what, d.What)
	}
	if len(what) != 2 || skipped.Outcome != ddl.Skipped {
		t.Errorf("%s with differences in %q, want it skipped for its type and its distribution", skipped.Outcome, what)
	}
	after, _ := s.inspect(s.Target, schema).Table(table("dim_hospital"))
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("a skipped table was changed (-before +after):\n%s", diff)
	}
}

func recreate(t *testing.T, s *suite) {
	s.source(prescriptions()...)
	p := s.plan(s.inspect(s.Source, schema), nil)
	s.apply(p, nil)
	s.target(`INSERT INTO ddltest.dim_hospital VALUES (1)`, `ALTER TABLE ddltest.dim_doctor ADD COLUMN "extra" integer`,
		`CREATE TABLE ddltest.untouched ("a" integer)`)
	for _, r := range s.apply(p, &ddl.ApplyOptions{IfExists: ddl.Recreate}).Steps {
		if r.Step.Kind == ddl.CreateTable && (r.Outcome != ddl.Recreated || !r.Dropped) {
			t.Errorf("%s: %s, want it recreated", r.Step.Name, r.Outcome)
		}
	}
	got := s.inspect(s.Target, schema)
	if _, ok := got.Table(table("untouched")); !ok {
		t.Errorf("a table outside of the plan is gone")
	}
	got.Tables = slices.DeleteFunc(got.Tables, func(t ddl.Table) bool { return t.Name == table("untouched") })
	if diff := cmp.Diff(s.inspect(s.Source, schema), got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("catalog (-source +target):\n%s", diff)
	}
}

func failChangesNothing(t *testing.T, s *suite) {
	s.source(prescriptions()...)
	s.target(`CREATE SCHEMA ddltest`, `CREATE TABLE ddltest.fact_prescription ("id" integer)`)
	before := s.inspect(s.Target, schema)
	p := s.plan(s.inspect(s.Source, schema), nil)
	a, err := s.Cloner.Apply(t.Context(), s.Target, p, &ddl.ApplyOptions{IfExists: ddl.Fail})
	var step *ddl.StepError
	if !errors.Is(err, fs.ErrExist) || !errors.As(err, &step) || step.Step.Target != table("fact_prescription") {
		t.Errorf("error %v, want a StepError for fact_prescription that wraps fs.ErrExist", err)
	}
	if n := a.Count(ddl.Created); n > 0 {
		t.Errorf("%d steps were run", n)
	}
	if diff := cmp.Diff(before, s.inspect(s.Target, schema)); diff != "" {
		t.Errorf("the target was changed (-before +after):\n%s", diff)
	}
}

func matchesNothing(t *testing.T, s *suite) {
	s.source(`CREATE SCHEMA ddltest`, `CREATE TABLE ddltest.t ("a" integer)`)
	for _, sel := range []ddl.Selector{
		{Schemas: []string{schema, "ddltest_no_such"}},
		{Schemas: []string{schema}, Tables: []redferry.Table{table("no_such")}},
		{Schemas: []string{schema}, Exclude: []string{"ddltest.no_such_*"}},
	} {
		if c, err := s.Cloner.Inspect(t.Context(), s.Source, sel); c != nil || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%+v: %v, %v; want an error that wraps fs.ErrNotExist", sel, c, err)
		}
	}
}

func leadsOut(t *testing.T, s *suite) {
	s.source(prescriptions()...)
	c, err := s.Cloner.Inspect(t.Context(), s.Source, ddl.Selector{Tables: []redferry.Table{table("dim_doctor")}})
	if err != nil {
		t.Fatal(err)
	}
	var missing *ddl.MissingError
	if p, err := s.Cloner.Plan(c, nil); p != nil || !errors.As(err, &missing) || missing.Needs != table("dim_hospital") {
		t.Errorf("%v, %v; want a MissingError for dim_hospital", p, err)
	}
	p := s.plan(c, &ddl.PlanOptions{DropMissing: true})
	if len(p.Notes) == 0 {
		t.Errorf("no note about the foreign key that is left out")
	}
	s.wantAll(s.apply(p, nil), ddl.Created)
}

func planIsPure(t *testing.T, s *suite) {
	s.source(attributes()...)
	c, again := s.inspect(s.Source, schema), s.inspect(s.Source, schema)
	opts := &ddl.PlanOptions{Prefix: "p_", EncodeAuto: true}
	want := s.plan(c, opts)
	if diff := cmp.Diff(again, c); diff != "" {
		t.Errorf("Plan changed the catalog (-before +after):\n%s", diff)
	}
	slices.Reverse(again.Tables)
	if diff := cmp.Diff(want, s.plan(again, opts)); diff != "" {
		t.Errorf("an equal catalog gives another plan (-want +got):\n%s", diff)
	}
}

func contextEnds(t *testing.T, s *suite) {
	s.source(prescriptions()...)
	p := s.plan(s.inspect(s.Source, schema), nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Cloner.Inspect(ctx, s.Source, ddl.Selector{Schemas: []string{schema}}); !errors.Is(err, context.Canceled) {
		t.Errorf("Inspect: %v, want an error that wraps context.Canceled", err)
	}
	a, err := s.Cloner.Apply(ctx, s.Target, p, nil)
	if !errors.Is(err, context.Canceled) || a == nil || a.Count(ddl.NotRun) != len(p.Steps) {
		t.Errorf("Apply: %v, %v; want nothing run and an error that wraps context.Canceled", a, err)
	}
}
