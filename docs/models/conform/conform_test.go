//go:build spin

package conform_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redferry/redferry/docs/models/conform"
)

// Cases are traces of one protocol. A trace with ">>>" must be rejected there.
type cases struct {
	protocol string
	traces   map[string]string
}

var all = []cases{
	{conform.Append + conform.Unordered, map[string]string{
		"nothing":         "",
		"one load":        "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.1.commit r0.done",
		"and once more":   "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.1.commit r0.done r0.2.begin r0.2.lock r0.2.look:present r0.2.room:taken r0.done r0.2.gone",
		"told":            "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.1.commit r0.1.ok r0.done",
		"told, then dead": "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.1.commit r0.1.ok r0.crash",
		"lost, then settled": "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.1.commit r0.1.lost " +
			"r0.2.begin r0.2.lock r0.2.look:present r0.2.room:taken r0.2.gone r0.done",
		"a COMMIT that outlives its client": "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.crash " +
			"r0.2.begin r0.1.commit r0.2.lock r0.2.look:present r0.2.room:taken r0.2.gone r0.done",
		"a COPY that outlives its client": "r0.1.begin r0.1.lock r0.1.look:absent r0.crash r0.2.begin r0.1.copy r0.1.gone " +
			"r0.2.lock r0.2.look:absent r0.2.copy r0.2.mark r0.2.commit r0.done",
		"aborted":       "r0.1.begin r0.1.lock r0.1.look:absent r0.1.abort r0.2.begin r0.2.lock r0.2.look:absent r0.2.copy r0.2.mark r0.2.commit r0.done",
		"short":         "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy:short r0.1.gone r0.failed",
		"never began":   "r0.failed r0.1.begin r0.1.lock r0.crash",
		"does not know": "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.1.commit r0.unknown",
		"two runners": "r0.1.begin r1.1.begin r1.1.lock r1.1.look:absent r1.1.copy r1.1.mark r1.1.commit r0.1.lock r1.done " +
			"r0.1.look:present r0.1.room:taken r0.done r0.1.gone",
		"four tries": "r0.1.begin r0.1.lock r0.1.abort r0.2.begin r0.2.lock r0.2.abort r0.3.begin r0.3.abort r0.4.begin r0.4.lock r0.4.look:absent",

		"COPY before the lock":           "r0.1.begin >>> r0.1.copy r0.1.lock r0.1.look:absent r0.1.mark r0.1.commit",
		"look before the lock":           "r0.1.begin >>> r0.1.look:absent r0.1.lock r0.1.copy r0.1.mark r0.1.commit",
		"no lock":                        "r0.1.begin >>> r0.1.look:absent r0.1.copy",
		"no look":                        "r0.1.begin r0.1.lock >>> r0.1.copy r0.1.mark r0.1.commit",
		"COPY after present":             "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.1.commit r0.2.begin r0.2.lock r0.2.look:present >>> r0.2.copy",
		"present from nowhere":           "r0.1.begin r0.1.lock >>> r0.1.look:present r0.done",
		"no mark":                        "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy >>> r0.1.commit r0.done",
		"mark before the COPY":           "r0.1.begin r0.1.lock r0.1.look:absent >>> r0.1.mark r0.1.copy r0.1.commit",
		"COMMIT twice":                   "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.1.commit >>> r0.1.commit",
		"COPY twice":                     "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy >>> r0.1.copy r0.1.mark r0.1.commit",
		"mark of a short COPY":           "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy:short >>> r0.1.mark r0.1.commit",
		"done before COMMIT":             "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark >>> r0.done r0.1.commit",
		"done after an abort":            "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.1.abort >>> r0.done",
		"done after a lost answer":       "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.1.commit r0.1.lost >>> r0.done",
		"failed after COMMIT":            "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.1.commit >>> r0.failed",
		"failed with a COMMIT under way": "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark >>> r0.failed r0.1.commit",
		"absent after a COMMIT": "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.crash r0.1.commit " +
			"r0.2.begin r0.2.lock >>> r0.2.look:absent r0.2.copy r0.2.mark r0.2.commit",
		"the lock held twice":          "r0.1.begin r0.1.lock r1.1.begin >>> r1.1.lock",
		"a lock that goes with a dead": "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.crash r0.2.begin >>> r0.2.lock r0.1.commit",
		"COMMIT after the rollback":    "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.crash r0.1.gone >>> r0.1.commit",
		"a dead client goes on":        "r0.1.begin r0.1.lock r0.1.look:absent r0.crash r0.1.copy >>> r0.1.mark r0.1.commit",
		"rolled back, still there":     "r0.1.begin r0.1.lock r0.1.abort >>> r0.1.look:absent",
		"a second try beside the first": "r0.1.begin r0.1.lock r0.1.look:absent r0.2.begin r0.1.copy >>> r0.1.mark " +
			"r0.1.commit",
		"the second try first":             ">>> r0.2.begin r0.1.begin",
		"done, but the rows not looked at": "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.1.commit r0.2.begin r0.2.lock r0.2.look:present >>> r0.done",
		"a fence without generations":      "r0.1.begin r0.1.lock r0.1.look:absent >>> r0.1.fence:open",
		"emptiness looked at":              "r0.1.begin r0.1.lock r0.1.look:absent >>> r0.1.room:empty r0.1.copy",
	}},
	{conform.Append, map[string]string{
		"one load": "r0.1.begin r0.1.lock r0.1.look:absent r0.1.fence:open r0.1.copy r0.1.mark r0.1.commit r0.done",
		"two loads": "loads:0,1 r0.1.begin r1.1.begin r1.1.lock r1.1.look:absent r1.1.fence:open r1.1.copy r1.1.mark r1.1.commit r1.done " +
			"r0.1.lock r0.1.look:absent r0.1.fence:open r0.1.copy r0.1.mark r0.1.commit r0.done",
		"done before": "r0.1.begin r0.1.lock r0.1.look:absent r0.1.fence:open r0.1.copy r0.1.mark r0.1.commit r0.crash " +
			"r0.2.begin r0.2.lock r0.2.look:present r0.2.fence:open r0.2.room:taken r0.2.gone r0.done",
		"fences unseen": "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.1.commit r0.crash r0.2.begin r0.2.lock r0.2.look:present r0.2.room:taken r0.2.gone r0.done",
		"one fence":     "r0.1.begin r0.1.lock r0.1.look:absent r0.1.fence:open r0.1.abort r0.2.begin r0.2.lock r0.2.look:absent >>> r0.2.copy",
		"newer, where":  "r0.1.begin r0.1.lock r0.1.look:absent >>> r0.1.fence:newer",
	}},
	{conform.OntoEmpty, map[string]string{
		"one load":     "r0.1.begin r0.1.lock r0.1.look:absent r0.1.fence:open r0.1.room:empty r0.1.copy r0.1.mark r0.1.commit r0.done",
		"taken":        "r0.1.begin r0.1.lock r0.1.look:absent r0.1.fence:open r0.1.room:taken r0.1.gone r0.failed",
		"three tries":  "r0.1.begin r0.1.abort r0.2.begin r0.2.lock r0.2.abort r0.3.begin r0.3.lock r0.3.look:absent r0.3.fence:open r0.3.room:empty",
		"COPY beside":  "r0.1.begin r0.1.lock r0.1.look:absent r0.1.fence:open r0.1.room:taken >>> r0.1.copy r0.1.mark r0.1.commit",
		"not looked":   "r0.1.begin r0.1.lock r0.1.look:absent r0.1.fence:open >>> r0.1.copy r0.1.mark r0.1.commit",
		"both answers": "r0.1.begin r0.1.lock r0.1.look:absent r0.1.fence:open r0.1.room:taken r0.1.gone r0.failed r0.2.begin r0.2.lock r0.2.look:absent r0.2.fence:open >>> r0.2.room:empty",
	}},
	{conform.Replace, map[string]string{
		"one load": "r0.1.begin r0.1.lock r0.1.look:absent r0.1.fence:open r0.1.delete r0.1.copy r0.1.mark r0.1.commit r0.done",
		"the older comes late": "loads:0,1 r0.1.begin r1.1.begin r1.1.lock r1.1.look:absent r1.1.fence:open r1.1.delete r1.1.copy r1.1.mark r1.1.commit " +
			"r0.1.lock r1.done r0.1.look:absent r0.1.fence:newer r0.1.gone r0.failed",
		"the newer comes late": "loads:1 r1.1.begin r1.1.lock r1.1.look:absent r1.1.fence:open r1.1.delete r1.1.copy r1.1.mark r1.1.commit r1.done " +
			"r0.1.begin r0.1.lock r0.1.look:absent r0.1.fence:open r0.1.delete r0.1.copy r0.1.mark r0.1.commit r0.done",
		"done, and replaced since": "loads:0,1 r0.1.begin r0.1.lock r0.1.look:absent r0.1.fence:open r0.1.delete r0.1.copy r0.1.mark r0.1.commit r0.1.lost " +
			"r1.1.begin r1.1.lock r1.1.look:absent r1.1.fence:open r1.1.delete r1.1.copy r1.1.mark r1.1.commit r1.1.ok r1.done " +
			"r0.2.begin r0.2.lock r0.2.look:present r0.2.fence:newer r0.2.gone r0.failed",
		"done, though replaced since": "loads:0,1 r0.1.begin r0.1.lock r0.1.look:absent r0.1.fence:open r0.1.delete r0.1.copy r0.1.mark r0.1.commit r0.crash " +
			"r1.1.begin r1.1.lock r1.1.look:absent r1.1.fence:open r1.1.delete r1.1.copy r1.1.mark r1.1.commit r1.done " +
			"r0.2.begin r0.2.lock r0.2.look:present r0.2.fence:newer r0.2.gone >>> r0.done",
		"the older overwrites": "loads:0,1 r1.1.begin r1.1.lock r1.1.look:absent r1.1.fence:open r1.1.delete r1.1.copy r1.1.mark r1.1.commit " +
			"r0.1.begin r0.1.lock r0.1.look:absent >>> r0.1.fence:open r0.1.delete r0.1.copy r0.1.mark r0.1.commit",
		"one fence": "r0.1.begin r0.1.lock r0.1.look:absent r0.1.fence:open r0.1.abort r0.2.begin r0.2.lock r0.2.look:absent >>> r0.2.delete",
		"the older stops, fences unseen": "loads:0,1 r1.1.begin r1.1.lock r1.1.look:absent r1.1.delete r1.1.copy r1.1.mark r1.1.commit " +
			"r0.1.begin r0.1.lock r0.1.look:absent r0.1.gone r0.failed",
		"the older overwrites, fences unseen": "loads:0,1 r1.1.begin r1.1.lock r1.1.look:absent r1.1.delete r1.1.copy r1.1.mark r1.1.commit " +
			"r0.1.begin r0.1.lock r0.1.look:absent >>> r0.1.delete r0.1.copy r0.1.mark r0.1.commit",
		"no DELETE":         "r0.1.begin r0.1.lock r0.1.look:absent r0.1.fence:open >>> r0.1.copy r0.1.mark r0.1.commit",
		"COPY, then DELETE": "r0.1.begin r0.1.lock r0.1.look:absent r0.1.fence:open >>> r0.1.copy r0.1.delete r0.1.mark r0.1.commit",
		"after a newer": "loads:0,1 r1.1.begin r1.1.lock r1.1.look:absent r1.1.fence:open r1.1.delete r1.1.copy r1.1.mark r1.1.commit " +
			"r0.1.begin r0.1.lock r0.1.look:absent r0.1.fence:newer >>> r0.1.delete",
		"the same load, absent for another runner": "r1.1.begin r1.1.lock r1.1.look:absent r1.1.fence:open r1.1.delete r1.1.copy r1.1.mark r1.1.commit " +
			"r0.1.begin r0.1.lock >>> r0.1.look:absent",
	}},
	{conform.CreateLedger, map[string]string{
		"one load":       "r0.1.begin r0.1.create r0.1.copy r0.1.commit r0.done",
		"there already":  "r0.1.begin r0.1.create r0.1.copy r0.1.commit r0.crash r0.2.begin r0.2.exists r0.2.gone r0.done",
		"waits":          "r0.1.begin r0.1.create r1.1.begin r0.1.copy r0.1.commit r0.done r1.1.exists r1.done",
		"two creators":   "r0.1.begin r0.1.create r1.1.begin >>> r1.1.create",
		"created twice":  "r0.1.begin r0.1.create r0.1.copy r0.1.commit r1.1.begin >>> r1.1.create",
		"COPY to exists": "r0.1.begin r0.1.create r0.1.copy r0.1.commit r1.1.begin r1.1.exists >>> r1.1.copy",
	}},
	{conform.CreateLedger + conform.Batch, map[string]string{
		"goes on without its client": "r0.1.begin r0.crash r0.2.begin r0.1.create r0.1.copy r0.1.commit r0.2.exists r0.done",
		"short":                      "r0.1.begin r0.1.create r0.1.copy:short r0.failed",
		"COMMIT of a short":          "r0.1.begin r0.1.create r0.1.copy:short >>> r0.1.commit",
	}},
	{conform.Append + conform.Unordered + conform.Batch, map[string]string{
		"goes on without its client":      "r0.1.begin r0.crash r0.2.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.1.commit r0.2.lock r0.2.look:present r0.done",
		"the later one first":             "r0.1.begin r0.crash r0.2.begin r0.2.lock r0.2.look:absent r0.2.copy r0.2.mark r0.2.commit r0.1.lock r0.1.look:present r0.done",
		"aborted, but another has loaded": "r0.1.begin r1.1.begin r1.1.lock r1.1.look:absent r1.1.copy r1.1.mark r1.1.commit r0.1.abort r0.done",
		"aborted":                         "r0.1.begin r0.1.lock r0.1.abort r0.failed",
		"aborted, and done all the same":  "r0.1.begin r0.1.lock r0.1.abort >>> r0.done",
		"failed with a batch under way":   "r0.1.begin >>> r0.failed r0.1.lock",
		"no guard":                        "r0.1.begin r0.1.lock >>> r0.1.copy r0.1.mark r0.1.commit",
		"goes on after the guard": "r0.1.begin r0.1.lock r0.1.look:absent r0.1.copy r0.1.mark r0.1.commit r0.2.begin r0.2.lock r0.2.look:present " +
			">>> r0.2.copy",
	}},
	{conform.Replace + conform.Mixed, map[string]string{
		"a session waits for a batch": "r1.1.begin r1.1.lock r0.1.begin r1.1.look:absent r1.crash r1.1.fence:open r1.1.delete r1.1.copy r1.1.mark r1.1.commit " +
			"r0.1.lock r0.1.look:present r0.1.fence:open r0.1.room:taken r0.done",
		"a batch waits for a session": "r0.1.begin r0.1.lock r1.1.begin r0.1.look:absent r0.1.fence:open r0.1.delete r0.1.copy r0.1.mark r0.1.commit " +
			"r1.1.lock r1.1.look:present r1.done",
		"a session goes on alone": "r0.1.begin r0.1.lock r0.crash r0.1.look:absent >>> r0.1.fence:open",
		"a batch looks twice":     "r0.1.begin r0.1.lock r0.1.look:absent r0.1.fence:open r0.1.delete r0.1.copy r0.1.mark r0.1.commit r1.1.begin r1.1.lock r1.1.look:present >>> r1.1.fence:open",
	}},
}

