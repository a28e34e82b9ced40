package pipeline

import (
	"context"
	"errors"
	"fmt"
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
// outcome was lost may still run in a warehouse. The next Run with the same State
// waits for a load and finds out how it ended; what an UNLOAD still writes lies
// under a prefix that is not used again.
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
		token := m.Token() // here, in order: what is drawn side by side cannot be replayed
		g.Go(func() error {
			m.moveTable(ctx, &m.report.Tables[i], token)
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
	if err := m.checkTargets(); err != nil {
		return err
	}
	return m.remembered(ctx)
}

// checkTargets refuses a plan that has a place for B's ledger: recreated or
// replaced, it would forget what is loaded.
func (m *move) checkTargets() error {
	for _, t := range m.report.Tables {
		if t.Target == m.Ledger {
			return fmt.Errorf("pipeline: %w: %s would become the target's ledger of loads: leave it out with Tables.Exclude", ErrConfig, t.Source)
		}
	}
	return nil
}
