package creds

import (
	"context"
	"errors"
)

// A Provider finds the credentials of one tier: T is [Role], [Login] or [Keys].
// It is safe for concurrent use. Package credstest checks implementations.
type Provider[T any] interface {
	// Retrieve returns the credentials as they are now; callers that hold them
	// for long call it again when the other side refuses them (rotation). An
	// error that wraps [ErrAbsent] says that there is nothing here, any other
	// that what is here is broken.
	Retrieve(ctx context.Context) (T, error)
}

// A ProviderFunc is a Provider made of one function.
type ProviderFunc[T any] func(ctx context.Context) (T, error)

// Retrieve calls f.
func (f ProviderFunc[T]) Retrieve(ctx context.Context) (T, error) { return f(ctx) }

// ErrAbsent means that a Provider has nothing to offer: the variable is unset,
// the secret does not exist. [Chain] moves on after ErrAbsent only: a tier that
// exists and is broken is an error, never hidden by a lower one.
var ErrAbsent = errors.New("creds: absent")
