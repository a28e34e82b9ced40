package sim

import (
	"iter"
	"slices"
	"testing"
)

// Seeds yields n plans with seeds from first on and faults drawn at a rate.
func Seeds(first uint64, n int, rate float64) iter.Seq[Plan] {
	return func(yield func(Plan) bool) {
		for i := range n {
			if !yield(Plan{Seed: first + uint64(i), Rate: rate}) {
				return
			}
		}
	}
}

// Singles yields a plan for each boundary that a run passes after the faults of
// before, in the order of the run, and each kind of fault that is possible there,
// which is the plan's last. A nil before is a healthy run, a kill is one that
// resumes. A nil list means every kind.
func Singles(t *testing.T, s *Scenario, seed uint64, before []Fault, list []Kind) iter.Seq[Plan] {
	t.Helper()
	run := Run(t, s, Plan{Seed: seed, Faults: before})
	if len(run.Violations) > 0 {
		t.Fatalf("scenario %s fails without another fault: %s", s.Name, run.Violations)
	}
	if !slices.Equal(run.Faults(), before) {
		t.Fatalf("scenario %s: of the faults %v happened %v", s.Name, before, run.Faults())
	}
	steps := run.Trace
	if len(before) > 0 {
		last := slices.IndexFunc(steps, func(step Step) bool { return step.Boundary == before[len(before)-1].At })
		steps = steps[last+1:]
	}
	return func(yield func(Plan) bool) {
		for _, step := range steps {
			for _, kind := range possible(step.Class, list) {
				faults := append(slices.Clone(before), Fault{At: step.Boundary, Kind: kind})
				if !yield(Plan{Seed: seed, Faults: faults}) {
					return
				}
			}
		}
	}
}

func possible(c Class, list []Kind) []Kind {
	if list == nil {
		return kinds[c]
	}
	var some []Kind
	for _, kind := range list {
		for _, candidate := range kinds[c] {
			if kind == candidate {
				some = append(some, kind)
			}
		}
	}
	return some
}

// Kills yields every way to kill a scenario's first runner so many times: at each
// boundary of a healthy run, then at each boundary of what follows, and so on.
// Of kills that leave the same world it yields one: what was read dies with the
// process, so it kills before and during what has an effect, and before the next
// instead of after. It runs the scenario itself to find out what follows.
func Kills(t *testing.T, s *Scenario, seed uint64, times int) iter.Seq[Plan] {
	return func(yield func(Plan) bool) { extend(t, s, Plan{Seed: seed}, times, yield) }
}

func extend(t *testing.T, s *Scenario, plan Plan, times int, yield func(Plan) bool) bool {
	if times == 0 {
		return yield(plan)
	}
	begun := len(plan.Faults) == 0
	for _, step := range Run(t, s, plan).Trace {
		if begun && step.Effect {
			for _, kind := range possible(step.Class, []Kind{KillBefore, KillDuring}) {
				longer := plan
				longer.Faults = append(append([]Fault{}, plan.Faults...), Fault{At: step.Boundary, Kind: kind})
				if !extend(t, s, longer, times-1, yield) {
					return false
				}
			}
		}
		begun = begun || step.Fault != "" && step.Boundary == plan.Faults[len(plan.Faults)-1].At
	}
	return true
}
