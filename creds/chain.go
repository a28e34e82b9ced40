package creds

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Chain tries each source in turn and returns what the first one has. It goes on
// after [ErrAbsent] only: a source that is there and broken is an error, so that
// a typing mistake never becomes another identity. If all are absent, the error
// wraps ErrAbsent and names each.
func Chain[T comparable](sources ...Provider[T]) Provider[T] {
	return chain[T](sources)
}

type chain[T comparable] []Provider[T]

func (c chain[T]) Retrieve(ctx context.Context) (T, error) {
	var zero T
	var absent []string
	for _, source := range c {
		v, err := source.Retrieve(ctx)
		if err == nil {
			return v, nil
		}
		if !errors.Is(err, ErrAbsent) {
			return zero, err
		}
		absent = append(absent, strings.TrimPrefix(err.Error(), ErrAbsent.Error()+": "))
	}
	if len(absent) == 0 {
		return zero, fmt.Errorf("%w: the chain has no source", ErrAbsent)
	}
	return zero, fmt.Errorf("%w: %s", ErrAbsent, strings.Join(absent, "; "))
}

func (c chain[T]) forget(refused T) {
	for _, source := range c {
		if f, ok := source.(forgetter[T]); ok {
			f.forget(refused)
		}
	}
}
