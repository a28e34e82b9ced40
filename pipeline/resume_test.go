package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/pipeline"
)

// run runs statements.
func run(t *testing.T, e exec.Executor, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := e.Exec(t.Context(), exec.Statement{SQL: sql}); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

var x = redferry.Table{Schema: "small", Name: "x"}

// inSmallWorld runs f where A has one table of two rows.
func inSmallWorld(t *testing.T, e engine, f func(t *testing.T, c *client, a, b exec.Executor, config *pipeline.Config)) {
	t.Helper()
	inWorld(t, e, func(t *testing.T, c *client) {
		a, b := c.executor(t, c.A, "direct"), c.executor(t, c.B, "direct")
		run(t, a, `CREATE SCHEMA small`, `CREATE TABLE small.x (a int, b int)`, `INSERT INTO small.x VALUES (1, 100), (2, 200)`)
		config := c.config(a, b)
		config.State, config.Tables = pipeline.NewMemState(), ddl.Selector{Schemas: []string{"small"}}
		f(t, c, a, b, config)
	})
}

// stopBefore runs the pipeline and ends it as a step begins.
func stopBefore(t *testing.T, config *pipeline.Config, step pipeline.Step) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stopped := *config
	stopped.Trace = &pipeline.Trace{Start: func(_ redferry.Table, s pipeline.Step) {
		if s == step {
			cancel()
		}
	}}
	if _, err := pipeline.Run(ctx, &stopped); !errors.Is(err, context.Canceled) {
		t.Fatalf("the run that was to be stopped: %v", err)
	}
}

