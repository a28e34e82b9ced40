package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry"
)

// TestWorthTelling at each limit.
func TestWorthTelling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for _, tt := range []struct {
			n     int
			bytes int64
			ago   time.Duration
			want  bool
		}{
			{1, 0, 0, false},
			{flushEntries - 1, flushBytes - 1, flushInterval - 1, false},
			{flushEntries, 0, 0, true},
			{1, flushBytes, 0, true},
			{1, 0, flushInterval, true},
		} {
			if got := worthTelling(tt.n, tt.bytes, now.Add(-tt.ago)); got != tt.want {
				t.Errorf("%+v: %t", tt, got)
			}
		}
	})
}

// A batchLedger notes how many entries it is told of at a time.
type batchLedger struct {
	Ledger
	told []int
}

func (l *batchLedger) Record(_ context.Context, entries ...Entry) error {
	l.told = append(l.told, len(entries))
	return nil
}

// TestFlushOfLarge: large objects are told of soon: all that wait count, and none of
// those that do not wait any more.
func TestFlushOfLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := new(batchLedger)
		r := &syncRun{Sync: &Sync{Ledger: ledger}, c: new(Copier), done: func(*Event) error { return nil }}
		for n := range 5 {
			job := Job{Dst: redferry.URI{Bucket: "b", Key: fmt.Sprint(n)}}
			r.begin(job, Added)
			if err := r.copied(t.Context(), job, &Result{Size: flushBytes / 2}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(ledger.told, []int{2, 2}) {
			t.Errorf("entries were told of together: %v, want 2 and 2, and one that waits", ledger.told)
		}
		if err := r.flush(t.Context(), true); err != nil || !slices.Equal(ledger.told, []int{2, 2, 1}) {
			t.Errorf("and at the end: %v, %v", ledger.told, err)
		}
	})
}

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
