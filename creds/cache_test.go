package creds_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/credstest"
)

// counter is a source whose nth answer has the user "n" and lasts for life.
type counter struct {
	life  time.Duration // 0: for good
	delay time.Duration
	err   error

	mu    sync.Mutex // guards calls
	calls int
}

func (c *counter) Retrieve(ctx context.Context) (creds.Login, error) {
	c.mu.Lock()
	c.calls++
	n := c.calls
	c.mu.Unlock()
	select {
	case <-time.After(c.delay):
	case <-ctx.Done():
		return creds.Login{}, ctx.Err()
	}
	if c.err != nil {
		return creds.Login{}, c.err
	}
	login := creds.Login{User: fmt.Sprint(n), Password: creds.NewSecret(canary)}
	if c.life > 0 {
		login.Expires = time.Now().Add(c.life)
	}
	return login, nil
}

func checkUser(t *testing.T, p creds.Provider[creds.Login], want string) creds.Login {
	t.Helper()
	got, err := p.Retrieve(t.Context())
	if err != nil || got.User != want {
		t.Errorf("Retrieve = user %q, %v, want %q", got.User, err, want)
	}
	return got
}

func TestCacheKeepsTheContract(t *testing.T) {
	want := creds.Login{User: "ferry", Password: creds.NewSecret(canary)}
	credstest.TestProvider(t, creds.Cache(creds.Static(want), 0), want, equal, canary)
	credstest.TestAbsent(t, creds.Cache(creds.EnvLogin("T_USER", "T_PASSWORD"), 0))
	credstest.TestBroken(t, creds.Cache(failing(errors.New("broken")), 0))
}

func TestCacheRenewsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := creds.Cache(&counter{life: time.Hour}, 5*time.Minute)
		checkUser(t, p, "1")
		time.Sleep(55*time.Minute - time.Nanosecond)
		checkUser(t, p, "1")
		time.Sleep(time.Nanosecond)
		checkUser(t, p, "2")
		checkUser(t, p, "2")
	})
}

func TestCacheKeepsWhatDoesNotExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := creds.Cache(&counter{}, 5*time.Minute)
		checkUser(t, p, "1")
		time.Sleep(10 * 365 * 24 * time.Hour)
		checkUser(t, p, "1")
	})
}

func TestCacheAsksOnceForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := creds.Cache(&counter{delay: time.Second}, 0)
		var callers sync.WaitGroup
		for range 10 {
			callers.Go(func() { checkUser(t, p, "1") })
		}
		callers.Wait()
	})
}

func TestCacheKeepsNoError(t *testing.T) {
	source := &counter{err: errors.New("down")}
	p := creds.Cache(source, 0)
	if _, err := p.Retrieve(t.Context()); !errors.Is(err, source.err) {
		t.Errorf("error = %v, want the source's own", err)
	}
	source.err = nil
	checkUser(t, p, "2")
}

// Who waits for another's renewal gives up when his own context ends; the
// renewal goes on.
func TestCacheWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := creds.Cache(&counter{delay: time.Hour}, 0)
		var first sync.WaitGroup
		first.Go(func() { checkUser(t, p, "1") })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		if _, err := p.Retrieve(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("error = %v after %s, want the context's own after a minute", err, time.Since(start))
		}
		first.Wait()
	})
}

// Many callers are refused with the same password: one request, and a caller
// that comes late with the old one gets what the others fetched.
func TestRenewAsksOnceForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := creds.Chain(creds.EnvLogin("T_USER", "T_PASSWORD"), creds.Cache(&counter{delay: time.Second}, 0))
		old := checkUser(t, p, "1")
		var callers sync.WaitGroup
		for range 10 {
			callers.Go(func() {
				if got, err := creds.Renew(t.Context(), p, old); err != nil || got.User != "2" {
					t.Errorf("Renew = user %q, %v, want 2", got.User, err)
				}
			})
		}
		callers.Wait()
		if got, err := creds.Renew(t.Context(), p, old); err != nil || got.User != "2" {
			t.Errorf("late Renew = user %q, %v, want 2", got.User, err)
		}
	})
}

func TestRenewReachesACacheUnderACache(t *testing.T) {
	p := creds.Cache(creds.Cache(&counter{}, 0), 0)
	old := checkUser(t, p, "1")
	if got, err := creds.Renew(t.Context(), p, old); err != nil || got.User != "2" {
		t.Errorf("Renew = user %q, %v, want 2", got.User, err)
	}
}
