package sim_test

import (
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
	"github.com/redferry/redferry/testkit/sim"
)

// reference is the scenario of the single faults: three tables, eight files, one
// of them copied in three parts.
func reference(mode string) *sim.Scenario {
	m := &sim.Move{Mode: mode, PartSize: 1200, Threshold: 1200, Concurrency: 2}
	s := shop("reference-"+mode, m)
	m.Tables = append(m.Tables, papers)
	s.MinPartSize = m.PartSize
	s.Fill = func(w *sim.World) error {
		if err := fill(1, 3000)(w); err != nil {
			return err
		}
		return execute(w, w.A, `DELETE FROM shop.papers WHERE id = 2`) // two rows on three slices
	}
	return quick(s, 3)
}

// quick makes statements so short that few looks at them are needed: each look is
// a boundary like all others. Those that move data still need more than one.
func quick(s *sim.Scenario, slices int) *sim.Scenario {
	s.Engine = func(_ string, pace func(string) mem.Pace) (fakeredshift.Engine, error) {
		return mem.New(&mem.Options{Slices: slices, Uncompressed: true, Pace: func(sql string) mem.Pace {
			p, part := pace(sql), time.Duration(1000)
			if strings.Contains(sql, "COPY ") || strings.Contains(sql, "UNLOAD (") {
				part = 250
			}
			return mem.Pace{Queued: p.Queued / part, Working: p.Working / part, Answering: p.Answering / part}
		}}), nil
	}
	return s
}

// The least numbers of boundaries that a fault is tried at. Fewer means that
// something is not tested any more: find out what before you lower them.
var leastBoundaries = map[string]int{"direct": 100, "direct-resumed": 200, "dataapi": 155, "dataapi-resumed": 235}

// TestSingles: whatever goes wrong, once, at whatever place: no green without
// proof, and when it has passed the work gets done. The run is one that is killed
// between two parts of a file and resumed. The place is one of the life that
// resumes, which unloads, copies and loads as well, or one before the kill.
func TestSingles(t *testing.T) {
	for _, mode := range []string{"direct", "dataapi"} {
		s := reference(mode)
		kill := inPart(t, s)
		t.Run(mode+"-resumed", func(t *testing.T) {
			single(t, s, sim.Singles(t, s, 1, []sim.Fault{kill}, nil), "unload", "UploadPart", "GetObject", "PutObject", "rename", "CompleteMultipartUpload", "copy", "record", "commit")
		})
		musts := []string{"unload", "UploadPart", "GetObject", "rename"}
		if mode == "dataapi" {
			musts = append(musts, "ExecuteStatement", "DescribeStatement", "GetStatementResult")
		}
		t.Run(mode, func(t *testing.T) { single(t, s, until(kill.At, sim.Singles(t, s, 1, nil, nil)), musts...) })
	}
}

// until ends with the plans of a boundary.
func until(last sim.Boundary, plans iter.Seq[sim.Plan]) iter.Seq[sim.Plan] {
	return func(yield func(sim.Plan) bool) {
		passed := false
		for plan := range plans {
			at := plan.Faults[0].At
			if passed && at != last || !yield(plan) {
				return
			}
			passed = at == last
		}
	}
}

// single looks for violations. There must be a boundary of each of these words.
func single(t *testing.T, s *sim.Scenario, plans iter.Seq[sim.Plan], musts ...string) {
	t.Helper()
	boundaries := make(map[sim.Boundary]bool)
	words := make(map[string]bool)
	for plan := range plans {
		at := plan.Faults[len(plan.Faults)-1].At
		boundaries[at] = true
		for _, word := range strings.Fields(at.Op) {
			words[word] = true
		}
	}
	for _, word := range musts {
		if !words[word] {
			t.Errorf("no boundary is one of %q", word)
		}
	}
	name := t.Name()[strings.LastIndex(t.Name(), "/")+1:]
	if least := leastBoundaries[name]; least == 0 || len(boundaries) < least {
		t.Errorf("only %d boundaries, there were %d", len(boundaries), least)
	}
	if !full() {
		plans = sample(plans, max(12_000/runs(), 1))
	}
	tally := sim.Search(t, s, part(t, plans), nil)
	t.Logf("%d boundaries; %s", len(boundaries), tally)
	tally.Require(t)
}

// inPart kills a scenario's program when the first part of its large file is in
// place, before it learns of it.
func inPart(t *testing.T, s *sim.Scenario) sim.Fault {
	t.Helper()
	healthy := sim.Run(t, s, sim.Plan{Seed: 1})
	if n := parts(healthy); n != 3 {
		t.Errorf("%d parts are sent in the reference scenario, want 3", n)
	}
	if n := copies(healthy); n != 8 {
		t.Errorf("%d files are copied in the reference scenario, want 8", n)
	}
	for _, step := range healthy.Trace {
		if strings.Contains(step.Op, " UploadPart ") && step.Class == sim.Write {
			return sim.Fault{At: step.Boundary, Kind: sim.KillAfter}
		}
	}
	t.Fatal("no file is copied in parts")
	return sim.Fault{}
}

// TestKills: the first runner is killed anywhere, and then anywhere again; in a
// long run, and then once more. The sample that every run of the tests takes is
// killed once.
func TestKills(t *testing.T) {
	times := 1
	switch {
	case soak():
		times = 3
	case full():
		times = 2
	}
	plans := sim.Kills(t, smallest(), 1, times)
	if !full() {
		plans = sample(plans, max(400/runs(), 1))
	}
	tally := sim.Search(t, smallest(), part(t, plans), nil)
	t.Logf("killed %d times: %s", times, tally)
	tally.Require(t)
}

// sample takes every n-th plan.
func sample(plans iter.Seq[sim.Plan], n int) iter.Seq[sim.Plan] { return every(n, n, plans) }

// every takes the first-th plan, and every n-th after it.
func every(n, first int, plans iter.Seq[sim.Plan]) iter.Seq[sim.Plan] {
	return func(yield func(sim.Plan) bool) {
		i := n - first
		for plan := range plans {
			if i++; i%n == 0 && !yield(plan) {
				return
			}
		}
	}
}
