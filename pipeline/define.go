package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/ddl"
)

// remembered reads what earlier runs did.
func (m *move) remembered(ctx context.Context) error {
	m.records = make(map[redferry.Table]*Record, len(m.report.Tables))
	for i := range m.report.Tables {
		t := &m.report.Tables[i]
		record, err := m.State.Read(ctx, m.Run, t.Source)
		if errors.Is(err, fs.ErrNotExist) {
			record, err = &Record{Run: m.Run, Table: t.Source, Target: t.Target}, nil
		}
		if err == nil {
			err = record.check(m.Run, t.Source)
		}
		if err == nil && record.Target != t.Target {
			err = fmt.Errorf("pipeline: state: run %s moves %s to %s; a move to %s needs a new Run", m.Run, t.Source, record.Target, t.Target)
		}
		if err != nil {
			return err
		}
		m.records[t.Source], t.Resumed = record, record.Step
	}
	return nil
}

// made reports whether an earlier run of this move made a table of the target,
// or began to, so that this one must not drop or refuse it.
func (m *move) made(target redferry.Table) bool {
	for _, t := range m.report.Tables {
		if t.Target == target {
			return m.records[t.Source].Begun
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
	applied, err := m.Cloner.Apply(ctx, m.Target.DB, m.report.Plan, m.applyOptions(ctx))
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

// applyOptions are the caller's, with what a move adds: a table that fails does
// not stop the others, and a table that is about to be made is remembered, so
// that the next run knows it for its own.
func (m *move) applyOptions(ctx context.Context) *ddl.ApplyOptions {
	opts := ddl.ApplyOptions{}
	if m.Apply != nil {
		opts = *m.Apply
	}
	opts.KeepGoing = true
	keep, begin := opts.Keep, opts.Begin
	opts.Keep = func(target redferry.Table) bool { return m.made(target) || keep != nil && keep(target) }
	opts.Begin = func(step ddl.Step) error {
		if begin != nil {
			if err := begin(step); err != nil {
				return err
			}
		}
		if step.Kind != ddl.CreateTable {
			return nil
		}
		record := m.records[step.Source]
		record.Begun = true
		return m.State.Write(ctx, record)
	}
	return &opts
}

// endDefine remembers that a table is defined, before anything is loaded into it.
func (m *move) endDefine(ctx context.Context, t *TableReport, failed error) {
	record := m.records[t.Source]
	if t.Err == nil && failed == nil {
		t.Step = Define
		if !record.Step.Reached(Define) {
			record.Begun, record.Step = true, Define
			if err := m.State.Write(ctx, record); err != nil {
				t.Err = &Error{Table: t.Source, Step: Define, Err: err}
			}
		}
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
