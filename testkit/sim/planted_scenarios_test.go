package sim_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/testkit/sim"
)

type redferryTable = redferry.Table

// blind plants bugs at the target's side, and has the rows of the target counted
// at the source.
func blind(bugs sqlBugs) sim.Parts {
	var sources sync.Map
	bugs.query = func(ctx context.Context, f *forger, s exec.Statement) (*exec.Rows, error) {
		if source, ok := sources.Load(f.process); ok && strings.HasPrefix(s.Label, "count \"") {
			return source.(exec.Executor).Query(ctx, s)
		}
		return f.Executor.Query(ctx, s)
	}
	return sim.Parts{SQL: func(p *sim.Process, side string, e exec.Executor) exec.Executor {
		if side == "a" {
			sources.Store(p, e)
			return e
		}
		return &forger{Executor: e, outside: e, bugs: &bugs, process: p}
	}}
}

// keepOld gives B a table with other rows, which must be there until the new ones
// are.
func keepOld(s *sim.Scenario, _ *sim.Move) {
	fill := s.Fill
	s.Fill = func(w *sim.World) error {
		if err := fill(w); err != nil {
			return err
		}
		return execute(w, w.B,
			`CREATE SCHEMA shop`,
			`CREATE TABLE shop.people (id bigint NOT NULL, name varchar(80), born date, PRIMARY KEY (id))`,
			`INSERT INTO shop.people VALUES (7, 'Old', NULL)`,
		)
	}
	s.Always = func(w *sim.World) []error {
		rows, err := w.Table("b", people)
		if err != nil {
			return []error{err}
		}
		if len(rows) == 4 || len(rows) == 1 && strings.HasPrefix(rows[0], `"7"|`) {
			return nil
		}
		return []error{fmt.Errorf("%s has neither its old rows nor its new ones, but %q", people, rows)}
	}
}

// generations has two moves replace the same tables.
func generations(s *sim.Scenario, m *sim.Move) {
	s.Rivals = 1
	s.Excuse = func(err error) bool { return errors.Is(err, copyload.ErrSuperseded) }
	m.Name = func(p *sim.Process) string { return fmt.Sprintf("move-%d", p.Runner) }
	check := s.Check
	s.Check = func(w *sim.World) []error {
		rows, err := w.Query(w.B, "SELECT target, loaded_at, generation FROM redferry.loads ORDER BY target, loaded_at")
		if err != nil {
			return []error{err}
		}
		wrong := check(w)
		for i, row := range rows {
			if i > 0 && row[0] == rows[i-1][0] && row[1] > rows[i-1][1] && slices.Compare(number(row[2]), number(rows[i-1][2])) < 0 {
				wrong = append(wrong, fmt.Errorf("%s was loaded with generation %s after %s", row[0], row[2], rows[i-1][2]))
			}
		}
		return wrong
	}
}

// number makes decimal numbers comparable.
func number(s string) []int { return append([]int{len(s)}, slices.Collect(digits(s))...) }

func digits(s string) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for _, c := range s {
			if !yield(int(c)) {
				return
			}
		}
	}
}

// large moves one table, a file of which is copied in two parts of the least size
// that S3 has.
func large(s *sim.Scenario, m *sim.Move) {
	papersOnly(s, m)
	m.PartSize, m.Threshold = 5<<20, 5<<20
	s.Fill = fill(90, 65_535)
}

func papersOnly(s *sim.Scenario, m *sim.Move) {
	m.Tables = []redferry.Table{papers}
	s.Check = func(w *sim.World) []error { return append(sim.SameTables(w, papers), sim.SameFiles(w)...) }
}

// instead runs a bridge in place of the pipeline.
func (c copyist) instead(s *sim.Scenario, _ *sim.Move) { *s = *c.scenario(s.Name) }

// together runs two of them at once, on the same disk.
func (c copyist) together(s *sim.Scenario, m *sim.Move) {
	c.instead(s, m)
	s.Rivals, s.SharedDisk = 1, true
}
