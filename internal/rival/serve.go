package main

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/redferry/redferry/internal/rival/hollow"
)

// serveCommand is the argument of a process that is a server.
const serveCommand = "serve"

// An order is what a server is told on its standard input, which stays open for as
// long as it is needed.
type order struct {
	TLS  bool
	Sets []hollow.Set
}

// A hello is what a server answers on its standard output, once it can be reached.
type hello struct {
	URL         string
	Certificate []byte // in PEM; nil without TLS
}

// Where a server can be asked for what it was sent, and told to forget it. No bucket
// has such a name.
const (
	reportPath = "/-/report"
	forgetPath = "/-/forget"
)

// serve is the process of a server. It ends with its input, and so never lives longer
// than who started it.
func serve(in io.Reader, out io.Writer) error {
	var o order
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	h := hello{URL: "http://" + l.Addr().String()}
	if o.TLS {
		certificate, pem, err := newCertificate()
		if err != nil {
			return err
		}
		h = hello{"https://" + l.Addr().String(), pem}
		l = tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}})
	}
	server := &http.Server{
		Handler:           handler(hollow.New(o.Sets...)),
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // programs break off connections when they end
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	if err := json.NewEncoder(out).Encode(h); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, in) // however it ends, nobody needs the server any more
		_ = server.Close()
	}()
	if err := <-failed; err != http.ErrServerClosed {
		return err
	}
	return nil
}

// handler is the server with the two paths beside what S3 has.
func handler(s *hollow.Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case reportPath:
			_ = json.NewEncoder(w).Encode(s.Report()) // a reader who went away fails on his own
		case forgetPath:
			s.Forget()
		default:
			s.ServeHTTP(w, r)
		}
	})
}
