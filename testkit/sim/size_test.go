package sim_test

import (
	"os"
	"runtime/debug"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

// runsVariable is how many random runs there are. Without it the tests of this
// package take a sample of everything; with 10,000 or more they
// also run all single faults and all pairs of kills, as CI does; with 200,000,
// all triples, as make soak does.
const runsVariable = "REDFERRY_SIM_RUNS"

// firstVariable is the seed of the first random run of each scenario. The default is
// 1. With it a search is shared out over machines or days.
const firstVariable = "REDFERRY_SIM_FIRST"

func runs() int { return fromEnvironment(runsVariable, 60) }

func first() uint64 { return uint64(fromEnvironment(firstVariable, 1)) }

func fromEnvironment(variable string, otherwise int) int {
	n, err := strconv.Atoi(os.Getenv(variable))
	if err != nil || n < 1 {
		return otherwise
	}
	return n
}

func full() bool { return runs() >= 10_000 }

// soak is the size of make soak.
func soak() bool { return runs() >= 200_000 }

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // runs are short, and leave all that they made behind
	goleak.VerifyTestMain(m)
}
