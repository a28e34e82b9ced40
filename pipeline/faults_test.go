//go:build cgo

package pipeline_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/pair"
)

// TestEachRequestFailsOnce runs the whole pipeline, the real SDK and the real
// pgx in virtual time, once for each message that a client sends: that message
// is lost, or its answer is. Whatever the run says, a second one with the same
// State then ends well, and B has exactly A's rows.
func TestEachRequestFailsOnce(t *testing.T) {
	for _, mode := range []string{"direct", "dataapi"} {
		for _, loss := range []loss{lostRequest, lostAnswer} {
			t.Run(fmt.Sprintf("%s, %s", mode, loss), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { eachRequest(t, mode, loss) })
			})
		}
	}
}

func eachRequest(t *testing.T, mode string, loss loss) {
	w := newWorld(t)
	defer w.close(t)
	healthy := w.newClient(nil)
	healthy.fill(t)
	target := healthy.direct(t, w.B, w.B.Login)
	failed, n := 0, 1
	for ; ; n++ {
		b := &breaker{dial: w.network.DialContext, at: n, loss: loss}
		again := brokenRun(t, w, b, mode, fmt.Sprintf("run-%d", n))
		if again {
			failed++
		}
		healthy.same(t)
		if t.Failed() {
			t.Fatalf("after message %d was the %s", n, loss)
		}
		if !b.hit() {
			break
		}
		if _, err := target.Exec(t.Context(), exec.Statement{SQL: "DROP SCHEMA shop CASCADE"}); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d messages; after %d losses it took a second run", n-1, failed)
	if n < 50 {
		t.Errorf("only %d messages were sent", n-1)
	}
	healthy.close(t)
	time.Sleep(time.Minute) // virtual: connections that idle come to their end
}

// brokenRun moves the tables with one message lost and, if that run fails, once
// more without. It reports whether it took the second run.
func brokenRun(t *testing.T, w *world, b *breaker, mode, name string) bool {
	t.Helper()
	state := pipeline.NewMemState()
	for i, dial := range []dialer{b.DialContext, nil} {
		c := w.newClient(dial)
		executor := func(a *pair.Account) exec.Executor {
			if mode == "dataapi" {
				return exec.Retry(c.dataAPI(t, a), nil)
			}
			return exec.Retry(c.direct(t, a, a.Login), nil)
		}
		config := c.config(executor(w.A), executor(w.B))
		config.Run, config.State = name, state
		_, err := pipeline.Run(t.Context(), config)
		c.close(t)
		if err == nil {
			return i > 0
		}
		if i > 0 {
			t.Fatalf("%s: the second run failed, too: %v", name, err)
		}
	}
	return true
}

// A loss says what becomes of the message.
type loss string

const (
	lostRequest loss = "request lost"
	lostAnswer  loss = "answer lost"
)

// A breaker counts the messages that a client sends over all its connections
// and breaks the connection of one of them.
type breaker struct {
	dial dialer
	at   int
	loss loss

	mu   sync.Mutex // guards sent
	sent int
}

func (b *breaker) hit() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sent >= b.at
}

// mine counts a message and reports whether it is the one.
func (b *breaker) mine() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent++
	return b.sent == b.at
}

func (b *breaker) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := b.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &fragile{Conn: conn, breaker: b}, nil
}

// A fragile connection breaks at the breaker's message.
type fragile struct {
	net.Conn
	breaker *breaker

	mu   sync.Mutex // guards lost
	lost bool       // the next answer is
}

func (f *fragile) Write(p []byte) (int, error) {
	if f.breaker.mine() {
		if f.breaker.loss == lostRequest {
			return 0, f.broken()
		}
		f.mu.Lock()
		f.lost = true
		f.mu.Unlock()
	}
	return f.Conn.Write(p)
}

func (f *fragile) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lost && err == nil {
		return 0, f.broken()
	}
	return n, err
}

func (f *fragile) broken() error {
	if err := f.Close(); err != nil {
		return err
	}
	return &net.OpError{Op: "read", Net: "mem", Err: syscall.ECONNRESET}
}
