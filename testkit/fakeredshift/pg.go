package fakeredshift

import (
	"crypto/tls"
	"net"
)

// StartPG serves the PostgreSQL wire on l and returns at once; the listener is
// closed with the warehouse. With a tlsConfig a client may ask for TLS, as
// sslmode=verify-full does; with nil it is told that there is none. It may be
// called for several listeners.
//
// Passwords are asked for by md5, which every cluster offers; SCRAM is not in
// Redshift. A client that vanishes is noticed after its statement: that one goes
// on to its end, and then the open transaction is rolled back.
func (w *Warehouse) StartPG(l net.Listener, tlsConfig *tls.Config) {
	if !w.listen(l) {
		_ = l.Close()
		return
	}
	w.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			w.wg.Go(func() { w.servePG(conn, tlsConfig) })
		}
	})
}

func (w *Warehouse) servePG(conn net.Conn, tlsConfig *tls.Config) {
	defer func() { _ = conn.Close() }()
	if !w.track(conn) {
		return
	}
	defer w.untrack(conn)
	c := newPGConn(w, conn)
	if !c.startup(tlsConfig) {
		return
	}
	defer w.disconnect(c.session)
	c.serve()
}

// listen notes a listener for Close; it reports false after Close.
func (w *Warehouse) listen(l net.Listener) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.listeners = append(w.listeners, l)
	}
	return !w.closed
}

func (w *Warehouse) track(conn net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.conns[conn] = struct{}{}
	}
	return !w.closed
}

func (w *Warehouse) untrack(conn net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, conn)
}
