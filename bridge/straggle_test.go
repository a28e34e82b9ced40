package bridge

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestStraggles: whoever is watched for ten seconds begins anew if it is slower than
// a quarter of what is typical, and if all of it would take less than what is left.
func TestStraggles(t *testing.T) {
	for _, tt := range []struct {
		name           string
		typical        float64 // bytes per second
		count, size    int64
		want, tooEarly bool
	}{
		{name: "a quarter of the rate, and as much time to win as to lose", typical: 360, count: 900, size: 1200, want: true},
		{name: "a little faster", typical: 360, count: 910, size: 10_000},
		{name: "too little left", typical: 360, count: 900, size: 1199},
		{name: "nothing is typical", typical: 0, count: 900, size: 10_000},
		{name: "too early", typical: 360, count: 1, size: 10_000, tooEarly: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var done atomic.Bool
				w := watch{typical: func() float64 { return tt.typical }, done: &done}
				if w.straggles(0, tt.size) {
					t.Error("it straggles before it was watched")
				}
				wait := straggleAfter
				if tt.tooEarly {
					wait--
				}
				time.Sleep(wait)
				if got := w.straggles(tt.count, tt.size); got != tt.want || done.Load() != tt.want {
					t.Errorf("it straggles: %t, %t; want %t", got, done.Load(), tt.want)
				}
				if w.straggles(tt.count, tt.size) {
					t.Error("it is looked at again at once, or straggles twice")
				}
			})
		})
	}
}

// TestStragglesLater: it is looked at every second.
func TestStragglesLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var done atomic.Bool
		w := watch{typical: func() float64 { return 100 }, done: &done}
		_ = w.straggles(0, 1<<20)
		time.Sleep(10 * time.Second)
		if w.straggles(500, 1<<20) {
			t.Error("half the typical rate is not slow")
		}
		time.Sleep(999 * time.Millisecond)
		if w.straggles(10, 1<<20) {
			t.Error("it is looked at again within a second")
		}
		time.Sleep(time.Millisecond)
		if !w.straggles(10, 1<<20) {
			t.Error("it does not straggle")
		}
	})
}

// TestStragglesSinceThePause: what moved before counts for nothing.
func TestStragglesSinceThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var done atomic.Bool
		w := watch{typical: func() float64 { return 1000 }, done: &done}
		_ = w.straggles(0, 1<<20)
		w.pause()
		_ = w.straggles(100_000, 1<<20)
		time.Sleep(straggleAfter)
		if !w.straggles(100_100, 1<<20) {
			t.Error("ten bytes a second are fast, because of a hundred thousand before")
		}
	})
}
