package sim_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/testkit/sim"
)

// TestReplay: a seed gives the same trace every time, whatever the scheduler does:
// 200 seeds, five times each, with eight tables or eight parts at a time, over both
// wires, with two runners that know nothing of each other, and with a sync that has
// more objects than it copies at a time, in one range and in three.
func TestReplay(t *testing.T) {
	rivals := shop("replay-rivals", &sim.Move{Mode: "direct", Threshold: 1, Load: copyload.Append, Concurrency: 8})
	rivals.Rivals = 1
	for _, tt := range []struct {
		scenario *sim.Scenario
		seeds    int
		rate     float64
	}{
		{eight("direct"), 10, 0.01},
		{eight("dataapi"), 4, 0.01},
		{rivals, 16, 0.02},
		{(&syncer{items: slices.Concat(items, items)}).scenario("replay-syncing"), 40, 0.05},
		{(&syncer{items: slices.Concat(items, items), listed: true}).scenario("replay-syncing-listed"), 20, 0.05},
		{inRanges(&syncer{items: slices.Concat(items, items), listed: true}).scenario("replay-syncing-ranges"), 20, 0.05},
		{copying("replay-copying", 400, 25_000, 0, 110, 11_000, 17_500, partSize, 1), 90, 0.05},
	} {
		t.Run(tt.scenario.Name, func(t *testing.T) {
			seeds := tt.seeds
			if !full() {
				seeds = max(seeds/70, 1)
			}
			for seed := range seeds {
				t.Run(strconv.Itoa(seed), func(t *testing.T) {
					t.Parallel()
					replay(t, tt.scenario, sim.Plan{Seed: uint64(seed), Rate: tt.rate})
				})
			}
		})
	}
}

func replay(t *testing.T, s *sim.Scenario, plan sim.Plan) {
	t.Helper()
	first := lines(sim.Run(t, s, plan))
	for range 4 {
		again := lines(sim.Run(t, s, plan))
		if diff := cmp.Diff(first, again); diff != "" {
			t.Fatalf("another trace the second time (-first +second):\n%.3000s", diff)
		}
	}
}

// lines are all that a run shows.
func lines(o *sim.Outcome) []string {
	list := make([]string, len(o.Trace))
	for i, step := range o.Trace {
		list[i] = step.String()
	}
	return append(list, o.Violations...)
}

// eight moves as many small tables at a time.
func eight(mode string) *sim.Scenario {
	m := &sim.Move{Mode: mode, Threshold: 1, Concurrency: 8}
	for i := range 8 {
		m.Tables = append(m.Tables, redferry.Table{Schema: "shop", Name: fmt.Sprintf("table%d", i)})
	}
	return quick(&sim.Scenario{
		Name: "replay-" + mode,
		Fill: func(w *sim.World) error {
			statements := []string{`CREATE SCHEMA shop`}
			for i, table := range m.Tables {
				statements = append(statements, fmt.Sprintf(`CREATE TABLE %s (id bigint)`, table), fmt.Sprintf(`INSERT INTO %s VALUES (%d)`, table, i))
			}
			return execute(w, w.A, statements...)
		},
		Program: m.Run,
		Check:   func(w *sim.World) []error { return append(sim.SameTables(w, m.Tables...), sim.SameFiles(w)...) },
	}, 2)
}
