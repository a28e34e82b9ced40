package sim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/dataapi"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/sim"
)

// A bug is planted with wrappers around the parts of a correct program.
type bug struct {
	name  string
	mode  string // "direct" if empty
	load  copyload.Mode
	parts sim.Parts
	// loud says that the bug shows in every run.
	loud bool
	// kinds restricts the faults, where the bug needs rare ones.
	kinds []sim.Kind
	alter func(s *sim.Scenario, m *sim.Move)
}

// power is within how many seeds a planted bug must be found.
const power = 2000

// TestPlantedBugs: the simulator finds each of these bugs. None of them is
// harmless: each makes a program that says that it is done when it is not, loads
// rows twice or not at all, cannot be resumed, leaves uploads, repeats what is
// done, or tells a secret.
func TestPlantedBugs(t *testing.T) {
	t.Parallel()
	all := slices.Concat(bugs, syncBugs)
	for i, b := range all {
		if !full() && i%5 != 0 {
			continue // a sample
		}
		t.Run(strings.ReplaceAll(b.name, " ", "-"), func(t *testing.T) {
			healthy := b.scenario()
			healthy.Rivals = 0
			if o := sim.Run(t, healthy, sim.Plan{Seed: 1}); len(o.Violations) > 0 && !b.loud {
				t.Fatalf("the bug shows without a fault, so it is none to search for: %v", o.Violations)
			}
			found := ""
			tally := sim.Search(t, b.scenario(), b.plans(), func(o *sim.Outcome) bool {
				if len(o.Violations) > 0 {
					found = fmt.Sprintf("seed %d: %s", o.Plan.Seed, o.Violations[0])
				}
				return found == ""
			})
			if found == "" {
				t.Errorf("not found in %d runs with %d faults", tally.Runs, tally.Faults)
			}
			t.Logf("found after %d runs: %.200s", tally.Runs, found)
		})
	}
	if len(all) < 30 {
		t.Errorf("only %d bugs are planted", len(all))
	}
}

func (b *bug) scenario() *sim.Scenario {
	mode := b.mode
	if mode == "" {
		mode = "direct"
	}
	move := &sim.Move{Mode: mode, Load: b.load, Threshold: 1, Parts: b.parts}
	s := shop(b.name, move)
	if b.alter != nil {
		b.alter(s, move)
	}
	return s
}

func (b *bug) plans() func(yield func(sim.Plan) bool) {
	return func(yield func(sim.Plan) bool) {
		for seed := range uint64(power) {
			if !yield(sim.Plan{Seed: seed, Rate: 0.03, Kinds: b.kinds}) {
				return
			}
		}
	}
}

// rival starts a second runner at once.
func rival(s *sim.Scenario, _ *sim.Move) { s.Rivals = 1 }

// withKey plants SQL that holds a secret of the process's world.
func withKey() sim.Parts {
	return sim.Parts{SQL: func(p *sim.Process, side string, e exec.Executor) exec.Executor {
		if side == "a" {
			return e
		}
		bugs := keySecret(p)
		return &forger{Executor: e, outside: e, bugs: &bugs}
	}}
}

var replaced = []sim.Kind{sim.ReplaceSource, sim.KillBefore, sim.LostBefore, sim.CutBody, sim.Stall}