func TestTraces(t *testing.T) {
	for _, c := range all {
		t.Run(c.protocol, func(t *testing.T) {
			t.Parallel()
			var traces []conform.Trace
			want := make(map[string]string) // by trace, where it stops
			for _, name := range slices.Sorted(maps.Keys(c.traces)) {
				text := c.traces[name]
				trace, err := conform.Parse(strings.Replace(text, ">>> ", "", 1))
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				traces = append(traces, trace, trace) // checked once
				if strings.Contains(text, ">>>") {
					want[text] = name
				}
			}
			var failed *conform.Error
			if err := conform.Check(t.Context(), c.protocol, traces); !errors.As(err, &failed) {
				t.Fatalf("got %v; want a *conform.Error", err)
			}
			if failed.Traces != len(traces)/2 {
				t.Errorf("%d traces were checked, there are %d", failed.Traces, len(traces)/2)
			}
			for _, r := range failed.Rejected {
				if _, ok := want[r.String()]; !ok {
					t.Errorf("rejected: %s", r)
				}
				delete(want, r.String())
			}
			for trace, name := range want {
				t.Errorf("%s is not rejected, or elsewhere: %s", name, trace)
			}
		})
	}
}

// TestMany shows that one compilation does for thousands of traces of many tries.
func TestMany(t *testing.T) {
	t.Parallel()
	const count = 2000
	var traces []conform.Trace
	for i := range count {
		var line strings.Builder
		try := 0
		for bits := i + count; bits > 1; bits /= 2 { // its binary digits say how each try ends
			try++
			fmt.Fprintf(&line, "r0.%[1]d.begin r0.%[1]d.lock r0.%[1]d.look:absent ", try)
			if bits%2 == 0 {
				fmt.Fprintf(&line, "r0.%d.abort ", try)
			} else {
				fmt.Fprintf(&line, "r0.crash r0.%[1]d.copy r0.%[1]d.gone ", try)
			}
		}
		trace, err := conform.Parse(line.String())
		if err != nil {
			t.Fatal(err)
		}
		traces = append(traces, trace)
	}
	start := time.Now()
	if err := conform.Check(t.Context(), conform.Append+conform.Unordered, traces); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d traces in %v", count, time.Since(start))
}

