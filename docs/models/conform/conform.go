// Package conform checks that what was seen at a warehouse is what a model of
// the load allows: that each trace is a trace of load.pml.
//
// A trace is accepted if the model, in whatever order its own unseen steps come,
// can do the events of the trace and nothing else that can be seen. So a trace
// that is accepted is covered by what spin proves of the model, and one that is
// rejected shows either a fault of the code, or one of the model.
//
// It needs the programs spin and gcc.
package conform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The protocols of load.pml that hold, by name.
const (
	Append       = "append"        // copyload, mode Append
	OntoEmpty    = "onto-empty"    // copyload, mode OntoEmpty
	Replace      = "replace"       // copyload, mode Replace
	CreateLedger = "create-ledger" // a table for each load, which is its own ledger
)

// What may follow the name of a protocol: "append-unordered-batch". Without,
// each try is a session, and loads have generations, as those of a pipeline.
const (
	Unordered = "-unordered" // loads have no generations, and no fence; not for CreateLedger
	Batch     = "-batch"     // each try is a batch
	Mixed     = "-mixed"     // each try of a runner of odd number is a batch; not for CreateLedger
)

// options are what the preprocessor is told of a protocol.
func options(protocol string) ([]string, error) {
	var told []string
	name, batch := strings.CutSuffix(protocol, Batch)
	name, mixed := strings.CutSuffix(name, Mixed)
	name, unordered := strings.CutSuffix(name, Unordered)
	if batch {
		told = append(told, "-DBATCH=1")
	} else if mixed {
		told = append(told, "-DBATCH=2")
	}
	if unordered {
		told = append(told, "-DUNORDERED")
	}
	number, ok := map[string]string{Append: "APPEND", OntoEmpty: "ONTO_EMPTY_TABLE", Replace: "REPLACE", CreateLedger: "CREATE_AS_LEDGER"}[name]
	if !ok || batch && mixed || name == CreateLedger && (mixed || unordered) {
		return nil, fmt.Errorf("there is no protocol %q", protocol)
	}
	return append(told, "-DPROTOCOL="+number), nil
}

// ErrRejected is wrapped by the error for traces that the model cannot follow.
var ErrRejected = errors.New("not a trace of the model")

// A Rejection is a trace that the model cannot follow.
type Rejection struct {
	Trace Trace
	// At is the index of the first event that the model cannot do, whichever way it
	// takes up to there.
	At int
}

// String returns the trace with ">>>" before the event where it stops.
func (r Rejection) String() string {
	shown := Trace{Loads: r.Trace.Loads, Events: r.Trace.Events[:r.At]}
	return strings.TrimSpace(shown.String() + " >>> " + Trace{Events: r.Trace.Events[r.At:]}.String())
}

// An Error lists the traces that were rejected, each once. It wraps
// [ErrRejected].
type Error struct {
	Protocol string
	Traces   int // distinct traces that were checked
	Rejected []Rejection
}

// Error names the first few.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "conform: %s: %d of %d distinct traces: %s", e.Protocol, len(e.Rejected), e.Traces, ErrRejected)
	for i, r := range e.Rejected {
		if i == 5 {
			fmt.Fprintf(&b, "\n\tand %d more", len(e.Rejected)-i)
			break
		}
		fmt.Fprintf(&b, "\n\t%s", r)
	}
	return b.String()
}

// Unwrap returns [ErrRejected].
func (e *Error) Unwrap() error { return ErrRejected }

// Check checks all traces against the protocol, which is one of the constants of
// this package, with suffixes. Statements outside of the transaction are no
// events: what a failed batch is asked afterwards, and what comes before BEGIN.
// Equal traces are checked once. It compiles one verifier for
// all of them in a temporary directory, and takes about 1 s and 2 ms
// per trace. If the model cannot follow some of them, the error is an [*Error];
// any other error means that nothing was shown. No traces are an error, too.
func Check(ctx context.Context, protocol string, traces []Trace) error {
	told, err := options(protocol)
	if err != nil {
		return fmt.Errorf("conform: %w", err)
	}
	distinct, err := dedupe(traces)
	if err != nil {
		return fmt.Errorf("conform: %s: %w", protocol, err)
	}
	reached, err := search(ctx, told, distinct)
	if err != nil {
		return fmt.Errorf("conform: %s: %w", protocol, err)
	}
	failed := &Error{Protocol: protocol, Traces: len(distinct)}
	for i, t := range distinct {
		if reached[i] < len(t.Events) {
			failed.Rejected = append(failed.Rejected, Rejection{Trace: t, At: reached[i]})
		}
	}
	if len(failed.Rejected) > 0 {
		return failed
	}
	return nil
}

// dedupe returns each trace once, in the order of their first.
func dedupe(traces []Trace) ([]Trace, error) {
	seen := make(map[string]bool)
	var distinct []Trace
	for _, t := range traces {
		if err := t.check(); err != nil {
			return nil, err
		}
		text := t.String()
		if !seen[text] {
			seen[text] = true
			distinct = append(distinct, t)
		}
	}
	if len(distinct) == 0 {
		return nil, fmt.Errorf("%w: there are none to check", ErrTrace)
	}
	return slices.Clip(distinct), nil
}
