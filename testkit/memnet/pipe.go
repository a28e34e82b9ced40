package memnet

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// bufferSize is how much a connection takes before its writer waits, in bytes:
// about what a socket takes. Without any, as in net.Pipe, both ends of a TLS
// connection that close at once wait for each other to read, and net/http waits
// with a mutex locked, which stops the clock of a synctest bubble for good.
const bufferSize = 64 << 10

// newPipe returns the two ends of a connection.
func newPipe(client, server net.Addr) (net.Conn, net.Conn) {
	there, back := new(stream), new(stream)
	return &conn{in: back, out: there, local: client, remote: server}, &conn{in: there, out: back, local: server, remote: client}
}

// A conn is one end. It knows whom it called: pgx sends a cancel request to the
// remote address.
type conn struct {
	in, out       *stream
	local, remote net.Addr
	read, write   deadline
}

func (c *conn) Read(p []byte) (int, error)  { return c.in.readTo(p, &c.read) }
func (c *conn) Write(p []byte) (int, error) { return c.out.writeFrom(p, &c.write) }
func (c *conn) LocalAddr() net.Addr         { return c.local }
func (c *conn) RemoteAddr() net.Addr        { return c.remote }

// Close lets the other end read what was written before.
func (c *conn) Close() error {
	c.in.change(func() { c.in.deaf, c.in.buffer, c.in.read = true, nil, 0 })
	c.out.change(func() { c.out.ended = true })
	return nil
}

func (c *conn) SetDeadline(t time.Time) error {
	c.read.set(t)
	c.write.set(t)
	return nil
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.read.set(t)
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.write.set(t)
	return nil
}

// A stream carries bytes one way.
type stream struct {
	mu      sync.Mutex    // guards all below; nothing waits while it is locked
	changed chan struct{} // closed at the next change; nil if nobody waits for one
	buffer  []byte
	read    int  // of buffer
	ended   bool // the writer has closed
	deaf    bool // the reader has closed
}

// change does something to s and wakes whoever waits for that.
func (s *stream) change(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
	s.wake()
}

func (s *stream) wake() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// next is closed at the next change.
func (s *stream) next() <-chan struct{} {
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

func (s *stream) held() int { return len(s.buffer) - s.read }

// give moves bytes into p.
func (s *stream) give(p []byte) int {
	n := copy(p, s.buffer[s.read:])
	if s.read += n; s.held() == 0 {
		s.buffer, s.read = s.buffer[:0], 0
	}
	s.wake()
	return n
}

// take moves bytes out of p, as many as there is room for.
func (s *stream) take(p []byte) int {
	n := min(bufferSize-s.held(), len(p))
	if s.read > 0 && len(s.buffer)+n > cap(s.buffer) {
		s.buffer, s.read = s.buffer[:copy(s.buffer, s.buffer[s.read:])], 0
	}
	s.buffer = append(s.buffer, p[:n]...)
	s.wake()
	return n
}

func (s *stream) readTo(p []byte, d *deadline) (n int, err error) {
	for {
		expired, changed, ready := d.expired(), (<-chan struct{})(nil), true
		s.mu.Lock()
		switch {
		case s.deaf:
			err = io.ErrClosedPipe
		case isClosed(expired):
			err = os.ErrDeadlineExceeded
		case s.held() > 0:
			n = s.give(p)
		case s.ended:
			err = io.EOF
		case len(p) > 0:
			changed, ready = s.next(), false
		}
		s.mu.Unlock()
		if ready {
			return n, err
		}
		wait(changed, expired)
	}
}

func (s *stream) writeFrom(p []byte, d *deadline) (n int, err error) {
	for {
		expired, changed, ready := d.expired(), (<-chan struct{})(nil), true
		s.mu.Lock()
		switch {
		case s.ended || s.deaf:
			err = io.ErrClosedPipe
		case isClosed(expired):
			err = os.ErrDeadlineExceeded
		case n < len(p):
			if n += s.take(p[n:]); n < len(p) {
				changed, ready = s.next(), false
			}
		}
		s.mu.Unlock()
		if ready {
			return n, err
		}
		wait(changed, expired)
	}
}

func wait(changed, expired <-chan struct{}) {
	select {
	case <-changed:
	case <-expired:
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// A deadline is a channel that is closed when its time has come. The zero
// deadline never comes.
type deadline struct {
	mu    sync.Mutex // guards both
	timer *time.Timer
	done  chan struct{}
}

func (d *deadline) expired() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.done == nil {
		d.done = make(chan struct{})
	}
	return d.done
}

// set moves the deadline. Those who wait already notice: they hold the channel,
// which is replaced only after it was closed.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() {
		<-d.done // the timer has fired; let it finish
	}
	d.timer = nil
	if d.done == nil || isClosed(d.done) {
		d.done = make(chan struct{})
	}
	if t.IsZero() {
		return
	}
	done := d.done
	if left := time.Until(t); left > 0 {
		d.timer = time.AfterFunc(left, func() { close(done) })
		return
	}
	close(done)
}
