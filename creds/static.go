package creds

import "context"

// Static returns a Provider of v, which never changes.
func Static[T any](v T) Provider[T] {
	return ProviderFunc[T](func(context.Context) (T, error) { return v, nil })
}
