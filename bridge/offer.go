package bridge

import "context"

// offer sends v unless ctx has ended, or ends before somebody takes it. Of two that
// have both happened, the end counts, so that it is not the scheduler that chooses.
func offer[T any](ctx context.Context, to chan<- T, v T) bool {
	if ctx.Err() != nil {
		return false
	}
	select {
	case to <- v:
		return true
	case <-ctx.Done():
		return false
	}
}
