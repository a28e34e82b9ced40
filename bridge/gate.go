package bridge

import "context"

// A gate lets a number of transfers through at once, in the order of arrival.
type gate struct {
	slots chan struct{}
}

func newGate(n int) gate { return gate{slots: make(chan struct{}, n)} }

// enter waits for a slot, and returns the cause of the context's end if that
// comes first. Each enter without an error needs a leave.
func (g gate) enter(ctx context.Context) error {
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (g gate) leave() { <-g.slots }