// TestManyRunners: as many runners as the model takes, all of which wait for one
// lock, are followed without a search through every way in which they could have
// been given up meanwhile. It is no different if the last of them does what it
// may not.
func TestManyRunners(t *testing.T) {
	t.Parallel()
	const runners, last = 16, 15
	var waiting strings.Builder
	for r := range runners {
		fmt.Fprintf(&waiting, "r%d.1.begin ", r)
	}
	for r := range last {
		fmt.Fprintf(&waiting, "r%[1]d.1.lock r%[1]d.1.look:absent r%[1]d.1.copy r%[1]d.1.gone ", r)
	}
	check := func(end string) error {
		trace, err := conform.Parse(waiting.String() + strings.ReplaceAll(end, "r.", fmt.Sprintf("r%d.", last)))
		if err != nil {
			t.Fatal(err)
		}
		return conform.Check(t.Context(), conform.Append+conform.Unordered, []conform.Trace{trace})
	}
	if err := check("r.1.lock r.1.look:absent r.1.copy r.1.mark r.1.commit"); err != nil {
		t.Error(err)
	}
	err := check("r.1.lock r.1.look:absent r.1.copy r.1.commit")
	var failed *conform.Error
	if !errors.As(err, &failed) || !strings.HasSuffix(failed.Rejected[0].String(), ">>> r15.1.commit") {
		t.Errorf("got %v; want the trace rejected at its COMMIT without a mark", err)
	}
}

// TestCancel shows that nothing goes on when ctx has ended.
func TestCancel(t *testing.T) {
	trace, err := conform.Parse("r0.1.begin")
	if err != nil {
		t.Fatal(err)
	}
	reason := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(reason)
	if err := conform.Check(ctx, conform.Append, []conform.Trace{trace}); !errors.Is(err, reason) {
		t.Errorf("got %v; want the reason", err)
	}
}
