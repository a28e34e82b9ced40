package sim_test

import (
	"fmt"
	"iter"
	"os"
	"runtime/debug"
	"strconv"
	"testing"

	"go.uber.org/goleak"

	"github.com/redferry/redferry/testkit/sim"
)

// runsVariable is how many random runs there are. Without it the tests of this
// package take a sample of everything; with 10,000 or more they
// also run all single faults and all pairs of kills, as CI does; with 200,000,
// all triples, as make soak does.
const runsVariable = "REDFERRY_SIM_RUNS"

// firstVariable is the seed of the first random run of each scenario. The default is
// 1. With it a search is shared out over machines or days.
const firstVariable = "REDFERRY_SIM_FIRST"

// partVariable is which of how many parts of the single faults and of the kills is
// run, as "2/10". The default is all. It and firstVariable share out a long search.
const partVariable = "REDFERRY_SIM_PART"

func runs() int { return fromEnvironment(runsVariable, 60) }

func first() uint64 { return uint64(fromEnvironment(firstVariable, 1)) }

func fromEnvironment(variable string, otherwise int) int {
	n, err := strconv.Atoi(os.Getenv(variable))
	if err != nil || n < 1 {
		return otherwise
	}
	return n
}

// part takes the plans of this run's part.
func part(t *testing.T, plans iter.Seq[sim.Plan]) iter.Seq[sim.Plan] {
	t.Helper()
	text := os.Getenv(partVariable)
	if text == "" {
		return plans
	}
	var n, of int
	if _, err := fmt.Sscanf(text, "%d/%d", &n, &of); err != nil || n < 1 || n > of {
		t.Fatalf("%s is %q, want, for example, 2/10", partVariable, text)
	}
	return every(of, n, plans)
}

// TestPart: the parts are all of it, each plan once.
func TestPart(t *testing.T) {
	seen := make(map[uint64]int)
	for _, text := range []string{"1/3", "2/3", "3/3"} {
		t.Setenv(partVariable, text)
		for plan := range part(t, sim.Seeds(1, 10, 0)) {
			seen[plan.Seed]++
		}
	}
	for seed := range uint64(10) {
		if seen[seed+1] != 1 {
			t.Errorf("seed %d is in %d parts", seed+1, seen[seed+1])
		}
	}
}

func full() bool { return runs() >= 10_000 }

// soak is the size of make soak.
func soak() bool { return runs() >= 200_000 }

func TestMain(m *testing.M) {
	debug.SetGCPercent(1600) // runs are short, and leave all that they made behind: 200 MB
	goleak.VerifyTestMain(m)
}
