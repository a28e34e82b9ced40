// Package ddltest checks implementations of [ddl.Cloner].
package ddltest

import (
	"context"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
)

// A Harness is a Cloner and the warehouses to try it on.
type Harness struct {
	Cloner ddl.Cloner
	// Source and Target are two databases, not one under two names. The logins
	// may create schemas. The suite uses the schemas ddltest, ddltest_more and
	// ddltest_copy, which must not exist, and drops them at the end.
	Source, Target exec.Executor
}

// TestCloner checks the contract of [ddl.Cloner]. It opens a Harness for each
// of its tests and closes nothing: open registers what has to be closed with
// t.Cleanup. All its statements are ones that Redshift takes, so it runs
// against real warehouses as well as against fakes.
func TestCloner(t *testing.T, open func(t *testing.T) Harness) {
	for _, tt := range []struct {
		name string
		run  func(*testing.T, *suite)
	}{
		{"EveryAttributeComesBack", everyAttribute},
		{"AutoStaysAuto", autoStaysAuto},
		{"ReferencedTablesComeFirst", referencedFirst},
		{"CyclesAndSelfReferences", cycles},
		{"NamesAreRewrittenEverywhere", rewritten},
		{"SkipTwice", skipTwice},
		{"SkipReportsDifferences", skipReports},
		{"Recreate", recreate},
		{"FailChangesNothing", failChangesNothing},
		{"WhatIsNoTableIsListed", listsViews},
		{"ASelectorThatMatchesNothing", matchesNothing},
		{"AReferenceThatLeadsOut", leadsOut},
		{"PlanIsPure", planIsPure},
		{"ContextEnds", contextEnds},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &suite{T: t, Harness: open(t)}
			t.Cleanup(s.drop)
			tt.run(t, s)
		})
	}
}

// The schemas of the suite.
const (
	schema = "ddltest"
	more   = "ddltest_more"
	other  = "ddltest_copy"
)

// A suite is one test with its harness.
type suite struct {
	*testing.T
	Harness
}

// drop removes the schemas. It runs after the test's own context has ended.
func (s *suite) drop() {
	for _, e := range []exec.Executor{s.Source, s.Target} {
		for _, name := range []string{schema, more, other} {
			sql := "DROP SCHEMA IF EXISTS " + name + " CASCADE"
			if _, err := e.Exec(context.WithoutCancel(s.Context()), exec.Statement{SQL: sql}); err != nil {
				s.Errorf("%s: %v", sql, err)
			}
		}
	}
}

// source runs statements on the source.
func (s *suite) source(statements ...string) {
	s.Helper()
	s.exec(s.Source, statements)
}

// target runs statements on the target.
func (s *suite) target(statements ...string) {
	s.Helper()
	s.exec(s.Target, statements)
}

func (s *suite) exec(e exec.Executor, statements []string) {
	s.Helper()
	for _, sql := range statements {
		if _, err := e.Exec(s.Context(), exec.Statement{SQL: sql}); err != nil {
			s.Fatalf("%s: %v", sql, err)
		}
	}
}

func (s *suite) inspect(e exec.Executor, schemas ...string) *ddl.Catalog {
	s.Helper()
	c, err := s.Cloner.Inspect(s.Context(), e, ddl.Selector{Schemas: schemas})
	if err != nil {
		s.Fatal(err)
	}
	return c
}

func (s *suite) plan(c *ddl.Catalog, opts *ddl.PlanOptions) *ddl.Plan {
	s.Helper()
	p, err := s.Cloner.Plan(c, opts)
	if err != nil {
		s.Fatal(err)
	}
	return p
}

func (s *suite) apply(p *ddl.Plan, opts *ddl.ApplyOptions) *ddl.Applied {
	s.Helper()
	a, err := s.Cloner.Apply(s.Context(), s.Target, p, opts)
	if err != nil {
		s.Fatal(err)
	}
	if len(a.Steps) != len(p.Steps) {
		s.Fatalf("%d results for %d steps", len(a.Steps), len(p.Steps))
	}
	return a
}

// wantAll checks that every step had that outcome.
func (s *suite) wantAll(a *ddl.Applied, want ddl.Outcome) {
	s.Helper()
	for _, r := range a.Steps {
		if r.Outcome != want {
			s.Errorf("%s: %s, want %s", r.Step.Name, r.Outcome, want)
		}
	}
}

func table(name string) redferry.Table { return redferry.Table{Schema: schema, Name: name} }
