package sim

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
)

// A Scenario is a program and the world that it runs in.
type Scenario struct {
	// Name identifies the scenario to whoever replays a run.
	Name string
	// Fill puts into the world what the program is to work on. It runs before
	// the first process, in no time.
	Fill func(w *World) error
	// Program is one life of the program. It returns nil only when its work is
	// done. After a kill it is called again, with what its disk still has; also
	// after an error, as often as Lives allows. ctx ends with the process; what
	// Program still does after that has no effect.
	Program func(ctx context.Context, p *Process) error
	// Check is asked when a life says that its work is done, and once more at the
	// end. It returns what is wrong with the world.
	Check func(w *World) []error
	// Always is asked at the end of each life, however it came. It returns what may
	// never be so, not even for a moment.
	Always func(w *World) []error
	// Excuse reports whether a program that ends with err, again and again, says
	// truthfully that its work cannot be done, as when a rival's made it obsolete.
	// The default excuses nothing.
	Excuse func(err error) bool
	// Replaceable says that the program copes with source objects that are replaced
	// while it runs: that is no damage then ([World.Damaged]).
	Replaceable bool
	// Lives is how often a runner's program is started while things go wrong. The
	// default is 6. After that nothing goes wrong any more, and the program must
	// succeed.
	Lives int
	// Rivals are runners that do the same work from the beginning, besides the
	// first. A fault of kind [SecondRunner] calls the second, unless it is there.
	Rivals int
	// SharedDisk has all runners on one machine: then a kill loses no data that
	// the program has written, synced or not.
	SharedDisk bool
	// MinPartSize is the least size in bytes of a part of an upload that is not
	// its last. The default is that of S3, 5 MiB; smaller ones make smaller worlds.
	MinPartSize int64
	// TLS has the servers speak TLS, but on the PostgreSQL wire.
	TLS bool
	// Engine makes the database of a side's warehouse; pace says how long its
	// statements take. The default is package mem's, with two slices.
	Engine func(side string, pace func(sql string) mem.Pace) (fakeredshift.Engine, error)
	// Watch are more secrets to search for, by the name of their kind.
	Watch map[string]string
}

func (s *Scenario) engine(side string, pace func(sql string) mem.Pace) (fakeredshift.Engine, error) {
	if s.Engine != nil {
		return s.Engine(side, pace)
	}
	return mem.New(&mem.Options{Slices: 2, Uncompressed: true, Pace: pace}), nil
}

func (s *Scenario) lives() int {
	if s.Lives == 0 {
		return 6
	}
	return s.Lives
}

// An Outcome is what became of one run.
type Outcome struct {
	Scenario   string
	Plan       Plan
	Trace      []Step
	Lives      []Life
	Violations []string
	// Reached counts the rare states that the run came through.
	Reached map[State]int
	// Loads are the transactions of loads, as the target's warehouse saw them.
	Loads   []Load
	Elapsed time.Duration // of virtual time
}

// A Life is what became of one process.
type Life struct {
	Process string
	Killed  bool
	Err     error
}

// Faults are those that happened.
func (o *Outcome) Faults() []Fault {
	var faults []Fault
	for _, s := range o.Trace {
		if s.Fault != "" {
			faults = append(faults, Fault{At: s.Boundary, Kind: s.Fault})
		}
	}
	return faults
}

// Run runs a scenario once, in a world and a synctest bubble of its own. It does
// not fail t for what it finds: that is in the Outcome.
func Run(t *testing.T, s *Scenario, plan Plan) (o *Outcome) {
	t.Helper()
	o = &Outcome{Scenario: s.Name, Plan: plan, Reached: make(map[State]int)}
	var w *World
	defer func() {
		if r := recover(); r != nil { // of synctest: all goroutines of the bubble wait for each other, or for nothing
			o.Violations = append(o.Violations, fmt.Sprintf("goroutines are left that wait for ever: %v", r))
			w.testify(o)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var err error
		if w, err = newWorld(s, &plan); err == nil {
			err = s.run(w, o)
		}
		if err != nil {
			o.Violations = append(o.Violations, "the simulator: "+err.Error())
		}
		o.Elapsed = time.Since(begin)
		time.Sleep(time.Minute) // connections that idle come to their end
	})
	return o
}

func (s *Scenario) run(w *World, o *Outcome) error {
	defer func() {
		if err := w.Close(); err != nil {
			o.Violations = append(o.Violations, "closing the world: "+err.Error())
		}
	}()
	if err := s.Fill(w); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		w.turnstile.run(done)
		close(ended)
	}()
	for n := range 1 + s.Rivals {
		w.spawn(n + 1)
	}
	w.runners.Wait()
	w.processes.Wait()
	time.Sleep(settle) // what the servers still do comes to its end
	close(done)
	<-ended
	w.finish(o)
	return nil
}

// settle outlasts every statement, session and lock that a dead process leaves.
const settle = 10 * time.Minute
