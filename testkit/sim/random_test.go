package sim_test

import (
	"iter"
	"testing"

	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/testkit/sim"
)

// A mixture is a scenario with its share of the random runs.
type mixture struct {
	scenario *sim.Scenario
	percent  int
	rate     float64
	relisted bool // beside what is drawn, a listing is out of date for certain
}

// plans draws faults from seeds.
func (m mixture) plans(t *testing.T, n int) iter.Seq[sim.Plan] {
	return func(yield func(sim.Plan) bool) {
		for plan := range sim.Seeds(first(), n, m.rate) {
			if m.relisted {
				kill, stale := relisting(t, m.scenario, plan.Seed)
				plan.Faults = []sim.Fault{kill, stale}
			}
			if !yield(plan) {
				return
			}
		}
	}
}

// objects are the sizes of what the bridge alone copies, in bytes.
var objects = []int{400, 25_000, 0, 110}

// mixtures are what random runs go through. Where a scenario is there twice, one
// half has as many faults as a run allows, most of which hit what an earlier one
// left behind, and the other has few, which come far.
func mixtures() []mixture {
	tls := shop("tls", &sim.Move{Mode: "direct", Threshold: 1})
	tls.TLS = true
	rivals := shop("rivals", &sim.Move{Mode: "direct", Threshold: 1, Load: copyload.Append})
	rivals.Rivals = 1
	shared := quick(shop("shared", &sim.Move{Mode: "dataapi", Threshold: 1, Load: copyload.Append}), 2)
	shared.Rivals, shared.SharedDisk = 1, true
	replace := &sim.Move{Mode: "direct", Load: copyload.Replace}
	newer := shop("newer", replace)
	generations(newer, replace)
	old := &sim.Move{Mode: "auto", Load: copyload.Replace}
	kept := quick(shop("kept", old), 2)
	keepOld(kept, old)
	relisted, seldom := smallest(), smallest()
	relisted.Name, seldom.Name = "relisted", "smallest-seldom"
	parts := &sim.Move{Mode: "direct"}
	twoParts := shop("parts", parts)
	papersOnly(twoParts, parts)
	parts.PartSize, parts.Threshold, twoParts.MinPartSize = 1200, 1200, 1200
	twoParts.Fill = fill(2, 1000)
	return []mixture{
		{smallest(), 40, 0.25, false},
		{seldom, 6, 0.03, false},
		{relisted, 1, 0.005, true},
		{shop("direct", &sim.Move{Mode: "direct", Threshold: 1}), 2, 0.05, false},
		{quick(shop("dataapi", &sim.Move{Mode: "dataapi", Threshold: 1}), 2), 1, 0.03, false},
		{quick(shop("auto", &sim.Move{Mode: "auto", Threshold: 1, Load: copyload.Append}), 2), 1, 0.03, false},
		{tls, 1, 0.05, false},
		{rivals, 2, 0.04, false},
		{shared, 1, 0.03, false},
		{newer, 1, 0.05, false},
		{kept, 1, 0.05, false},
		{twoParts, 1, 0.1, false},
		{syncing("syncing"), 4, 0.18, false},
		{(&syncer{items: items, listed: true}).scenario("syncing-listed"), 3, 0.18, false},
		{inRanges(&syncer{items: items}).scenario("syncing-ranges"), 1, 0.18, false},
		{(&syncer{items: items, listed: true, alone: true}).scenario("syncing-unrecorded"), 2, 0.18, false},
		{removing().scenario("removing"), 1, 0.18, false},
		{inRanges(removing()).scenario("removing-ranges"), 2, 0.18, false},
		{copying("copying", objects...), 9, 0.2, false},
		{copying("copying-seldom", objects...), 18, 0.04, false},
		{inPieces("copying-pieces", 25_000, 25_000, 30_000, 0, 110, 20_000), 2, 0.12, false},
	}
}

// TestRandom looks for violations in runs with faults drawn from seeds, and
// demands that they came through every rare state.
func TestRandom(t *testing.T) {
	all := &sim.Tally{Reached: make(map[sim.State]int)}
	for _, m := range mixtures() {
		t.Run(m.scenario.Name, func(t *testing.T) {
			tally := sim.Search(t, m.scenario, m.plans(t, max(runs()*m.percent/100, 1)), nil)
			t.Log(tally)
			tally.Require(t)
			all.Add(tally)
		})
	}
	t.Log(all)
	for _, s := range append(sim.States(), sim.SyncStates()...) {
		t.Logf("%6d times: %s", all.Reached[s], s)
	}
	if full() {
		all.RequireStates(t, append(sim.States(), sim.SyncStates()...))
		if all.Runs < 10_000 || all.Faults < 100_000 {
			t.Errorf("only %d runs with %d faults", all.Runs, all.Faults)
		}
	}
}
