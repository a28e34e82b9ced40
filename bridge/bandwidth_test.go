package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/bridge"
)

// near fails t unless got is within 5 % of want.
func near(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if off := (got - want).Abs(); off > want/20 {
		t.Errorf("%s took %v, want %v within 5 %%", what, got, want)
	}
}

// timed copies objects of so many bytes in all, side by side, and returns how
// long it took.
func (w *world) timed(t *testing.T, c *bridge.Copier, objects, size int) time.Duration {
	t.Helper()
	keys := make([]string, objects)
	for i := range keys {
		keys[i] = fmt.Sprintf("k%d", i)
		w.put(t, keys[i], random(size/objects), nil)
	}
	begin := time.Now()
	check(t, c.CopyAll(t.Context(), jobs(keys, nil), func(_ bridge.Job, _ *bridge.Result, err error) error { return err }))
	return time.Since(begin)
}

// TestBandwidth: what passes in ten seconds is what the limit says, within 5 %,
// for one transfer or many, for small and large ones, low and high limits.
func TestBandwidth(t *testing.T) {
	for _, tt := range []struct {
		rate        int64
		objects     int
		concurrency int
		partSize    int64
	}{
		{100, 1, 1, 1 << 20},
		{64 << 10, 1, 4, 32 << 10},
		{64 << 10, 300, 8, 1 << 20},
		{1 << 20, 4, 16, 64 << 10},
	} {
		t.Run(fmt.Sprintf("%d objects, %d at a time, %d B per second", tt.objects, tt.concurrency, tt.rate), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				c := w.copier(func(o *bridge.Options) {
					o.PartSize, o.Concurrency, o.Bandwidth = tt.partSize, tt.concurrency, bridge.NewBandwidth(tt.rate)
				})
				near(t, "the copy", w.timed(t, c, tt.objects, int(10*tt.rate)), 10*time.Second)
			})
		})
	}
}

// TestBandwidthIsShared by the Copiers that are given the same one.
func TestBandwidthIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "http")
		limit := bridge.NewBandwidth(10_000)
		begin := time.Now()
		done := make(chan error, 2)
		for i := range 2 {
			key := fmt.Sprintf("k%d", i)
			w.put(t, key, random(50_000), nil)
			c := w.copier(func(o *bridge.Options) { o.Bandwidth = limit })
			go func() {
				_, err := c.Copy(t.Context(), dst(key), unknown(key))
				done <- err
			}()
		}
		check(t, errors.Join(<-done, <-done))
		near(t, "two copies", time.Since(begin), 10*time.Second)
	})
}

// TestBandwidthChanges while a copy is on its way: within a second, even from next
// to nothing, and the wait is no stall.
func TestBandwidthChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		limit := bridge.NewBandwidth(1) // 10 bytes in ten seconds
		time.AfterFunc(10*time.Second, func() { limit.Set(10_000) })
		time.AfterFunc(15*time.Second, func() { limit.Set(1_000) })
		time.AfterFunc(25*time.Second, func() { limit.Set(0) })
		c := w.copier(func(o *bridge.Options) { o.Bandwidth, o.Stall, o.Retries = limit, time.Second/2, -1 })
		took := w.timed(t, c, 16, 160_000)
		near(t, "the copy", took, 25*time.Second)
		if got := limit.Rate(); got != 0 {
			t.Errorf("the limit is %d, want none", got)
		}
		if passed := w.timed(t, c, 1, 1<<20); passed > 100*time.Millisecond {
			t.Errorf("without a limit a MiB took %v of virtual time", passed)
		}
	})
}

// TestBandwidthFollowsTheClock: a timetable changes the limit without anybody.
func TestBandwidthFollowsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "http")
		now := time.Now().Truncate(time.Minute)
		next := now.Add(time.Minute)
		table, err := bridge.ParseTimetable(fmt.Sprintf("00:00,1K %02d:%02d,10K", next.Hour(), next.Minute()))
		check(t, err)
		limit := bridge.NewBandwidth(0)
		limit.SetTimetable(table)
		time.Sleep(time.Until(next.Add(-5 * time.Second)))
		c := w.copier(func(o *bridge.Options) { o.Bandwidth = limit })
		near(t, "the copy", w.timed(t, c, 3, 5*1<<10+5*10<<10), 10*time.Second)
	})
}

// TestBandwidthEnds with its context, however long there is to wait.
func TestBandwidthEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "http")
		w.put(t, "k", random(100_000), nil)
		enough := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(10*time.Second, func() { cancel(enough) })
		begin := time.Now()
		_, err := w.copier(func(o *bridge.Options) { o.Bandwidth = bridge.NewBandwidth(1) }).Copy(ctx, dst("k"), unknown("k"))
		if !errors.Is(err, enough) {
			t.Errorf("got %v, want the cause", err)
		}
		near(t, "the copy", time.Since(begin), 10*time.Second)
	})
}

// TestBandwidthWakesWhoWaits: a limit that is raised is felt at once by transfers that wait
// for their share of the old one, be it set or that of a timetable.
func TestBandwidthWakesWhoWaits(t *testing.T) {
	for _, by := range []string{"hand", "timetable"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, "http")
			limit := bridge.NewBandwidth(1) // a byte each second: 32 transfers wait half a minute for theirs
			next := time.Now().Truncate(time.Minute).Add(time.Minute)
			change := next.Add(-10 * time.Second)
			if by == "timetable" {
				change = next
				table, err := bridge.ParseTimetable(fmt.Sprintf("00:00,1B %02d:%02d,1M", next.Hour(), next.Minute()))
				check(t, err)
				limit.SetTimetable(table)
			}
			time.Sleep(time.Until(change.Add(-5 * time.Second)))
			if by == "hand" {
				time.AfterFunc(5*time.Second, func() { limit.Set(1 << 20) })
			}
			c := w.copier(func(o *bridge.Options) { o.Bandwidth, o.Concurrency = limit, 32 })
			took := w.timed(t, c, 32, 32*1000)
			if took < 5*time.Second || took > 6*time.Second {
				t.Errorf("by %s: the copies took %v, want the five seconds until the limit was raised, and a moment", by, took)
			}
		})
	}
}

// TestBandwidthCompletesParts: under a low limit few parts are on their way at once, so that
// what was sent is not lost with the program.
func TestBandwidthCompletesParts(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "k", random(200<<10), nil)
		limit := bridge.NewBandwidth(0)
		c := w.copier(func(o *bridge.Options) {
			o.PartSize, o.Concurrency, o.Bandwidth, o.Journal = 10<<10, 32, limit, new(bridge.MemJournal)
		})
		_ = w.timed(t, c, 100, 100) // small ones before, of which many go at once
		limit.Set(1 << 10)
		ctx, cancel := context.WithTimeout(t.Context(), 45*time.Second)
		defer cancel()
		if _, err := c.Copy(ctx, dst("k"), unknown("k")); !bridge.Resumable(err) {
			t.Fatal(err)
		}
		if n := acknowledged(w.b.s3, "UploadPart"); n < 4 {
			t.Errorf("of 45 KiB that were sent, %d parts of 10 KiB arrived", n)
		}
	})
}
