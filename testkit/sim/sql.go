package sim

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"
)

// DialSQL connects to a warehouse; it is for direct.Options. Each message on the
// connection, and each answer, is a boundary.
func (p *Process) DialSQL(ctx context.Context, network, addr string) (net.Conn, error) {
	server, _, _ := strings.Cut(addr, ":")
	tie, _ := ctx.Value(purpose{}).(string) // pgx asks for a cancellation on a connection without one
	kind, n := p.crossTied(Dial, "dial "+server, &message{server: server}, tie)
	switch kind {
	case dead:
		return nil, errKilled
	case Refused:
		return nil, &net.OpError{Op: "dial", Net: "mem", Err: syscall.ECONNREFUSED}
	case Stall:
		if pause(ctx, stall); ctx.Err() != nil {
			return nil, &net.OpError{Op: "dial", Net: "mem", Err: ctx.Err()}
		}
	}
	conn, err := p.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	if kind == KillAfter {
		p.kill()
		return nil, errKilled
	}
	return &sqlConn{Conn: conn, process: p, server: server, tie: fmt.Sprintf("%9d", n), closed: make(chan struct{})}, nil
}

// LookupHost is for direct.Options; names are addresses.
func (p *Process) LookupHost(ctx context.Context, host string) ([]string, error) {
	return p.world.network.LookupHost(ctx, host)
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// A sqlConn is a connection of the PostgreSQL protocol.
type sqlConn struct {
	net.Conn
	process *Process
	server  string
	tie     string // the number of the connection
	once    sync.Once
	closed  chan struct{}

	mu      sync.Mutex // guards what follows
	started bool
	pending *message // what has been sent and not been answered
	number  int      // of its boundary
	kind    Kind     // what happens at the answer
}

// A message is what one write carries.
type message struct {
	server string // "pg.b"
	op     string
	sql    string // without its label; empty if it carries none
	label  string
	ends   bool // it closes the connection
}

// Write sends one write of the client when its turn has come: what pgx writes at
// once is what it wants answered.
func (c *sqlConn) Write(b []byte) (int, error) {
	m := c.describe(b)
	class := Query
	if m.ends {
		class = Answer
	}
	kind, n := c.process.crossTied(class, m.op, m, c.tie)
	switch kind {
	case dead:
		return 0, errKilled
	case LostBefore:
		_ = c.Close()
		return 0, reset()
	case Stall:
		c.stand(stall)
	case LongStall:
		c.stand(longStall)
	}
	c.process.world.asked(c.process, m)
	c.mu.Lock()
	c.pending, c.kind, c.number = m, kind, n
	c.mu.Unlock()
	written, err := c.Conn.Write(b)
	if kind == KillDuring {
		c.process.kill()
		return 0, errKilled
	}
	return written, err
}

// stand lets time pass, or less if the connection is closed or its process ends.
func (c *sqlConn) stand(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.closed:
	case <-c.process.ctx.Done():
	}
}

// Close closes the connection.
func (c *sqlConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// Read returns the answer when its turn has come.
func (c *sqlConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	m, kind, number := c.pending, c.kind, c.number
	if n > 0 {
		c.pending = nil
	}
	c.mu.Unlock()
	if n == 0 || m == nil {
		return n, err
	}
	switch kind {
	case LostAfter:
		_ = c.Close()
		return 0, reset()
	case KillAfter:
		c.process.kill()
		return 0, errKilled
	}
	if !c.process.answered(m.op, number, m) {
		return 0, errKilled
	}
	return n, err
}

// describe names what a write carries by its statement's label, if it has one.
func (c *sqlConn) describe(b []byte) *message {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := &message{server: c.server}
	if !c.started {
		c.started = len(b) < 8 || binary.BigEndian.Uint32(b[4:]) != sslRequest
		m.op = c.server + " startup"
		return m
	}
	for len(b) >= 5 {
		size := min(1+int(binary.BigEndian.Uint32(b[1:])), len(b))
		m.read(b[0], b[5:max(size, 5)])
		b = b[max(size, 5):]
	}
	m.op = c.server + " " + m.op
	return m
}

const sslRequest = 80877103

// read takes one message of the client into account.
func (m *message) read(kind byte, body []byte) {
	switch kind {
	case 'Q':
		m.statement(string(bytes.TrimRight(body, "\x00")))
	case 'P':
		if _, sql, ok := bytes.Cut(body, []byte{0}); ok {
			sql, _, _ = bytes.Cut(sql, []byte{0})
			m.statement(string(sql))
		}
	case 'X':
		m.op, m.ends = "terminate", true
	case 'p':
		m.op = "password"
	default:
		if m.op == "" {
			m.op = "message " + string(rune(kind))
		}
	}
}

func (m *message) statement(sql string) {
	m.sql = sql
	if rest, ok := strings.CutPrefix(sql, "/* "); ok {
		if label, statement, ok := strings.Cut(rest, " */"); ok {
			m.label, m.sql = label, strings.TrimSpace(statement)
		}
	}
	m.op = m.label
	if m.op == "" {
		m.op = firstWords(m.sql)
	}
}
