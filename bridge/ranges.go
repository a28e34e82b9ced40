package bridge

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/redferry/redferry"
)

// A span is a range of keys below a prefix: what lies behind after, up to and
// including last. An empty after is the beginning, an empty last the end.
type span struct{ after, last string }

// spans are the ranges that the keys of Split make, in order.
func (s *Sync) spans() []span {
	spans := make([]span, len(s.Split)+1)
	for i, key := range s.Split {
		spans[i].last, spans[i+1].after = key, key
	}
	return spans
}

// checkSplit says what is wrong with Split; "" if nothing is.
func (s *Sync) checkSplit() string {
	last := ""
	for _, key := range s.Split {
		switch {
		case key <= last:
			return fmt.Sprintf("the keys of Split must ascend and not be empty: %q follows %q", key, last)
		case !utf8.ValidString(key):
			return fmt.Sprintf("a key of Split is no valid UTF-8: %q", key)
		}
		last = key
	}
	return ""
}

// begin is the key, the whole one, behind which a listing below prefix begins.
func (s span) begin(prefix redferry.URI) string {
	if s.after == "" {
		return "" // the prefix itself may be a key
	}
	return prefix.Key + s.after
}

// within ends what is listed below prefix where the range ends. It asks for nothing
// behind the page on which that is.
func within[T any](s span, prefix redferry.URI, seq iter.Seq2[T, error], uri func(T) redferry.URI) iter.Seq2[T, error] {
	if s.last == "" {
		return seq
	}
	last := prefix.Key + s.last
	return func(yield func(T, error) bool) {
		for item, err := range seq {
			key := uri(item).Key
			if err == nil && key > last {
				return
			}
			if !yield(item, err) || err == nil && key == last {
				return
			}
		}
	}
}

// mergeAll goes through several ranges at the same time. The first error ends all of
// them, and is returned when they have ended. It calls yield from this goroutine.
func (r *syncRun) mergeAll(ctx context.Context, spans []span, yield func(Job) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	jobs := make(chan Job)
	send := func(job Job) bool { return offer(ctx, jobs, job) }
	for _, s := range spans {
		group.Go(func() error { return r.mergeSpan(ctx, s, send) })
	}
	ended := make(chan error, 1)
	go func() {
		ended <- group.Wait()
		close(jobs)
	}()
	left := false
	for job := range jobs {
		if !left && !yield(job) {
			left = true
			cancel()
		}
	}
	if err := <-ended; !left {
		return err
	}
	return errLeft
}

// A census finds out whether the source has anything at all, of ranges each of which
// knows only what it has itself.
type census struct {
	known chan struct{} // closed when a range has found something, or all have looked

	mu    sync.Mutex // guards what follows
	left  int        // ranges that have not looked yet
	found bool
}

func newCensus(ranges int) *census { return &census{known: make(chan struct{}), left: ranges} }

// look is called once by each range, with whether it has found something itself. It
// reports whether any has; one that has found nothing waits for the others.
func (c *census) look(ctx context.Context, found bool) (bool, error) {
	c.count(found)
	select {
	case <-c.known:
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.found, nil
}

func (c *census) count(found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left--
	if c.found {
		return
	}
	if c.found = found; found || c.left == 0 {
		close(c.known)
	}
}
