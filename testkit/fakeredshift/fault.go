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

// A Drop says when a fault cuts the connection.
type Drop uint8

// The points at which a connection is cut.
const (
	DropBefore Drop = iota + 1 // nothing was done
	DropAfter                  // all was done, and nobody hears of it
)

// A Fault is one thing that goes wrong, as data. It hits an operation of a
// wire, or a statement by its first word. What it does happens in this order:
// Delay, then DropBefore, an error in place of the operation, or DropAfter.
type Fault struct {
	// Wire is where it happens; empty means on both.
	Wire Wire
	// Op is what it hits; empty hits all of these.
	//
	// On the PostgreSQL wire it is the kind of a message: "Startup", "Cancel",
	// "Query", "Parse", "Bind", "Describe", "Execute", "Close", "Sync", "Flush".
	// In the Data API it is the name of an operation: "ExecuteStatement". On both it may be the first word of
	// a statement in upper case, "COPY", which is met when the statement runs.
	Op string
	// Label restricts the fault to statements with this query_group or
	// StatementName; empty means any.
	Label string
	// Skip is how many matches pass unharmed before the first hit.
	Skip int
	// Times is how often the fault hits; zero means once, -1 without end.
	Times int

	// Delay waits first. A cancelled statement ends its wait.
	Delay time.Duration
	// Drop cuts the connection. At a statement of the Data API it cuts the
	// service's own connection to the warehouse: the statement ends as FAILED,
	// though with DropAfter it took effect.
	Drop Drop
	// SQL fails the statement, and with it the transaction, with this error.
	SQL *Error
	// Status, Code and Message are the refusal of an operation of the Data API:
	// 400, "ThrottlingException", "Rate exceeded".
	Status  int
	Code    string
	Message string
}

// Inject adds a fault. Of several that match, the one injected first acts
// until it is used up; all that match count the match for their Skip.
func (w *Warehouse) Inject(f Fault) {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	w.faults.list = append(w.faults.list, &injected{Fault: f})
}

// Unhit returns an error that names each fault that never hit, nil if there is
// none. A test that injects faults ends with it.
func (w *Warehouse) Unhit() error {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	var errs []error
	for _, f := range w.faults.list {
		if f.hits == 0 {
			errs = append(errs, fmt.Errorf("fakeredshift: a fault was never hit: wire %q, op %q, label %q, after %d of %d to skip",
				f.Wire, f.Op, f.Label, f.matches, f.Skip))
		}
	}
	return errors.Join(errs...)
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
		if found || i.matches <= i.Skip || i.Times >= 0 && i.hits >= i.Times {
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
