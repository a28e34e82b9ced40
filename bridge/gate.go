package bridge

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A gate lets a number of transfers through at once, in the order of arrival. The
// number is its [pace]'s, or fewer where a limit of bandwidth would have all of them take
// long: what is not complete when a program ends is to be sent again.
type gate struct {
	mu      sync.Mutex // guards what follows
	pace    pace
	inside  int
	shared  *Bandwidth // that transfers share; nil if there is none
	size    float64    // of a transfer, in bytes, a moving average; at first that of a part
	waiting []waiter   // one per transfer, the first to come first
}

// A waiter waits for its turn.
type waiter struct {
	turn chan struct{}
	size int64 // of the transfer, in bytes; 0 if that is not known
}

// newGate lets most transfers through at once at most.
func newGate(most int) *gate { return &gate{pace: newPace(most)} }

// enter waits for a slot, and returns the cause of the context's end if that
// comes first. Each enter without an error needs a leave. It calls arrived, unless
// that is nil, when who comes later is behind it.
func (g *gate) enter(ctx context.Context, size int64, arrived func()) error {
	g.mu.Lock()
	g.pace.start(time.Now())
	if ctx.Err() == nil && g.inside < g.limit(size) && len(g.waiting) == 0 {
		g.inside++
		g.mu.Unlock()
		report(arrived)
		return nil
	}
	turn := make(chan struct{})
	g.waiting = append(g.waiting, waiter{turn, size})
	g.pace.crowded = true
	g.mu.Unlock()
	report(arrived)
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting, waiter{turn, size}); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	} else { // its turn came at the same moment
		g.inside--
		g.admit()
	}
	return context.Cause(ctx)
}

// A transfer under a limit of bandwidth shall take no longer than this, as long as there is
// more than one.
const (
	shareFor   = 10 * time.Second
	shareLeast = 2
	sizeWeight = 0.1
)

// limit is how many may be inside with a transfer of this size. The caller holds the lock.
func (g *gate) limit(size int64) int {
	if g.shared == nil {
		return g.pace.limit
	}
	rate := g.shared.Rate()
	if rate == 0 {
		return g.pace.limit
	}
	most := float64(rate) * shareFor.Seconds() / max(g.size, float64(size), 1)
	return min(g.pace.limit, max(shareLeast, int(min(most, float64(g.pace.limit)))))
}

func report(arrived func()) {
	if arrived != nil {
		arrived()
	}
}

// leave ends a transfer.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	g.admit()
}

// moved tells the gate, before the transfer leaves, that it has moved so many bytes
// in this time.
func (g *gate) moved(bytes int64, took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pace.moved(time.Now(), bytes, took)
	g.size += sizeWeight * (float64(bytes) - g.size)
}

// strained tells the gate that S3 is asked too much.
func (g *gate) strained() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pace.strained(time.Now())
}

// typical is the rate of one transfer, in bytes per second; 0 if it is not known yet.
func (g *gate) typical() float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pace.typical()
}

// admit lets in as many as may. The caller holds the lock.
func (g *gate) admit() {
	for len(g.waiting) > 0 && g.inside < g.limit(g.waiting[0].size) {
		close(g.waiting[0].turn)
		g.waiting = g.waiting[1:]
		g.inside++
	}
}
