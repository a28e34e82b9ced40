// Package backoff says how long to wait before trying again.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// A Policy is exponential backoff with full jitter: before the n-th repeat the
// wait is drawn evenly from zero to Base·2ⁿ⁻¹, at most Max. The waits of many
// clients that failed together spread out, which is what an overloaded service
// needs. A Policy is safe for concurrent use if Rand is.
type Policy struct {
	// Base is the longest wait before the first repeat. The default is 100 ms.
	Base time.Duration
	// Max is the longest wait at all. The default is 20 s.
	Max time.Duration
	// Rand draws from [0,1). The default is rand.Float64 of math/rand/v2; a
	// simulation passes its own to make a run repeatable.
	Rand func() float64
}

// Defaults of [Policy].
const (
	DefaultBase = 100 * time.Millisecond
	DefaultMax  = 20 * time.Second
)

// Ceiling returns the longest wait before the n-th repeat, counted from 1.
func (p Policy) Ceiling(n int) time.Duration {
	ceiling, limit := p.Base, p.Max
	if ceiling <= 0 {
		ceiling = DefaultBase
	}
	if limit <= 0 {
		limit = DefaultMax
	}
	for range n - 1 {
		if ceiling >= limit/2 {
			return limit
		}
		ceiling *= 2
	}
	return min(ceiling, limit)
}

// Delay draws the wait before the n-th repeat, counted from 1.
func (p Policy) Delay(n int) time.Duration {
	draw := p.Rand
	if draw == nil {
		draw = rand.Float64
	}
	return time.Duration(draw() * float64(p.Ceiling(n)))
}

// Sleep waits for d or until ctx ends, and then returns the cause of its end.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
