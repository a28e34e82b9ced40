package httpserve_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/internal/httpserve"
	"github.com/redferry/redferry/testkit/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const addr = "host.test:80"

func listen(t *testing.T, n *memnet.Network, addr string) net.Listener {
	t.Helper()
	l, err := n.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func get(t *testing.T, transport *http.Transport, address string) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(r)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(response.Body)
	return response.Proto + " " + string(body), errors.Join(err, response.Body.Close())
}

func TestPlainAndTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := new(memnet.Network)
		authority, err := fakeaws.NewAuthority()
		if err != nil {
			t.Fatal(err)
		}
		config, err := authority.ServerConfig("host.test")
		if err != nil {
			t.Fatal(err)
		}
		config.NextProtos = []string{"h2", "http/1.1"}
		server := httpserve.New(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
		server.Start(listen(t, network, addr), nil)
		server.Start(listen(t, network, "host.test:443"), config)
		transport := &http.Transport{
			DialContext:       network.DialContext,
			TLSClientConfig:   &tls.Config{RootCAs: authority.Pool()},
			ForceAttemptHTTP2: true,
		}
		for _, scheme := range []string{"http", "https"} {
			if got, err := get(t, transport, scheme+"://host.test"); err != nil || got != "HTTP/1.1 hello" {
				t.Errorf("%s: %q, %v", scheme, got, err)
			}
		}
		// The connections are idle now; Close does not wait for the client.
		if err := server.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if _, err := get(t, transport, "http://host.test"); err == nil {
			t.Error("a closed server answered")
		}
	})
}

// Close ends the context of a running handler and waits for the handler.
func TestCloseWaitsForHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := new(memnet.Network)
		var ended atomic.Bool
		server := httpserve.New(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			time.Sleep(time.Minute)
			ended.Store(true)
		}))
		server.Start(listen(t, network, addr), nil)
		requested := make(chan error, 1)
		go func() {
			_, err := get(t, &http.Transport{DialContext: network.DialContext}, "http://"+addr)
			requested <- err
		}()
		synctest.Wait()
		if err := server.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if !ended.Load() {
			t.Error("Close returned before the handler")
		}
		if err := <-requested; err == nil {
			t.Error("the request was answered")
		}
	})
}

// A handler that takes the connection over is waited for as well.
func TestCloseWaitsForHijackers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := new(memnet.Network)
		var ended atomic.Bool
		server := httpserve.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Errorf("Hijack: %v", err)
				return
			}
			_ = conn.Close()
			<-r.Context().Done()
			time.Sleep(time.Minute)
			ended.Store(true)
		}))
		server.Start(listen(t, network, addr), nil)
		if _, err := get(t, &http.Transport{DialContext: network.DialContext}, "http://"+addr); err == nil {
			t.Error("the request was answered")
		}
		if err := server.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if !ended.Load() {
			t.Error("Close returned before the handler")
		}
	})
}

func TestStartAfterClose(t *testing.T) {
	network := new(memnet.Network)
	server := httpserve.New(http.NotFoundHandler())
	if err := server.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	server.Start(listen(t, network, addr), nil)
	if _, err := network.DialContext(context.Background(), "tcp", addr); err == nil {
		t.Error("a closed server listens")
	}
	if err := server.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
}

// A listener that breaks is reported by Close.
func TestBrokenListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := listen(t, new(memnet.Network), addr)
		server := httpserve.New(http.NotFoundHandler())
		server.Start(l, nil)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := server.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Close = %v, want the listener's own error", err)
		}
	})
}
