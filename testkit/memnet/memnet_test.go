package memnet_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/redferry/redferry/testkit/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRefused(t *testing.T) {
	var n memnet.Network
	if _, err := n.DialContext(t.Context(), "tcp", "nobody:1"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("without a listener: got %v", err)
	}
	l, err := n.Listen("somebody:1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Listen("somebody:1"); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("an address in use: got %v", err)
	}
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Error(err)
	}
	if _, err := n.DialContext(t.Context(), "tcp", "somebody:1"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after Close: got %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept after Close: got %v", err)
	}
	if _, err := n.Listen("no port"); err == nil {
		t.Error("an address without a port was accepted")
	}
}

func TestDialIsAsked(t *testing.T) {
	n := memnet.Network{Dial: func(context.Context, string) error { return syscall.ENETUNREACH }}
	if _, err := n.DialContext(t.Context(), "tcp", "x:1"); !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("got %v", err)
	}
}

// TestDialEndsWithItsContext: nobody accepts, so that the dialer waits.
func TestDialEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		l, err := n.Listen("busy:1")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if _, err := n.DialContext(ctx, "tcp", "busy:1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func Example() {
	var network memnet.Network
	l, err := network.Listen("hello.example:80")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello from ", r.Host) })}
	go func() { _ = server.Serve(l) }()
	defer server.Close()

	client := &http.Client{Transport: &http.Transport{DialContext: network.DialContext, DisableKeepAlives: true}}
	response, err := client.Get("http://hello.example/")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	fmt.Println(string(body), err)
	// Output: hello from hello.example <nil>
}
