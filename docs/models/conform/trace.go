package conform

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A What is a kind of event.
type What string

// What the warehouse does in the session of one try, in the order in which it
// takes effect there.
const (
	Begin       What = "begin"        // BEGIN
	Lock        What = "lock"         // the lock on the target is granted
	LookAbsent  What = "look:absent"  // the ledger, as the transaction sees it, has no mark
	LookPresent What = "look:present" // it has; in a batch, the guard raised its error, too
	RoomEmpty   What = "room:empty"   // the target has no rows
	RoomTaken   What = "room:taken"   // it has
	FenceOpen   What = "fence:open"   // the ledger has no newer load that forbids this one
	FenceNewer  What = "fence:newer"  // it has; a trace has all fences or none
	Delete      What = "delete"
	Copy        What = "copy"       // COPY loaded what the manifest says
	CopyShort   What = "copy:short" // COPY loaded something else
	Mark        What = "mark"       // the row of the ledger is inserted
	Create      What = "create"     // the table that is its own ledger is created
	Exists      What = "exists"     // it is there already
	Commit      What = "commit"
	Abort       What = "abort" // the warehouse ended the transaction, be it by an error of a statement
	Gone        What = "gone"  // the transaction was rolled back because its client did it, or is gone
)

// What the client of one try learns. A trace has all of these or none.
const (
	OK   What = "ok"   // the answer to COMMIT
	Lost What = "lost" // an answer did not come: the client gives up the try
)

// What becomes of a run: one call of copyload.Run, of one or more tries.
const (
	Done    What = "done"    // it said that the rows are there
	Failed  What = "failed"  // it said that none of its rows are there, nor will be
	Unknown What = "unknown" // it said that it does not know
	Crash   What = "crash"   // its process ended
)

// whats are numbered as in trace.pml, from 1.
var whats = []What{
	Begin, Lock, LookAbsent, LookPresent, RoomEmpty, RoomTaken, FenceOpen, FenceNewer, Delete, Copy, CopyShort, Mark, Commit,
	Abort, Gone, Create, Exists, OK, Lost, Done, Failed, Unknown, Crash,
}

// number is 0 if there is no such event.
func (w What) number() int { return slices.Index(whats, w) + 1 }

// ofRun reports whether w belongs to a run, not to one of its tries.
func (w What) ofRun() bool { return w == Done || w == Failed || w == Unknown || w == Crash }

// An Event is something that happened at the warehouse or to one of its clients.
type Event struct {
	Runner int // from 0
	// Try is 0 for what becomes of a run, else the number of the runner's BEGIN,
	// from 1, in the order in which they took effect, over all of its runs.
	Try  int
	What What
}

// String returns "r0.2.lock", or "r0.done" for the event of a run.
func (e Event) String() string {
	if e.What.ofRun() {
		return fmt.Sprintf("r%d.%s", e.Runner, e.What)
	}
	return fmt.Sprintf("r%d.%d.%s", e.Runner, e.Try, e.What)
}

// A Trace is what happened to the loads of one table, in order. It may end
// anywhere. A load of no rows, which has no COPY, is no trace of the model.
type Trace struct {
	// Loads are the identities of the loads, by runner: runners with the same one
	// share a row of the ledger, and a higher one is of a newer generation. It may
	// be nil or short: then the identity is 0. At most 3 identities.
	Loads  []int
	Events []Event
}

// ErrTrace is wrapped by the error for what is not a trace.
var ErrTrace = errors.New("not a trace")

const loadsPrefix = "loads:"

// String returns t as [Parse] reads it: its events, separated by spaces, after
// "loads:0,1" if there are several identities.
func (t Trace) String() string {
	var words []string
	if slices.ContainsFunc(t.Loads, func(load int) bool { return load != 0 }) {
		numbers := make([]string, len(t.Loads))
		for i, load := range t.Loads {
			numbers[i] = strconv.Itoa(load)
		}
		words = append(words, loadsPrefix+strings.Join(numbers, ","))
	}
	for _, e := range t.Events {
		words = append(words, e.String())
	}
	return strings.Join(words, " ")
}

// Parse reads one trace from a line. The error wraps [ErrTrace].
func Parse(line string) (Trace, error) {
	var t Trace
	for i, word := range strings.Fields(line) {
		if list, ok := strings.CutPrefix(word, loadsPrefix); ok && i == 0 {
			for _, field := range strings.Split(list, ",") {
				load, err := strconv.Atoi(field)
				if err != nil {
					return Trace{}, fmt.Errorf("%w: %q: %w", ErrTrace, word, err)
				}
				t.Loads = append(t.Loads, load)
			}
			continue
		}
		e, err := parseEvent(word)
		if err != nil {
			return Trace{}, err
		}
		t.Events = append(t.Events, e)
	}
	return t, t.check()
}

func parseEvent(word string) (Event, error) {
	var e Event
	runner, rest, ok := strings.Cut(word, ".")
	number, isRunner := strings.CutPrefix(runner, "r")
	var err error
	if e.Runner, err = strconv.Atoi(number); err != nil || !ok || !isRunner {
		return Event{}, fmt.Errorf("%w: %q names no runner: write r0.1.begin", ErrTrace, word)
	}
	e.What = What(rest)
	if try, what, ok := strings.Cut(rest, "."); ok {
		if e.Try, err = strconv.Atoi(try); err != nil {
			return Event{}, fmt.Errorf("%w: %q has no number of a try: %w", ErrTrace, word, err)
		}
		e.What = What(what)
	}
	return e, nil
}

// Limits of the model's state: a byte per process, and the numbers in trace.pml.
const (
	maxRunners = 16
	maxTries   = 60
	maxLoads   = 3
	maxEvents  = 10_000
)

func (t Trace) check() error {
	if len(t.Events) > maxEvents {
		return fmt.Errorf("%w: it has %d events; the model takes %d", ErrTrace, len(t.Events), maxEvents)
	}
	for _, load := range t.Loads {
		if load < 0 || load >= maxLoads {
			return fmt.Errorf("%w: load %d: the model takes 0 to %d", ErrTrace, load, maxLoads-1)
		}
	}
	for _, e := range t.Events {
		switch {
		case e.What.number() == 0:
			return fmt.Errorf("%w: %q is no event", ErrTrace, e)
		case e.What.ofRun() != (e.Try == 0):
			return fmt.Errorf("%w: %s: what becomes of a run has no try, all else has one", ErrTrace, e)
		case e.Runner < 0 || e.Runner >= maxRunners || e.Try < 0 || e.Try > maxTries:
			return fmt.Errorf("%w: %s: the model takes %d runners with %d tries", ErrTrace, e, maxRunners, maxTries)
		}
	}
	return nil
}