// TestFinishedStepsAreNotRepeated counts what a second run does.
func TestFinishedStepsAreNotRepeated(t *testing.T) {
	inSmallWorld(t, onMem, func(t *testing.T, c *client, _, _ exec.Executor, config *pipeline.Config) {
		stopBefore(t, config, pipeline.Load)
		var started []pipeline.Step
		config.Trace = &pipeline.Trace{Start: func(_ redferry.Table, s pipeline.Step) { started = append(started, s) }}
		report, err := pipeline.Run(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		if want := []pipeline.Step{pipeline.Define, pipeline.Load, pipeline.Validate}; !slices.Equal(started, want) {
			t.Errorf("got %v, want %v", started, want)
		}
		if got := report.Tables[0]; got.Resumed != pipeline.Transfer || got.Rows != 2 || len(got.Files) == 0 {
			t.Errorf("got %+v", got)
		}
		c.same(t, x)
	})
}

// TestSourceMadeAnew: files go by the places of their columns, so that files of
// before are not loaded after the columns have changed places.
func TestSourceMadeAnew(t *testing.T) {
	inSmallWorld(t, onMem, func(t *testing.T, _ *client, a, b exec.Executor, config *pipeline.Config) {
		stopBefore(t, config, pipeline.Load)
		run(t, a, `DROP TABLE small.x`, `CREATE TABLE small.x (b int, a int)`, `INSERT INTO small.x VALUES (100, 1), (200, 2)`)
		if _, err := pipeline.Run(t.Context(), config); err == nil || !strings.Contains(err.Error(), "new Run") {
			t.Errorf("got %v", err)
		}
		if got := rows(t, b, x); len(got) != 0 {
			t.Errorf("loaded %v", got)
		}
	})
}

// A meeting is a State that lets a second runner pass at the first's UNLOAD.
type meeting struct {
	pipeline.State
	second func()
}

func (m *meeting) Write(ctx context.Context, r *pipeline.Record) error {
	err := m.State.Write(ctx, r)
	if second := m.second; second != nil && r.Attempt == 1 {
		m.second = nil
		second()
	}
	return err
}

// TestTwoRunners: two runners of one move, which append, load its rows once.
func TestTwoRunners(t *testing.T) {
	inSmallWorld(t, onMem, func(t *testing.T, _ *client, _, b exec.Executor, config *pipeline.Config) {
		config.Load = copyload.Append
		other := *config
		var second error
		config.State = &meeting{config.State, func() { _, second = pipeline.Run(t.Context(), &other) }}
		_, first := pipeline.Run(t.Context(), config)
		if got := rows(t, b, x); len(got) != 2 || second != nil {
			t.Errorf("first %v, second %v, and B has %v", first, second, got)
		}
	})
}

// TestTargetChanges: what the State says of one target says nothing of another.
func TestTargetChanges(t *testing.T) {
	inSmallWorld(t, onMem, func(t *testing.T, _ *client, _, b exec.Executor, config *pipeline.Config) {
		config.Load = copyload.Append
		if _, err := pipeline.Run(t.Context(), config); err != nil {
			t.Fatal(err)
		}
		config.Plan = &ddl.PlanOptions{Suffix: "_v2"}
		if _, err := pipeline.Run(t.Context(), config); err == nil || !strings.Contains(err.Error(), "new Run") {
			t.Errorf("another target: got %v", err)
		}
		run(t, b, "DROP TABLE small.x")
		config.Plan = nil
		if _, err := pipeline.Run(t.Context(), config); err == nil {
			t.Error("the target was dropped, and the run says that all is well")
		}
	})
}

// TestLedgerIsNoTable: a move of everything does not touch B's ledger.
func TestLedgerIsNoTable(t *testing.T) {
	inSmallWorld(t, onMem, func(t *testing.T, _ *client, a, b exec.Executor, config *pipeline.Config) {
		for _, e := range []exec.Executor{a, b} {
			if err := copyload.CreateLedger(t.Context(), e, redferry.Table{}); err != nil {
				t.Fatal(err)
			}
		}
		run(t, b, `INSERT INTO redferry.loads (load_id, target, generation, row_count, byte_count, file_count, manifest) VALUES ('other', '"s"."y"', 1, 1, 1, 1, 'm')`)
		config.Tables, config.Apply = ddl.Selector{}, &ddl.ApplyOptions{IfExists: ddl.Recreate}
		if _, err := pipeline.Run(t.Context(), config); !errors.Is(err, pipeline.ErrConfig) || !strings.Contains(err.Error(), "Exclude") {
			t.Errorf("got %v", err)
		}
		if got := rows(t, b, copyload.DefaultLedger); len(got) != 1 {
			t.Errorf("the ledger has %v", got)
		}
	})
}

// errKilled is what a State gives that does not survive its n-th write.
var errKilled = errors.New("killed")

// A dying State fails from its n-th write on, before or after it has written.
type dying struct {
	pipeline.State
	n     int
	after bool
}

func (d *dying) Write(ctx context.Context, r *pipeline.Record) error {
	d.n--
	switch {
	case d.n == 0 && d.after:
		return errors.Join(d.State.Write(ctx, r), errKilled)
	case d.n <= 0:
		return errKilled
	}
	return d.State.Write(ctx, r)
}

// TestKilledAtEachWrite ends a run at each write of its State, for every policy
// and every mode, and has the next one finish: with A's rows, once. One of
// them also runs on the best engine.
func TestKilledAtEachWrite(t *testing.T) {
	for i, ifExists := range []ddl.IfExists{ddl.Skip, ddl.Recreate, ddl.Fail} {
		for j, mode := range []copyload.Mode{copyload.OntoEmpty, copyload.Append, copyload.Replace} {
			engines := map[string]engine{"mem": onMem}
			if i == 0 && j == 0 {
				engines["best"] = onBest
			}
			for name, e := range engines {
				t.Run(fmt.Sprintf("%s, mode %d, %s", ifExists, mode, name), func(t *testing.T) {
					t.Parallel()
					inSmallWorld(t, e, func(t *testing.T, c *client, _, b exec.Executor, config *pipeline.Config) {
						config.Apply, config.Load = &ddl.ApplyOptions{IfExists: ifExists}, mode
						kills := killAtEachWrite(t, c, b, config)
						if kills < 10 { // 5 writes, before and after
							t.Errorf("only %d kills", kills)
						}
					})
				})
			}
		}
	}
}

func killAtEachWrite(t *testing.T, c *client, b exec.Executor, config *pipeline.Config) (kills int) {
	t.Helper()
	for n := 1; ; n++ {
		for _, after := range []bool{false, true} {
			config.Run = fmt.Sprintf("run-%d-%t", n, after)
			state := pipeline.NewMemState()
			config.State = &dying{state, n, after}
			_, err := pipeline.Run(t.Context(), config)
			if err == nil {
				return kills
			}
			kills++
			config.State = state
			if _, err := pipeline.Run(t.Context(), config); err != nil {
				t.Fatalf("killed at write %d (after: %t), then: %v", n, after, err)
			}
			c.same(t, x)
			run(t, b, "DROP SCHEMA small CASCADE")
		}
	}
}
