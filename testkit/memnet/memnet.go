// Package memnet is a network in memory: listeners and dialers with buffers
// between them. It touches no socket, so servers and clients on it run inside a
// testing/synctest bubble, where waiting for the network lets time pass.
//
// Hand its DialContext to an http.Transport (for the AWS SDK) or to pgx, there
// together with LookupHost as LookupFunc.
package memnet

import (
	"context"
	"fmt"
	"net"
	"sync"
	"syscall"
)

// A Network connects the listeners and dialers of one test. The zero Network is
// ready to use. It is safe for concurrent use and starts no goroutine.
type Network struct {
	// Dial, if set, is asked before each connection; an error refuses it. It
	// must be set before the first use of the Network.
	Dial func(ctx context.Context, addr string) error

	mu        sync.Mutex // guards listeners
	listeners map[string]*listener
}

// Listen opens a listener for addr, "host:port"; no name is looked up. An
// address in use is an error that wraps syscall.EADDRINUSE.
func (n *Network) Listen(addr string) (net.Listener, error) {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return nil, fmt.Errorf("memnet: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, ok := n.listeners[addr]; ok {
		return nil, fmt.Errorf("memnet: listen %s: %w", addr, syscall.EADDRINUSE)
	}
	if n.listeners == nil {
		n.listeners = make(map[string]*listener)
	}
	l := &listener{network: n, addr: address(addr), conns: make(chan net.Conn), done: make(chan struct{})}
	n.listeners[addr] = l
	return l, nil
}

// DialContext connects to the listener at addr; network is ignored. Without a
// listener the error wraps syscall.ECONNREFUSED.
func (n *Network) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	refused := &net.OpError{Op: "dial", Net: network, Addr: address(addr), Err: syscall.ECONNREFUSED}
	if n.Dial != nil {
		if err := n.Dial(ctx, addr); err != nil {
			return nil, &net.OpError{Op: "dial", Net: network, Addr: address(addr), Err: err}
		}
	}
	n.mu.Lock()
	l := n.listeners[addr]
	n.mu.Unlock()
	if l == nil {
		return nil, refused
	}
	client, server := newPipe(address("client"), l.addr)
	select {
	case l.conns <- server:
		return client, nil
	case <-l.done:
		return nil, refused
	case <-ctx.Done():
		return nil, &net.OpError{Op: "dial", Net: network, Addr: address(addr), Err: ctx.Err()}
	}
}

// LookupHost answers with the name itself; it is pgx's LookupFunc.
func (n *Network) LookupHost(_ context.Context, host string) ([]string, error) {
	return []string{host}, nil
}

type listener struct {
	network *Network
	addr    address
	conns   chan net.Conn
	once    sync.Once
	done    chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() {
		l.network.mu.Lock()
		delete(l.network.listeners, string(l.addr))
		l.network.mu.Unlock()
		close(l.done)
	})
	return nil
}

func (l *listener) Addr() net.Addr { return l.addr }

type address string

func (address) Network() string  { return "mem" }
func (a address) String() string { return string(a) }
