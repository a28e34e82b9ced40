package bridge

import (
	"errors"
	"fmt"
	"testing"
)

// TestSummaryAdds: every event counts, in what it was and in what became of it.
func TestSummaryAdds(t *testing.T) {
	var s Summary
	for _, e := range []Event{
		{Change: Added, Result: &Result{Size: 3}},
		{Change: Changed, Result: &Result{Size: 4}},
		{Change: Changed, Err: fmt.Errorf("x: %w", ErrLevel)},
		{Change: Added, Err: errors.New("x")},
		{Change: Unchanged},
		{Change: Excluded},
		{Change: Extra},
		{Change: Extra, Removed: true},
	} {
		s.add(&e)
	}
	if want := (Summary{Added: 2, Changed: 2, Unchanged: 1, Excluded: 1, Extra: 2, Copied: 2, Removed: 1, Failed: 2, Unproven: 1, Bytes: 7}); s != want {
		t.Errorf("got %+v, want %+v", s, want)
	}
}
