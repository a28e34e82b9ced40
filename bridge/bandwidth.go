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
	limiter *rate.Limiter

	mu    sync.Mutex // guards what follows
	table Timetable  // nil if the rate does not depend on the time
	rate  int64      // in bytes per second, as the limiter has it; 0 is no limit
}

// NewBandwidth returns a Bandwidth of so many bytes per second; 0 is no limit.
func NewBandwidth(bytesPerSecond int64) *Bandwidth {
	b := &Bandwidth{limiter: rate.NewLimiter(rate.Inf, 0)}
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

// pieces is how many times a second one transfer asks for its share. No wait is
// longer than the time between two, for each transfer that waits.
const pieces = 20

func (b *Bandwidth) apply(bytesPerSecond int64) {
	bytesPerSecond = max(bytesPerSecond, 0)
	if bytesPerSecond == b.rate {
		return
	}
	b.rate = bytesPerSecond
	if bytesPerSecond == 0 {
		b.limiter.SetLimit(rate.Inf)
		return
	}
	b.limiter.SetBurst(piece(bytesPerSecond))
	b.limiter.SetLimit(rate.Limit(bytesPerSecond))
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
		if err := b.limiter.WaitN(ctx, some); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if some > b.limiter.Burst() {
				continue // the limit was lowered meanwhile
			}
			return err // ctx will end before the bytes may pass
		}
		n -= some
	}
	return nil
}
