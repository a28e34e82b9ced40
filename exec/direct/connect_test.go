package direct_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/direct"
	"github.com/redferry/redferry/testkit/fakeaws"
)

var one = exec.Statement{SQL: "SELECT 1", Label: "one"}

// TestRotation changes the password in mid-run: the next connection is refused,
// fetches the new one, and the work goes on.
func TestRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		current, asked := password, 0
		source := creds.ProviderFunc[creds.Login](func(context.Context) (creds.Login, error) {
			asked++
			return creds.Login{User: "loader", Password: creds.NewSecret(current)}, nil
		})
		e := h.open(t, creds.Cache(source, 0), direct.Options{})
		if _, err := e.Exec(t.Context(), one); err != nil {
			t.Fatal(err)
		}
		held, err := e.Session(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = held.Close() }() // it holds the only connection that is open
		current = "Another1"
		if err := h.SetPassword("loader", current); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Exec(t.Context(), one); err != nil {
			t.Fatal(err)
		}
		if asked != 2 {
			t.Errorf("the source was asked %d times, want 2", asked)
		}
	})
}

func TestLoginRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		asked := 0
		const wrong = "Wr0ng-Canary"
		e := h.open(t, creds.ProviderFunc[creds.Login](func(context.Context) (creds.Login, error) {
			asked++
			return creds.Login{User: "loader", Password: creds.NewSecret(wrong)}, nil
		}), direct.Options{})
		_, err := e.Exec(t.Context(), one)
		if !errors.Is(err, fs.ErrPermission) || exec.SafeToRetry(err) || exec.OutcomeUnknown(err) {
			t.Errorf("error %v, want fs.ErrPermission, and nothing that invites to try again", err)
		}
		if asked != 3 {
			t.Errorf("the provider was asked %d times, want 3: once, to renew, and for the second connection", asked)
		}
		for _, want := range []string{host + ":5439/dev", "loader", "28"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("error %v does not name %s", err, want)
			}
		}
		wantNoSecret(t, err, wrong)
	})
}

// wantNoSecret looks into err and all its causes under each verb.
func wantNoSecret(t *testing.T, err error, secret string) {
	t.Helper()
	for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
		if text := fmt.Sprintf(verb, err); strings.Contains(text, secret) {
			t.Errorf("%T shows the password under %s: %s", err, verb, text)
		}
	}
	switch e := any(err).(type) { // each level by itself
	case interface{ Unwrap() error }:
		if cause := e.Unwrap(); cause != nil {
			wantNoSecret(t, cause, secret)
		}
	case interface{ Unwrap() []error }:
		for _, cause := range e.Unwrap() {
			wantNoSecret(t, cause, secret)
		}
	}
}

func TestNoLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		e := h.open(t, creds.ProviderFunc[creds.Login](func(context.Context) (creds.Login, error) {
			return creds.Login{}, creds.ErrAbsent
		}), direct.Options{})
		_, err := e.Exec(t.Context(), one)
		if !errors.Is(err, creds.ErrAbsent) || exec.SafeToRetry(err) {
			t.Errorf("error %v, want creds.ErrAbsent and no retry", err)
		}
	})
}

func TestUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		h.network.Dial = func(context.Context, string) error { return syscall.ENETUNREACH }
		e := h.open(t, loader, direct.Options{})
		for op, run := range map[string]func() error{
			"exec":    func() error { _, err := e.Exec(t.Context(), one); return err },
			"query":   func() error { _, err := e.Query(t.Context(), one); return err },
			"session": func() error { _, err := e.Session(t.Context()); return err },
		} {
			err := run()
			if !exec.SafeToRetry(err) || !errors.Is(err, syscall.ENETUNREACH) || !strings.Contains(err.Error(), host) {
				t.Errorf("%s: error %v, want one that is safe to retry and names the host", op, err)
			}
			if failure, ok := errors.AsType[*exec.Error](err); !ok || failure.Op != op {
				t.Errorf("error %v, want an *exec.Error of op %s", err, op)
			}
			wantNoSecret(t, err, password)
		}
	})
}

func TestConnectTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		h.network.Dial = func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return ctx.Err()
		}
		e := h.open(t, loader, direct.Options{ConnectTimeout: 5 * time.Second})
		begin := time.Now()
		_, err := e.Exec(t.Context(), one)
		if took := time.Since(begin); !exec.SafeToRetry(err) || took != 5*time.Second {
			t.Errorf("error %v after %v, want one that is safe to retry after 5s", err, took)
		}
	})
}

func TestAllConnectionsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		e := h.open(t, loader, direct.Options{MaxConns: 1})
		held, err := e.Session(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = e.Exec(ctx, one)
		if !errors.Is(err, context.DeadlineExceeded) || !exec.SafeToRetry(err) {
			t.Errorf("error %v, want the context's, and safe to retry", err)
		}
		if err := held.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Exec(t.Context(), one); err != nil {
			t.Error(err)
		}
	})
}

// TestTLS runs on the loopback: a handshake that is refused deadlocks on
// net.Pipe, which has no buffer for the server's flight.
func TestTLS(t *testing.T) {
	authority, err := fakeaws.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name        string
		trusted     bool
		certificate string
		ok          bool
	}{
		{"trusted", true, host, true},
		{"not trusted", false, host, false},
		{"wrong name", true, "elsewhere.test", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server, err := authority.ServerConfig(tt.certificate)
			if err != nil {
				t.Fatal(err)
			}
			h := newHouse(t, nil)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			h.StartPG(l, server)
			h.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, l.Addr().String())
			}
			client := &tls.Config{}
			if tt.trusted {
				client.RootCAs = authority.Pool()
			}
			_, err = h.open(t, loader, direct.Options{TLSConfig: client}).Exec(t.Context(), one)
			if (err == nil) != tt.ok || exec.SafeToRetry(err) {
				t.Errorf("error %v, want success %v, and no retry of a certificate", err, tt.ok)
			}
		})
	}
}

func TestTargetIsChecked(t *testing.T) {
	for _, target := range []direct.Target{{}, {Host: "h"}, {Database: "d"}} {
		if _, err := direct.Open(t.Context(), target, loader, nil); err == nil {
			t.Errorf("%+v: no error", target)
		}
	}
}

// TestPoolOfTheCaller runs on a pool that belongs to somebody else.
func TestPoolOfTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		config, err := pgxpool.ParseConfig("postgres://loader:" + password + "@" + host + ":5439/dev?sslmode=disable")
		if err != nil {
			t.Fatal(err)
		}
		config.ConnConfig.DialFunc, config.ConnConfig.LookupFunc = h.network.DialContext, h.network.LookupHost
		pool, err := pgxpool.NewWithConfig(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		e := direct.New(pool)
		if _, err := e.Exec(t.Context(), one); err != nil {
			t.Fatal(err)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if err := pool.Ping(t.Context()); err != nil {
			t.Errorf("Close of the Executor closed the caller's pool: %v", err)
		}
		if err := h.SetPassword("loader", "Another1"); err != nil {
			t.Fatal(err)
		}
		pool.Reset()
		_, err = e.Exec(t.Context(), one)
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("error %v, want fs.ErrPermission", err)
		}
		wantNoSecret(t, err, password)
	})
}
