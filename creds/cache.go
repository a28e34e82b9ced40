package creds

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Cache keeps what source returns until early before it expires, or for good if
// it does not expire. One caller at a time asks source, the others wait for it;
// an error is not kept. After a rotation, [Renew] makes it ask again.
func Cache[T comparable](source Provider[T], early time.Duration) Provider[T] {
	c := &cache[T]{source: source, early: early, turn: make(chan struct{}, 1)}
	c.turn <- struct{}{}
	return c
}

// Renew returns credentials to try after the other side refused some: a password
// or key was rotated in mid-run. A [Cache] in p, also under a [Chain], forgets
// the refused ones first, unless it has newer ones by now, so that many callers
// refused at the same time cause one request.
func Renew[T comparable](ctx context.Context, p Provider[T], refused T) (T, error) {
	if f, ok := p.(forgetter[T]); ok {
		f.forget(refused)
	}
	return p.Retrieve(ctx)
}

// A forgetter keeps credentials and can be told that they are no good.
type forgetter[T comparable] interface{ forget(refused T) }

type cache[T comparable] struct {
	source Provider[T]
	early  time.Duration
	turn   chan struct{} // holds one token; who has it may ask source

	mu   sync.Mutex // guards kept and ok
	kept T
	ok   bool
}

func (c *cache[T]) Retrieve(ctx context.Context) (T, error) {
	if v, ok := c.fresh(); ok {
		return v, nil
	}
	var zero T
	select {
	case <-c.turn:
		defer func() { c.turn <- struct{}{} }()
	case <-ctx.Done():
		return zero, fmt.Errorf("creds: wait for another caller's renewal: %w", ctx.Err())
	}
	if v, ok := c.fresh(); ok {
		return v, nil
	}
	v, err := c.source.Retrieve(ctx)
	if err != nil {
		return zero, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept, c.ok = v, true
	return v, nil
}

// fresh returns what is kept, if it is still good.
func (c *cache[T]) fresh() (T, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := any(c.kept).(interface{ expires() time.Time })
	if c.ok && ok && !v.expires().IsZero() && !time.Now().Before(v.expires().Add(-c.early)) {
		c.ok = false
	}
	return c.kept, c.ok
}

func (c *cache[T]) forget(refused T) {
	c.mu.Lock()
	if c.kept == refused {
		c.ok = false
	}
	c.mu.Unlock()
	if f, ok := c.source.(forgetter[T]); ok {
		f.forget(refused)
	}
}

func (l Login) expires() time.Time { return l.Expires }
func (k Keys) expires() time.Time  { return k.Expires }
