package fakeredshift

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// A Wire is a way into the warehouse.
type Wire string

// The wires of a [Warehouse].
const (
	PG      Wire = "pg"       // the PostgreSQL protocol
	DataAPI Wire = "data-api" // the Redshift Data API
)

// A Moment is when a connection is dropped.
type Moment string

const (
	// BeforeEffect is before anything is done.
	BeforeEffect Moment = "before effect"
	// AfterEffect is when all is done and only the answer is missing.
	AfterEffect Moment = "after effect"
)

// A Fault is one thing that goes wrong, as data. It hits an operation of a
// wire, or a statement by its first word. What it does happens in this order:
// Delay, then a drop or an error in place of the operation, or a drop after it. A
// Fault without an effect changes nothing, but counts as hit, so it can demand
// that something comes.
type Fault struct {
	// Wire is where it happens; empty means on both.
	Wire Wire
	// Op is what it hits; empty hits all of these.
	//
	// On the PostgreSQL wire it is the kind of a message: "Startup", "Cancel",
	// "Query", "Parse", "Bind", "Describe", "Execute", "Close", "Sync", "Flush".
	// In the Data API it is the name of an operation: "ExecuteStatement". On
	// both it may be the first word of a statement in upper case, "COPY", which
	// is met when the statement runs.
	Op string
	// Label restricts the fault to statements with this label (see [Query]);
	// empty means any. A message of the PostgreSQL wire has the label of the
	// statement before.
	Label string
	// Skip is how many matches pass unharmed before the first hit.
	Skip int
	// Times is how often the fault hits; zero means once, -1 without end.
	Times int

	// Delay waits first. A cancelled statement ends its wait.
	Delay time.Duration
	// Drop cuts the connection. At a statement of the Data API it cuts the
	// service's own connection to the warehouse: the statement ends as FAILED,
	// though with AfterEffect it took effect.
	Drop Moment
	// SQL fails the statement, and with it the transaction, with this error.
	SQL *Error
	// Status, Code and Message are the refusal of an operation of the Data API:
	// 400, "ThrottlingException", "Rate exceeded".
	Status  int
	Code    string
	Message string
}

// String describes the fault for the message of a failed test.
func (f Fault) String() string {
	text := "fault on " + or(f.Op, "any operation")
	if f.Wire != "" {
		text += " of " + string(f.Wire)
	}
	if f.Label != "" {
		text += fmt.Sprintf(" of %q", f.Label)
	}
	if f.Skip != 0 {
		text += fmt.Sprintf(" after %d", f.Skip)
	}
	return text
}

// Inject makes things go wrong from now on. Of several faults that match, the
// one injected first acts until it is used up; all count what they match for
// their Skip.
func (w *Warehouse) Inject(faults ...Fault) {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	for _, f := range faults {
		w.faults.list = append(w.faults.list, &injected{Fault: f})
	}
}

// ClearFaults takes all injected faults away, those not hit included.
func (w *Warehouse) ClearFaults() {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	w.faults.list = nil
}

// Unhit returns the injected faults that never hit so far.
func (w *Warehouse) Unhit() []Fault {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	var unhit []Fault
	for _, f := range w.faults.list {
		if f.hits == 0 {
			unhit = append(unhit, f.Fault)
		}
	}
	return unhit
}

// A TB is the part of [testing.TB] that [Warehouse.Check] needs.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// Check fails a test for each injected fault that never hit: such a test did not
// test what it says.
func (w *Warehouse) Check(t TB) {
	t.Helper()
	for _, f := range w.Unhit() {
		t.Errorf("fakeredshift: the %s was never hit", f)
	}
}

// errDropped ends a connection without a word.
var errDropped = errors.New("fakeredshift: the connection was cut by a fault")

type faults struct {
	mu   sync.Mutex // guards list
	list []*injected
}

type injected struct {
	Fault
	matches, hits int
}

// take returns the fault that hits now, an empty one if none does.
func (f *faults) take(wire Wire, op, label string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	var hit Fault
	found := false
	for _, i := range f.list {
		if !i.match(wire, op, label) {
			continue
		}
		i.matches++
		if found || i.matches <= i.Skip || i.Times != -1 && i.hits >= max(i.Times, 1) {
			continue
		}
		i.hits++
		hit, found = i.Fault, true
	}
	return hit
}

func (f *Fault) match(wire Wire, op, label string) bool {
	return (f.Wire == "" || f.Wire == wire) && (f.Op == "" || f.Op == op) && (f.Label == "" || f.Label == label)
}

// wait lets the fault's delay pass, or less if done is closed.
func (f *Fault) wait(done <-chan struct{}) {
	if f.Delay <= 0 {
		return
	}
	t := time.NewTimer(f.Delay)
	defer t.Stop()
	select {
	case <-t.C:
	case <-done:
	}
}
