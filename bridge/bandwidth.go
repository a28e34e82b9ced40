package bridge

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A Bandwidth bounds how many bytes per second pass from sources to targets,
// together, through all Copiers that it is given to. Each byte counts once,
// though it crosses the network twice. Retries count, requests without a body and
// headers do not. It is safe for concurrent use; a change takes effect within a
// second, also for what is on its way.
type Bandwidth struct {
	mu      sync.Mutex // guards what follows
	table   Timetable  // nil if the rate does not depend on the time
	rate    int64      // in bytes per second; 0 is no limit
	limiter *rate.Limiter
	changed chan struct{} // closed when the rate is another
}

// NewBandwidth returns a Bandwidth of so many bytes per second; 0 is no limit.
func NewBandwidth(bytesPerSecond int64) *Bandwidth {
	b := &Bandwidth{changed: make(chan struct{})}
	b.Set(bytesPerSecond)
	return b
}

// Set changes the limit to so many bytes per second, whatever the time; 0 is no
// limit.
func (b *Bandwidth) Set(bytesPerSecond int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.table = nil
	b.apply(bytesPerSecond)
}

// SetTimetable has the limit follow a timetable, by the local time of the
// program.
func (b *Bandwidth) SetTimetable(table Timetable) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.table = table
	b.apply(table.At(time.Now()))
}

// Rate returns the limit at this moment in bytes per second; 0 is none.
func (b *Bandwidth) Rate() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.table != nil {
		b.apply(b.table.At(time.Now()))
	}
	return b.rate
}

// pieces is how many times a second one transfer asks for its share.
const pieces = 20

// apply changes the rate. Who waits for the old one begins to wait for the new one.
func (b *Bandwidth) apply(bytesPerSecond int64) {
	bytesPerSecond = max(bytesPerSecond, 0)
	if bytesPerSecond == b.rate && b.limiter != nil {
		return
	}
	b.rate = bytesPerSecond
	b.limiter = rate.NewLimiter(rate.Limit(bytesPerSecond), piece(bytesPerSecond))
	b.limiter.AllowN(time.Now(), piece(bytesPerSecond)) // nothing passes that has not been waited for
	close(b.changed)
	b.changed = make(chan struct{})
}

// piece is how many bytes pass at once.
func piece(bytesPerSecond int64) int { return int(max(bytesPerSecond/pieces, 1)) }

// room is as much of p as may pass at once, so that bytes flow evenly. A nil
// Bandwidth bounds nothing.
func (b *Bandwidth) room(p []byte) []byte {
	if b == nil {
		return p
	}
	if limit := b.Rate(); limit > 0 {
		return p[:min(len(p), piece(limit))]
	}
	return p
}

// wait waits until n more bytes may pass. It returns the cause of the context's
// end if that comes first.
func (b *Bandwidth) wait(ctx context.Context, n int) error {
	for n > 0 {
		limit := b.Rate()
		if limit == 0 {
			return nil
		}
		some := min(n, piece(limit))
		passed, err := b.pass(ctx, some)
		if err != nil {
			return err
		}
		if passed {
			n -= some
		}
	}
	return nil
}

// lookAgain is how long who waits does not look whether the timetable has another rate by
// now.
const lookAgain = 500 * time.Millisecond

// pass waits until some bytes may pass. It reports false if the rate has changed before.
func (b *Bandwidth) pass(ctx context.Context, some int) (bool, error) {
	b.mu.Lock()
	if b.rate == 0 {
		b.mu.Unlock()
		return true, nil
	}
	now := time.Now()
	turn, changed := b.limiter.ReserveN(now, some), b.changed
	b.mu.Unlock()
	if !turn.OK() {
		return false, nil // the rate was lowered meanwhile
	}
	due := now.Add(turn.DelayFrom(now))
	for {
		left := time.Until(due)
		if left <= 0 {
			return true, nil
		}
		timer := time.NewTimer(min(left, lookAgain))
		select {
		case <-timer.C:
			_ = b.Rate() // which looks into the timetable
		case <-changed:
			timer.Stop()
			return false, nil
		case <-ctx.Done():
			timer.Stop()
			turn.Cancel() // others need not wait for it
			return false, context.Cause(ctx)
		}
	}
}
