package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/ddl"
)

// Run moves everything it can: a table that fails does not stop the others. The
// Report is never nil. The error is nil only if every selected table has
// arrived and everything that was compared is equal; else it joins what stopped
// the move as a whole and one [*Error] per failed table.
//
// When Run returns, nothing of it is still running here. A statement whose
// outcome was lost may still run in a warehouse; the next Run with the same
// State waits for it and finds out.
func Run(ctx context.Context, config *Config) (*Report, error) {
	start := time.Now()
	report := &Report{Run: config.Run}
	if err := config.check(); err != nil {
		return report, err
	}
	m := &move{Config: config.withDefaults(), report: report}
	err := m.run(ctx)
	report.Elapsed = time.Since(start)
	return report, errors.Join(err, report.Err())
}

// A move is one Run under way.
type move struct {
	*Config
	report     *Report
	catalog    *ddl.Catalog
	records    map[redferry.Table]*Record // what earlier runs did, by source; then this one's own
	sourceRole creds.Role
	targetRole creds.Role
}

func (m *move) run(ctx context.Context) error {
	if err := m.findRoles(ctx); err != nil {
		return err
	}
	if err := m.plan(ctx); err != nil {
		return err
	}
	if err := copyload.CreateLedger(ctx, m.Target.DB, m.Ledger); err != nil {
		return fmt.Errorf("pipeline: target: %w", err)
	}
	if err := m.define(ctx); err != nil {
		return err
	}
	var g errgroup.Group // no shared context: a table that fails does not stop the others
	g.SetLimit(m.Concurrency)
	for i := range m.report.Tables {
		if m.report.Tables[i].Err != nil {
			continue
		}
		g.Go(func() error {
			m.moveTable(ctx, &m.report.Tables[i])
			return nil
		})
	}
	return g.Wait()
}

func (m *move) findRoles(ctx context.Context) (err error) {
	if m.sourceRole, err = m.Source.Role.Retrieve(ctx); err != nil {
		return fmt.Errorf("pipeline: role of the source: %w", err)
	}
	if m.targetRole, err = m.Target.Role.Retrieve(ctx); err != nil {
		return fmt.Errorf("pipeline: role of the target: %w", err)
	}
	return nil
}

// plan reads the source and fills the report with the tables of the plan.
func (m *move) plan(ctx context.Context) error {
	catalog, err := m.Cloner.Inspect(ctx, m.Source.DB, m.Tables)
	if err != nil {
		return fmt.Errorf("pipeline: source: %w", err)
	}
	if len(catalog.Tables) == 0 {
		return fmt.Errorf("pipeline: source: %w: the selector finds no table", ErrConfig)
	}
	plan, err := m.Cloner.Plan(catalog, m.Plan)
	if err != nil {
		return fmt.Errorf("pipeline: %w", err)
	}
	m.catalog, m.report.Plan = catalog, plan
	for _, t := range plan.Tables {
		m.report.Tables = append(m.report.Tables, TableReport{Source: t.Source, Target: t.Target.Name, Rows: -1, Loaded: -1})
	}
	m.Trace.planned(plan)
	return m.remembered(ctx)
}

// remembered reads what earlier runs did.
func (m *move) remembered(ctx context.Context) error {
	m.records = make(map[redferry.Table]*Record, len(m.report.Tables))
	for i := range m.report.Tables {
		t := &m.report.Tables[i]
		record, err := m.State.Read(ctx, m.Run, t.Source)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			record = &Record{Run: m.Run, Table: t.Source}
		case err != nil:
			return fmt.Errorf("pipeline: %w", err)
		}
		m.records[t.Source], t.Resumed = record, record.Step
	}
	return nil
}

// made reports whether an earlier run of this move made a table of the target,
// so that this one must not drop it.
func (m *move) made(target redferry.Table) bool {
	for _, t := range m.report.Tables {
		if t.Target == target {
			return m.records[t.Source].Step.Reached(Define)
		}
	}
	return false
}

// define applies the plan. What fails of it is put down to the tables it
// belongs to; an error that belongs to none ends the move.
func (m *move) define(ctx context.Context) error {
	for _, t := range m.report.Tables {
		m.Trace.start(t.Source, Define)
	}
	opts := ddl.ApplyOptions{}
	if m.Apply != nil {
		opts = *m.Apply
	}
	opts.KeepGoing = true
	keep := opts.Keep
	opts.Keep = func(target redferry.Table) bool { return m.made(target) || keep != nil && keep(target) }
	applied, err := m.Cloner.Apply(ctx, m.Target.DB, m.report.Plan, &opts)
	m.report.Applied = applied
	blamed := false
	for i := range m.report.Tables {
		t := &m.report.Tables[i]
		t.Err = m.defined(applied, t)
		blamed = blamed || t.Err != nil
	}
	switch {
	case ctx.Err() != nil:
		err = fmt.Errorf("pipeline: define at the target: %w", context.Cause(ctx))
	case err != nil && !blamed:
		err = fmt.Errorf("pipeline: define at the target: %w", err)
	default:
		err = nil
	}
	for i := range m.report.Tables {
		m.endDefine(ctx, &m.report.Tables[i], err)
	}
	return err
}

// endDefine remembers that a table is defined, before anything is loaded into it.
func (m *move) endDefine(ctx context.Context, t *TableReport, failed error) {
	record := m.records[t.Source]
	if t.Err == nil && failed == nil {
		if record.Step == "" {
			record.Step = Define
			if err := m.State.Write(ctx, record); err != nil {
				t.Err = &Error{Table: t.Source, Step: Define, Err: err}
			}
		}
		t.Step = Define
	}
	m.Trace.done(t.Source, Define, errors.Join(t.Err, failed))
}

// defined tells whether all that belongs to a table is there and, where it was
// there before, fits the source.
func (m *move) defined(applied *ddl.Applied, t *TableReport) error {
	var failed []error
	if applied == nil {
		return nil
	}
	for _, step := range applied.Steps {
		if step.Step.Source != t.Source && !schemaOf(step.Step, t.Target) {
			continue
		}
		switch {
		case step.Err != nil:
			failed = append(failed, step.Err)
		case step.Outcome == ddl.NotRun:
			failed = append(failed, fmt.Errorf("%s was not made, because something that it needs failed", step.Step.Name))
		}
	}
	failed = append(failed, m.misfits(applied, t)...)
	if len(failed) == 0 {
		return nil
	}
	return &Error{Table: t.Source, Step: Define, Side: "target", Err: errors.Join(failed...)}
}

func schemaOf(step ddl.Step, table redferry.Table) bool {
	return step.Kind == ddl.CreateSchema && step.Schema == table.Schema
}

// misfits are the differences of a table that was there before which keep the
// source's rows from fitting: columns that are missing or of another type.
// Others are in the report.
func (m *move) misfits(applied *ddl.Applied, t *TableReport) []error {
	var errs []error
	for _, step := range applied.Steps {
		if step.Step.Kind != ddl.CreateTable || step.Step.Source != t.Source || step.Outcome != ddl.Skipped {
			continue
		}
		for _, d := range step.Differences {
			if d.Breaks {
				errs = append(errs, fmt.Errorf("%s is there already, and %s: rename, recreate or alter it", t.Target, d))
			}
		}
	}
	return errs
}
