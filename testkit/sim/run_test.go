package sim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/redferry/redferry/testkit/sim"
)

// TestHealthy: without a fault, one life does all the work.
func TestHealthy(t *testing.T) {
	for _, mode := range []string{"direct", "dataapi", "auto"} {
		t.Run(mode, func(t *testing.T) {
			begin := time.Now()
			o := sim.Run(t, shop("healthy-"+mode, &sim.Move{Mode: mode, Threshold: 1}), sim.Plan{Seed: 1})
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

// parts counts the parts of uploads that were sent.
func parts(o *sim.Outcome) int {
	n := 0
	for _, step := range o.Trace {
		if step.Class == sim.Write && strings.Contains(step.Op, " UploadPart ") {
			n++
		}
	}
	return n
}

// copies counts the files whose copy was begun.
func copies(o *sim.Outcome) int {
	files := make(map[string]bool)
	for _, step := range o.Trace {
		if strings.HasPrefix(step.Op, "copy to ") {
			files[step.Op] = true
		}
	}
	return len(files)
}

// TestHealthyWide: the file of a wide table is copied in parts.
func TestHealthyWide(t *testing.T) {
	m := &sim.Move{Mode: "direct"}
	s := shop("wide", m)
	large(s, m)
	o := sim.Run(t, s, sim.Plan{Seed: 1})
	for _, v := range o.Violations {
		t.Error(v)
	}
	if len(o.Lives) != 1 {
		t.Errorf("it took %d lives: %v", len(o.Lives), o.Lives)
	}
	if n := parts(o); n != 2 {
		t.Errorf("%d parts were sent, want 2", n)
	}
}
