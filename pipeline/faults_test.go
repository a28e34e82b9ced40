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

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/pipeline"
)

// TestEachRequestFailsOnce runs the whole pipeline, the real SDK and the real
// pgx in virtual time, again and again, with one message of a client lost or, for
// every other one, its answer: every 5th, and on the best engine every 21st.
// TestSingles of testkit/sim loses each, before its effect and after it. A run that
// fails is followed by a second one with the same State, which then ends well.
// Either way B has exactly A's rows.
func TestEachRequestFailsOnce(t *testing.T) {
	for _, mode := range []string{"direct", "dataapi"} {
		t.Run(mode+", mem", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { eachRequest(t, onMem, mode, 5) })
		})
		t.Run(mode+", best", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { eachRequest(t, onBest, mode, 21) })
		})
	}
}

// moved are the tables of the faulty runs.
var moved = []redferry.Table{orders, people}

// eachRequest loses every step-th message. An odd step takes turns with the answers.
func eachRequest(t *testing.T, e engine, mode string, step int) {
	w := newWorld(t, e)
	defer w.close(t)
	healthy := w.newClient(nil)
	healthy.fill(t)
	target := healthy.direct(t, w.B, w.B.Login)
	again, n := 0, 1
	for ; ; n += step {
		b := &breaker{dial: w.network.DialContext, at: n, loss: []loss{lostRequest, lostAnswer}[n%2]}
		if brokenRun(t, w, b, mode, fmt.Sprintf("run-%d", n)) {
			again++
		}
		healthy.same(t, moved...)
		if t.Failed() {
			t.Fatalf("after message %d was the %s", n, b.loss)
		}
		if !b.hit() {
			break
		}
		if _, err := target.Exec(t.Context(), exec.Statement{SQL: "DROP SCHEMA shop CASCADE"}); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("up to message %d, in steps of %d; after %d losses it took a second run", n-step, step, again)
	if n < 50 {
		t.Errorf("only %d messages were sent", n-step)
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
		config := c.config(c.executor(t, w.A, mode), c.executor(t, w.B, mode))
		config.Run, config.State, config.Tables = name, state, ddl.Selector{Tables: moved}
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
