// Package httpserve is the life of an HTTP server of the test kits: it serves on
// listeners that the caller gives, and after Close no goroutine of it is left.
package httpserve

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
)

// A Server serves HTTP/1.1. Make one with [New]. Its methods are safe for
// concurrent use.
type Server struct {
	server http.Server
	cancel context.CancelFunc
	wg     sync.WaitGroup // listeners, connections and handlers

	mu     sync.Mutex // guards closed and failed
	closed bool
	failed []error
}

// New returns a server of handler. The context of each request ends when the
// server is closed.
func New(handler http.Handler) *Server {
	s := new(Server)
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.server = http.Server{
		Handler:      s.counted(handler),
		BaseContext:  func(net.Listener) context.Context { return ctx },
		ConnState:    s.count,
		Protocols:    new(http.Protocols),
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
		ErrorLog:     log.New(io.Discard, "", 0),
	}
	s.server.Protocols.SetHTTP1(true)
	return s
}

// Start begins to serve on l and returns at once; the server owns l from now on.
// A nil tlsConfig means plain HTTP. It may be called for several listeners. On a
// closed server it closes l.
func (s *Server) Start(l net.Listener, tlsConfig *tls.Config) {
	if tlsConfig != nil {
		tlsConfig = tlsConfig.Clone()
		tlsConfig.NextProtos = []string{"http/1.1"}
		l = tls.NewListener(l, tlsConfig)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		s.failed = append(s.failed, l.Close())
		return
	}
	s.wg.Go(func() {
		if err := s.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.failed = append(s.failed, err)
		}
	})
}

// Close closes the listeners and connections and returns when every goroutine of
// the server has ended. Its error joins what went wrong with the listeners, if
// anything. Connections that a handler hijacked are the handler's to close.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	err := s.server.Close()
	s.wg.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(append(s.failed, err)...)
}

// count counts a connection from its first state, which the listener's goroutine
// reports, to its last.
func (s *Server) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.wg.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.wg.Done()
	}
}

// counted counts the handlers as well: one that hijacked its connection outlives
// the count of the connection.
func (s *Server) counted(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.wg.Add(1)
		defer s.wg.Done()
		handler.ServeHTTP(w, r)
	})
}
