package livetest

import (
	"context"
	"net"
	"sync"
)

// A Cutter is a dialer whose connections can be cut.
type Cutter struct {
	// Dial opens connections; nil is the network of this machine.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	mu    sync.Mutex // guards conns
	conns []net.Conn
}

// DialContext opens a connection.
func (c *Cutter) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	dial := c.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns = append(c.conns, conn)
	return conn, nil
}

// Cut closes all connections below whoever uses them: no message tells the server
// that they end, as when a program is killed.
func (c *Cutter) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.Close() // that is what a cut is
	}
	c.conns = nil
}
