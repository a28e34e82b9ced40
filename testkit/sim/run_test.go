package sim_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/sim"
)

// TestHealthy: without a fault, one life does all the work.
func TestHealthy(t *testing.T) {
	for _, mode := range []string{"direct", "dataapi", "auto"} {
		t.Run(mode, func(t *testing.T) {
			begin := time.Now()
			o := sim.Run(t, shop("healthy-"+mode, &sim.Move{Mode: mode, Threshold: 1}, 0), sim.Plan{Seed: 1})
			for _, v := range o.Violations {
				t.Error(v)
			}
			if len(o.Lives) != 1 {
				t.Errorf("it took %d lives", len(o.Lives))
			}
			if t.Failed() {
				for _, step := range o.Trace {
					t.Log(step)
				}
			}
			t.Logf("%d boundaries in %v, virtual %v", len(o.Trace), time.Since(begin), o.Elapsed)
		})
	}
}

// TestReplay: a seed gives the same trace every time, whatever the scheduler does.
func TestReplay(t *testing.T) {
	for _, mode := range []string{"direct", "dataapi"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := shop("replay-"+mode, &sim.Move{Mode: mode, Threshold: 1, Concurrency: 8}, 0)
			seeds := uint64(3)
			if full() {
				seeds = map[string]uint64{"direct": 150, "dataapi": 50}[mode]
			}
			for seed := range seeds {
				plan := sim.Plan{Seed: seed, Rate: 0.02}
				first := lines(sim.Run(t, s, plan))
				for range 4 {
					again := lines(sim.Run(t, s, plan))
					if diff := cmp.Diff(first, again); diff != "" {
						t.Fatalf("seed %d: another trace the second time (-first +second):\n%.3000s", seed, diff)
					}
				}
			}
		})
	}
}

func lines(o *sim.Outcome) []string {
	list := make([]string, len(o.Trace))
	for i, step := range o.Trace {
		list[i] = step.String()
	}
	return append(list, o.Violations...)
}

// TestHealthyWide: the file of a wide table is copied in parts.
func TestHealthyWide(t *testing.T) {
	m := &sim.Move{Mode: "direct"}
	s := shop("wide", m, 0)
	large(s, m)
	o := sim.Run(t, s, sim.Plan{Seed: 1})
	for _, v := range o.Violations {
		t.Error(v)
	}
	if len(o.Lives) != 1 {
		t.Errorf("it took %d lives: %v", len(o.Lives), o.Lives)
	}
}
