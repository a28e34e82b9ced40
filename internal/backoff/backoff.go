// Package backoff says how long to wait before the next attempt.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Pauses are the waiting times between attempts: they start at First, double,
// and stay at Max, each shortened by up to half at random so that many clients
// do not come back together.
type Pauses struct {
	First, Max time.Duration
	// Random returns a number in [0, 1); nil means math/rand/v2's own. A
	// simulation that must replay gives a seeded one.
	Random func() float64
}

// After returns the pause after the given attempt; the first attempt is 1.
func (p Pauses) After(attempt int) time.Duration {
	pause := p.First
	for i := 1; i < attempt && pause < p.Max; i++ {
		pause *= 2
	}
	pause = min(pause, p.Max)
	random := p.Random
	if random == nil {
		random = rand.Float64
	}
	return pause - time.Duration(random()*float64(pause)/2)
}

// Sleep waits for d, or until ctx ends; then it returns the cause.
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
