package sim_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/redferry/redferry/testkit/sim"
)

// hangVariable is set in the process in which a program hangs for good: its
// goroutines cannot be ended.
const hangVariable = "REDFERRY_SIM_HANG"

// TestHang: a program that waits for something that never comes, whatever its
// context says, is a violation like others: its trace is there, and the fault
// that it needs is found.
func TestHang(t *testing.T) {
	if _, ok := os.LookupEnv(hangVariable); ok {
		hang(t)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHang$", "-test.v")
	cmd.Env = append(os.Environ(), hangVariable+"=1")
	out, err := cmd.CombinedOutput()
	if !strings.Contains(string(out), "seen to the end") {
		t.Errorf("%v\n%s", err, out)
	}
}

func hang(t *testing.T) {
	s := smallest()
	move := s.Program
	s.Program = func(ctx context.Context, p *sim.Process) error {
		err := move(ctx, p)
		if err != nil && !errors.Is(err, context.Canceled) {
			<-make(chan struct{})
		}
		return err
	}
	healthy := sim.Run(t, smallest(), sim.Plan{Seed: 1}).Trace
	dial := slices.IndexFunc(healthy, func(step sim.Step) bool { return step.Class == sim.Dial })
	write := slices.IndexFunc(healthy[max(dial, 0):], func(step sim.Step) bool { return step.Class == sim.DiskOp })
	if dial < 0 || write < 0 {
		t.Fatal("nothing is asked, or nothing written")
	}
	harmless := sim.Fault{At: healthy[dial].Boundary, Kind: sim.Stall}
	fault := sim.Fault{At: healthy[dial+write].Boundary, Kind: sim.DiskFull}
	o := sim.Run(t, s, sim.Plan{Seed: 1, Faults: []sim.Fault{harmless, fault}})
	if len(o.Violations) == 0 || len(o.Faults()) != 2 {
		t.Fatalf("violations %q, %d steps, faults %v", o.Violations, len(o.Trace), o.Faults())
	}
	if minimal := sim.Shrink(t, s, o); len(minimal) != 1 || minimal[0] != fault {
		t.Fatalf("shrunk to %v, want %v", minimal, fault)
	}
	t.Logf("seen to the end: %q", o.Violations)
}
