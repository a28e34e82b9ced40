package sim

import (
	"fmt"
	"iter"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// ReplayVariable is the environment variable with the plan that [Search] runs
// instead of all others: "<seed>: <faults>". Its trace is logged.
const ReplayVariable = "REDFERRY_SIM"

// A Tally is what a search came through.
type Tally struct {
	Runs, Faults, Boundaries, Lives, Killed int
	Reached                                 map[State]int
	// Failures are the runs with violations, shrunk; at most maxFailures of them.
	Failures []*Failure
}

const maxFailures = 5

// A Failure is a run that broke an invariant.
type Failure struct {
	*Outcome
	// Minimal are faults with which the scenario still fails, and none of which
	// can be taken away.
	Minimal []Fault
	// Command replays it.
	Command string
}

// String says what went wrong and how to see it again.
func (f *Failure) String() string {
	return fmt.Sprintf("scenario %s, seed %d:\n\t%s\nwith these faults, none of which can be taken away:\n\t%s\nReplay it with\n\t%s",
		f.Scenario, f.Plan.Seed, strings.Join(f.Violations, "\n\t"), strings.ReplaceAll(FormatFaults(f.Minimal), "; ", "\n\t"), f.Command)
}

// Search runs a scenario once for each plan, side by side on all processors, in
// bubbles of their own, and returns what it found; it does not fail t. visit, if
// not nil, is told of each outcome, one at a time, in any order; the search ends
// when it returns false.
func Search(t *testing.T, s *Scenario, plans iter.Seq[Plan], visit func(*Outcome) bool) *Tally {
	t.Helper()
	search := &search{scenario: s, name: t.Name(), visit: visit, tally: &Tally{Reached: make(map[State]int)}}
	if text, ok := os.LookupEnv(ReplayVariable); ok {
		search.replay(t, text)
		return search.tally
	}
	next, stop := iter.Pull(plans)
	defer stop()
	t.Run("search", func(t *testing.T) {
		for n := range runtime.GOMAXPROCS(0) {
			t.Run(strconv.Itoa(n), func(t *testing.T) {
				t.Parallel()
				search.work(t, next)
			})
		}
	})
	return search.tally
}

// Require fails t for each failure of a tally, and if there was no run.
func (y *Tally) Require(t *testing.T) {
	t.Helper()
	if y.Runs == 0 {
		t.Error("nothing was run")
	}
	for _, f := range y.Failures {
		t.Error(f)
	}
}

// RequireStates fails t for each of the states that no run came through.
func (y *Tally) RequireStates(t *testing.T, states []State) {
	t.Helper()
	for _, s := range states {
		if y.Reached[s] == 0 {
			t.Errorf("no run came through the state %q: what is said to be tested was not", s)
		}
	}
}

// Add adds what another search came through.
func (y *Tally) Add(other *Tally) {
	y.Runs += other.Runs
	y.Faults += other.Faults
	y.Boundaries += other.Boundaries
	y.Lives += other.Lives
	y.Killed += other.Killed
	for s, n := range other.Reached {
		y.Reached[s] += n
	}
	y.Failures = append(y.Failures, other.Failures...)
}

// String is one line.
func (y *Tally) String() string {
	return fmt.Sprintf("%d runs, %d boundaries passed, %d faults, %d processes, %d of them killed, %d failures",
		y.Runs, y.Boundaries, y.Faults, y.Lives, y.Killed, len(y.Failures))
}

type search struct {
	scenario *Scenario
	name     string
	visit    func(*Outcome) bool

	mu    sync.Mutex // guards what follows, and the plans
	tally *Tally
	over  bool
}

func (s *search) work(t *testing.T, next func() (Plan, bool)) {
	for {
		s.mu.Lock()
		plan, ok := next()
		over := s.over
		s.mu.Unlock()
		if !ok || over {
			return
		}
		s.take(t, Run(t, s.scenario, plan))
	}
}

// take counts an outcome, and shrinks it if it is bad.
func (s *search) take(t *testing.T, o *Outcome) {
	bad := len(o.Violations) > 0
	s.mu.Lock()
	s.tally.count(o)
	if s.visit != nil && !s.over {
		s.over = !s.visit(o)
	}
	skip := !bad || s.over || len(s.tally.Failures) >= maxFailures
	s.mu.Unlock()
	if skip {
		return
	}
	f := s.failure(t, o)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally.Failures = append(s.tally.Failures, f)
}

func (y *Tally) count(o *Outcome) {
	y.Runs++
	for _, step := range o.Trace {
		if step.Class != Answer {
			y.Boundaries++
		}
		if step.Fault != "" {
			y.Faults++
		}
	}
	for _, l := range o.Lives {
		y.Lives++
		if l.Killed {
			y.Killed++
		}
	}
	for state, n := range o.Reached {
		y.Reached[state] += n
	}
}

func (s *search) failure(t *testing.T, o *Outcome) *Failure {
	f := &Failure{Outcome: o, Minimal: Shrink(t, s.scenario, o)}
	name := "^" + strings.ReplaceAll(s.name, "/", "$/^") + "$"
	f.Command = fmt.Sprintf("%s='%s' go test -count=1 -v -run '%s' .", ReplayVariable, Plan{Seed: o.Plan.Seed, Faults: f.Minimal}, name)
	return f
}

// replay runs the one plan that the environment names, and logs its trace.
func (s *search) replay(t *testing.T, text string) {
	plan, err := ParsePlan(text)
	if err != nil {
		t.Fatal(err)
	}
	o := Run(t, s.scenario, plan)
	for _, step := range o.Trace {
		t.Log(step)
	}
	for _, l := range o.Lives {
		t.Logf("%s: killed %v, error %v", l.Process, l.Killed, l.Err)
	}
	s.tally.count(o)
	if len(o.Violations) > 0 {
		s.tally.Failures = append(s.tally.Failures, s.failure(t, o))
	}
}

// ParsePlan reads "<seed>: <faults>", as in the command of a [Failure].
func ParsePlan(text string) (Plan, error) {
	number, list, _ := strings.Cut(text, ":")
	seed, err := strconv.ParseUint(strings.TrimSpace(number), 10, 64)
	if err != nil {
		return Plan{}, fmt.Errorf("sim: plan %q: want \"<seed>: <faults>\": %w", text, err)
	}
	faults, err := ParseFaults(list)
	return Plan{Seed: seed, Faults: faults}, err
}

// Shrink returns faults with which the scenario of a bad outcome still fails, and
// from which none can be taken away.
func Shrink(t *testing.T, s *Scenario, o *Outcome) []Fault {
	faults := o.Faults()
	fails := func(some []Fault) bool {
		return len(Run(t, s, Plan{Seed: o.Plan.Seed, Faults: some}).Violations) > 0
	}
	if fails(nil) {
		return nil
	}
	for size := max(len(faults)/2, 1); ; size = max(size/2, 1) {
		removed := false
		for i := 0; i+size <= len(faults); {
			rest := append(append([]Fault{}, faults[:i]...), faults[i+size:]...)
			if len(rest) > 0 && fails(rest) {
				faults, removed = rest, true
				continue
			}
			i += size
		}
		if size == 1 && !removed {
			return faults
		}
	}
}
