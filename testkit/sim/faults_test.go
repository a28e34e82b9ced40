package sim_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/sim"
)

func TestParseFaults(t *testing.T) {
	faults := []sim.Fault{
		{At: sim.Boundary{Process: "1.2", Op: "s3.b UploadPart stage/a=b #1.parquet part 2", N: 3}, Kind: sim.KillAfter},
		{At: sim.Boundary{Process: "2.1", Op: `pg.b lock "shop"."people"`, N: 1}, Kind: sim.LostBefore},
	}
	text := sim.FormatFaults(faults)
	got, err := sim.ParseFaults(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(faults, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", text, diff)
	}
	for _, bad := range []string{"x", "1.1 op=kill-before", "1.1 op #x=kill-before", "1.1 op #1=nothing", "1.1 #1=kill-before", "1.1 op #1"} {
		if _, err := sim.ParseFaults(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	if _, err := sim.ParsePlan("seven: "); err == nil {
		t.Error("a seed that is no number was accepted")
	}
}

func FuzzParseFaults(f *testing.F) {
	f.Add("1.1 pg.b COMMIT #1=kill-after; 1.2 disk fsync x #2=disk-full")
	f.Fuzz(func(t *testing.T, text string) {
		faults, err := sim.ParseFaults(text)
		if err != nil {
			return
		}
		again, err := sim.ParseFaults(sim.FormatFaults(faults))
		if err != nil || !cmp.Equal(faults, again) {
			t.Errorf("%q was read as %v, and then as %v, %v", text, faults, again, err)
		}
	})
}

// TestShrink: from the faults of a bad run, those are kept that it needs, and it
// needs all that are kept. The failure says how to replay it.
func TestShrink(t *testing.T) {
	b := bug{name: "mark first", parts: at(markFirst)}
	s := b.scenario()
	for seed := range uint64(50) {
		o := sim.Run(t, s, sim.Plan{Seed: seed, Rate: 0.05})
		if len(o.Violations) == 0 || len(o.Faults()) < 5 {
			continue
		}
		minimal := sim.Shrink(t, s, o)
		t.Logf("seed %d: %d faults, %d of them needed: %v", seed, len(o.Faults()), len(minimal), minimal)
		if len(minimal) == 0 || !fails(t, s, seed, minimal) {
			t.Errorf("with %v it does not fail", minimal)
		}
		for i := range minimal {
			rest := append(append([]sim.Fault{}, minimal[:i]...), minimal[i+1:]...)
			if len(rest) > 0 && fails(t, s, seed, rest) {
				t.Errorf("%v can be taken away", minimal[i])
			}
		}
		return
	}
	t.Error("no bad run was found")
}

func fails(t *testing.T, s *sim.Scenario, seed uint64, faults []sim.Fault) bool {
	t.Helper()
	plan, err := sim.ParsePlan(sim.Plan{Seed: seed, Faults: faults}.String())
	if err != nil {
		t.Fatal(err)
	}
	return len(sim.Run(t, s, plan).Violations) > 0
}

// TestKindsAreHit: a fault of each kind, at each class of boundary where it is
// possible, does something: the trace has it. Where it would do nothing, it has
// not, and another boundary of the class is tried.
func TestKindsAreHit(t *testing.T) {
	t.Parallel()
	s := quick(shop("kinds", &sim.Move{Mode: "auto", Threshold: 1}), 2)
	classes := make(map[sim.Class][]sim.Boundary)
	for _, step := range sim.Run(t, s, sim.Plan{Seed: 1}).Trace {
		if len(step.Class.Kinds()) > 0 {
			classes[step.Class] = append(classes[step.Class], step.Boundary)
		}
	}
	if len(classes) < 10 {
		t.Errorf("only %d classes of boundaries are met", len(classes))
	}
	for class, boundaries := range classes {
		for i, kind := range class.Kinds() {
			if !full() && i%4 != 0 {
				continue // a sample
			}
			if kind == sim.StaleListing {
				continue // of a prefix that is listed a second time; TestStaleListing
			}
			if !hit(t, s, boundaries, kind) {
				t.Errorf("class %d: a fault of kind %s happens at none of %d boundaries", class, kind, len(boundaries))
			}
		}
	}
}

func hit(t *testing.T, s *sim.Scenario, boundaries []sim.Boundary, kind sim.Kind) bool {
	t.Helper()
	return slices.ContainsFunc(boundaries, func(at sim.Boundary) bool {
		fault := sim.Fault{At: at, Kind: kind}
		return cmp.Equal(sim.Run(t, s, sim.Plan{Seed: 1, Faults: []sim.Fault{fault}}).Faults(), []sim.Fault{fault})
	})
}

// TestStaleListing: a prefix that is listed a second time, after a kill, may look
// as it did the first time; one that is listed for the first time cannot.
func TestStaleListing(t *testing.T) {
	s := smallest()
	kill, stale := relisting(t, s, 1)
	o := sim.Run(t, s, sim.Plan{Seed: 1, Faults: []sim.Fault{kill, stale}})
	if got := o.Faults(); !cmp.Equal(got, []sim.Fault{kill, stale}) || o.Reached[sim.StaleFiles] != 1 {
		t.Errorf("happened %v; reached %v", got, o.Reached)
	}
	for _, v := range o.Violations {
		t.Error(v)
	}
	stale.At.Process = "1.1"
	if got := sim.Run(t, s, sim.Plan{Seed: 1, Faults: []sim.Fault{stale}}).Faults(); len(got) > 0 {
		t.Errorf("of a listing that had none before it happened %v", got)
	}
}

// relisting are two faults: a kill when the files at the target were listed, and
// then the same listing again, when they are listed by the next life.
func relisting(t *testing.T, s *sim.Scenario, seed uint64) (kill, stale sim.Fault) {
	t.Helper()
	trace := sim.Run(t, s, sim.Plan{Seed: seed}).Trace
	listing := slices.IndexFunc(trace, func(step sim.Step) bool {
		return step.Class == sim.Listing && strings.Contains(step.Op, " ListObjectsV2 ")
	})
	after := slices.IndexFunc(trace[max(listing, 0):], func(step sim.Step) bool { return step.Class == sim.DiskOp })
	if listing < 0 || after < 0 {
		t.Fatal("nothing is listed, or nothing recorded after that")
	}
	kill = sim.Fault{At: trace[listing+after].Boundary, Kind: sim.KillBefore}
	stale = sim.Fault{At: trace[listing].Boundary, Kind: sim.StaleListing}
	stale.At.Process = "1.2"
	return kill, stale
}
