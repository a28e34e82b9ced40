package conform

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/redferry/redferry/docs/models"
)

func TestParse(t *testing.T) {
	const line = "loads:0,1 r0.1.begin r1.1.begin r0.1.look:absent r0.crash r1.12.lock r1.done"
	got, err := Parse("  " + strings.ReplaceAll(line, " ", "  ") + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != line {
		t.Errorf("got  %s\nwant %s", got, line)
	}
	if last := got.Events[4]; last != (Event{Runner: 1, Try: 12, What: Lock}) {
		t.Errorf("got %+v", last)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, line := range []string{
		"begin",
		"r0.begin",         // an event of a try without one
		"r0.1.done",        // an event of a run with a try
		"r0.1.beginn",      // no event
		"s0.1.begin",       // no runner
		"rx.1.begin",       // no number
		"r0.x.begin",       // no number
		"r16.1.begin",      // too many runners
		"r0.61.begin",      // too many tries
		"r-1.1.begin",      // below the first
		"r0.-1.begin",      // below the first
		"loads:3",          // too many loads
		"loads:-1",         // below the first
		"loads:",           // no number
		"r0.1.begin loads", // not at the beginning
	} {
		if got, err := Parse(line); !errors.Is(err, ErrTrace) {
			t.Errorf("%q: got %v, %v; want ErrTrace", line, got, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("r0.1.begin r0.1.lock r0.1.look:absent r0.crash")
	f.Add("loads:0,1,2 r2.3.fence:newer r2.failed")
	f.Add("r0.0.done")
	f.Fuzz(func(t *testing.T, line string) {
		first, err := Parse(line)
		if err != nil {
			return
		}
		again, err := Parse(first.String())
		if err != nil || again.String() != first.String() {
			t.Errorf("%q is read as %q, and that as %q, %v", line, first, again, err)
		}
	})
}

// TestNumbers holds the numbers of the events against those in trace.pml.
func TestNumbers(t *testing.T) {
	data, err := models.Files.ReadFile("trace.pml")
	if err != nil {
		t.Fatal(err)
	}
	names := map[What]string{
		Begin: "BEGUN", Lock: "LOCKED", LookAbsent: "LOOKED_ABSENT", LookPresent: "LOOKED_PRESENT", RoomEmpty: "ROOM_EMPTY",
		RoomTaken: "ROOM_TAKEN", FenceOpen: "FENCE_OPEN", FenceNewer: "FENCE_NEWER", Delete: "DELETED", Copy: "COPIED",
		CopyShort: "COPIED_SHORT", Mark: "MARKED", Commit: "COMMITTED", Abort: "ABORTED", Gone: "GONE", Create: "CREATED",
		Exists: "EXISTS", OK: "TOLD", Lost: "LOST", Done: "DONE", Failed: "FAILED", Unknown: "UNKNOWN", Crash: "CRASH",
	}
	defined := regexp.MustCompile(`(?m)^#define [A-Z_]+ +[1-9]\d*$`).FindAllString(string(data), -1)
	if len(defined) != len(whats) || len(names) != len(whats) {
		t.Errorf("trace.pml has %d numbers, there are %d kinds of events, of which the test names %d", len(defined), len(whats), len(names))
	}
	for _, what := range whats {
		want := fmt.Sprintf("%s %d", names[what], what.number())
		found := false
		for _, line := range defined {
			found = found || strings.Join(strings.Fields(line)[1:], " ") == want
		}
		if !found {
			t.Errorf("trace.pml does not define %s for %q", want, what)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	for _, protocol := range []string{"hope", Append + Batch + Mixed, Append + Batch + Unordered, CreateLedger + Unordered, CreateLedger + Mixed, ""} {
		if err := Check(t.Context(), protocol, []Trace{{}}); err == nil || !strings.Contains(err.Error(), strconv.Quote(protocol)) {
			t.Errorf("protocol %q: got %v", protocol, err)
		}
	}
	if err := Check(t.Context(), Append, nil); !errors.Is(err, ErrTrace) {
		t.Errorf("no traces: got %v; want ErrTrace", err)
	}
	bad := Trace{Events: []Event{{Runner: 0, Try: 1, What: "beginn"}}}
	if err := Check(t.Context(), Append, []Trace{bad}); !errors.Is(err, ErrTrace) {
		t.Errorf("no trace: got %v; want ErrTrace", err)
	}
	many := Trace{Events: []Event{{Runner: 15, Try: 60, What: Begin}}}
	if err := Check(t.Context(), Append, []Trace{many}); !errors.Is(err, ErrTrace) {
		t.Errorf("more sessions than the model takes: got %v; want ErrTrace", err)
	}
}
