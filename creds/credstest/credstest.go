// Package credstest checks implementations of [creds.Provider].
package credstest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/redferry/redferry/creds"
)

// TestProvider checks that p, which has something to offer, keeps the contract of
// [creds.Provider]: it gives want, again and again and to many callers at once,
// and it gives up when ctx has ended or does not need to. The values are compared
// with equal. No printed form of what it returns may hold one of the secrets.
// It runs no subtests, so it may run inside a testing/synctest bubble.
func TestProvider[T any](t *testing.T, p creds.Provider[T], want T, equal func(a, b T) bool, secrets ...string) {
	t.Helper()
	for range 2 {
		got, err := p.Retrieve(t.Context())
		if err != nil {
			t.Fatalf("Retrieve: %v", err)
		}
		if !equal(got, want) {
			t.Errorf("Retrieve = %+v, want %+v", got, want)
		}
		checkPrinted(t, got, secrets)
	}
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			if got, err := p.Retrieve(t.Context()); err != nil || !equal(got, want) {
				t.Errorf("Retrieve, eight at once = %+v, %v, want %+v", got, err, want)
			}
		})
	}
	callers.Wait()
	checkCancelled(t, p)
}

// checkCancelled checks that the end of ctx does not look like absence, which
// would send a chain on to another identity.
func checkCancelled[T any](t *testing.T, p creds.Provider[T]) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := p.Retrieve(ctx)
	if err == nil {
		return
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Retrieve with a cancelled context: error %v does not wrap context.Canceled", err)
	}
	if errors.Is(err, creds.ErrAbsent) {
		t.Errorf("Retrieve with a cancelled context: error %v wraps ErrAbsent, so a chain would go on", err)
	}
}

// TestAbsent checks that p, which has nothing to offer, says so with
// [creds.ErrAbsent].
func TestAbsent[T any](t *testing.T, p creds.Provider[T]) {
	t.Helper()
	if got, err := p.Retrieve(t.Context()); !errors.Is(err, creds.ErrAbsent) {
		t.Errorf("Retrieve = %+v, %v, want an error that wraps creds.ErrAbsent", got, err)
	}
}

// TestBroken checks that p, whose source is there and unusable, returns an error
// that a [creds.Chain] stops at, without any of the secrets in it.
func TestBroken[T any](t *testing.T, p creds.Provider[T], secrets ...string) {
	t.Helper()
	got, err := p.Retrieve(t.Context())
	if err == nil || errors.Is(err, creds.ErrAbsent) {
		t.Fatalf("Retrieve = %+v, %v, want an error that does not wrap creds.ErrAbsent", got, err)
	}
	checkPrinted(t, err, secrets)
}

func checkPrinted(t *testing.T, v any, secrets []string) {
	t.Helper()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		printed := fmt.Sprintf(verb, v)
		for _, secret := range secrets {
			if strings.Contains(printed, secret) || strings.Contains(printed, fmt.Sprintf("%x", secret)) {
				t.Errorf("%s of %T holds a secret", verb, v)
			}
		}
	}
}