var bugs = []bug{
	{name: "no lock", load: copyload.Append, parts: at(noLock), alter: rival},
	{name: "look before the lock", load: copyload.Append, parts: at(lateLock), alter: rival},
	{name: "lock in another session", load: copyload.Append, parts: at(otherLock), alter: rival},
	{name: "mark outside the transaction", parts: at(markOutside)},
	{name: "mark first", parts: at(markFirst)},
	{name: "no look into the ledger", load: copyload.Append, parts: at(noLook)},
	{name: "no transaction", parts: at(noTransaction)},
	{name: "commit taken for done", kinds: []sim.Kind{sim.LostBefore, sim.LostAfter}, parts: blind(hopefulCommit)},
	{name: "retry of an unknown outcome", load: copyload.Append, kinds: []sim.Kind{sim.LostAfter, sim.LostBefore, sim.EngineLost}, parts: at(blindRetry)},
	{name: "truncate", load: copyload.Replace, parts: at(truncate), alter: keepOld},
	{name: "no generation fence", load: copyload.Replace, parts: at(noFence), alter: generations},
	{name: "ledger made anew", load: copyload.Append, parts: at(newLedger)},
	{name: "statement submitted twice", mode: "dataapi", load: copyload.Append, kinds: []sim.Kind{sim.LostAfter}, parts: sim.Parts{
		Data: func(p *sim.Process, c dataapi.Client) dataapi.Client { return &newTokens{Client: c, process: p} },
	}},
	{name: "secret in SQL", loud: true, parts: withKey()},
	{name: "secret in the report", loud: true, parts: sim.Parts{Config: func(p *sim.Process, c *pipeline.Config) {
		c.Trace = &pipeline.Trace{Start: func(redferryTable, pipeline.Step) {
			p.Print(fmt.Sprintf("%x", p.World().Reader.SecretAccessKey.Reveal()))
		}}
	}}},
	{name: "ETag not pinned", kinds: replaced, alter: copyist{sizes: []int{25_000}, level: bridge.Wire, source: func(s bridge.Source) bridge.Source {
		return &looseSource{Source: s, unpinned: true, unproven: true}
	}}.instead},
	{name: "no proof of what was read", kinds: []sim.Kind{sim.FlipBit, sim.KillAfter}, alter: copyist{sizes: []int{25_000, 110}, level: bridge.Wire, source: func(s bridge.Source) bridge.Source {
		return &looseSource{Source: s, unproven: true}
	}}.instead},
	{name: "upload not aborted", kinds: replaced, alter: copyist{sizes: []int{25_000}, level: bridge.Stored, target: func(d bridge.Destination) bridge.Destination {
		return &sloppyTarget{Destination: d, keepUploads: true}
	}}.instead},
	{name: "journal forgets before the upload is complete", parts: sim.Parts{
		Destination: func(p *sim.Process, d bridge.Destination) bridge.Destination {
			journal, err := p.Journal()
			if err != nil {
				return d
			}
			return &sloppyTarget{Destination: d, journal: journal}
		},
	}},
	{name: "journal after the effect", parts: sim.Parts{
		Journal: func(_ *sim.Process, j bridge.Journal) bridge.Journal { return lateJournal{j} },
	}},
	{name: "journal not synced", parts: sim.Parts{
		Journal: func(p *sim.Process, _ bridge.Journal) bridge.Journal {
			return bridge.NewFileJournal(careless(p, "journal", true))
		},
	}},
	{name: "journal loses one upload to another", alter: copyist{sizes: []int{25_000, 110}, level: bridge.Stored, journal: func(_ *sim.Process, j bridge.Journal) bridge.Journal {
		return grabbingJournal{j}
	}}.together},
	{name: "state not synced", parts: sim.Parts{
		State: func(p *sim.Process, _ pipeline.State) pipeline.State {
			return pipeline.FileState(careless(p, "state", true))
		},
	}},
	{name: "state written in place", parts: sim.Parts{
		State: func(p *sim.Process, _ pipeline.State) pipeline.State {
			return pipeline.FileState(careless(p, "state", false))
		},
	}},
	{name: "step recorded before it is done", parts: sim.Parts{
		State: func(_ *sim.Process, s pipeline.State) pipeline.State { return &rashState{s} },
	}},
	{name: "manifest first", parts: sim.Parts{
		Bridge: func(p *sim.Process, b bridge.Bridge) bridge.Bridge { return signpost{b, p.World()} },
	}},
	{name: "proof by count only", kinds: []sim.Kind{sim.FlipBit}, parts: sim.Parts{
		Source: func(_ *sim.Process, s bridge.Source) bridge.Source { return &looseSource{Source: s, unproven: true} },
	}},
	{name: "wrong part reused", kinds: []sim.Kind{sim.ReplaceSource, sim.KillBefore}, alter: copyist{sizes: []int{25_000, 19_000}, level: bridge.Wire, source: func(s bridge.Source) bridge.Source {
		return &looseSource{Source: s, unproven: true}
	}, journal: func(p *sim.Process, j bridge.Journal) bridge.Journal { return bindingJournal{j, p.World()} }}.instead},
	{name: "failed copies reported as made", parts: sim.Parts{
		Bridge: func(_ *sim.Process, b bridge.Bridge) bridge.Bridge { return boaster{b} },
	}},
}
