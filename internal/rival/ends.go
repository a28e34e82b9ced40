package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/redferry/redferry/internal/rival/hollow"
)

// ends are the two servers that a program copies between.
type ends struct {
	source, target *end
	certificates   string // a file of those to trust
}

// An end is a server in a process of its own.
type end struct {
	process *exec.Cmd
	input   io.Closer // the process ends with it
	client  *http.Client
	hello
}

// start starts the servers. The file of their certificates is in dir.
func start(dir string, secure bool, sets []hollow.Set) (_ *ends, err error) {
	e := &ends{certificates: filepath.Join(dir, "certificates.pem")}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	if e.source, err = startEnd(secure, sets); err != nil {
		return nil, err
	}
	if e.target, err = startEnd(secure, sets); err != nil {
		return nil, err
	}
	return e, os.WriteFile(e.certificates, append(e.source.Certificate, e.target.Certificate...), 0o600)
}

func startEnd(secure bool, sets []hollow.Set) (*end, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	e := &end{process: exec.Command(program, serveCommand)}
	e.process.Stderr = os.Stderr
	input, err := e.process.StdinPipe()
	if err != nil {
		return nil, err
	}
	e.input = input
	output, err := e.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := e.process.Start(); err != nil {
		return nil, err
	}
	told := json.NewEncoder(input).Encode(order{secure, sets})
	if err := json.NewDecoder(output).Decode(&e.hello); err != nil {
		return nil, errors.Join(fmt.Errorf("a server does not start: %w", err), told, e.close())
	}
	e.client = trusting(e.Certificate)
	return e, nil
}

// trusting is a client that trusts a certificate.
func trusting(pem []byte) *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}
}

// scheme is how the servers are spoken to, HTTP or HTTPS.
func (e *ends) scheme() string {
	scheme, _, _ := strings.Cut(e.source.URL, "://")
	return strings.ToUpper(scheme)
}

// close ends both servers, as far as they were started.
func (e *ends) close() {
	for _, end := range []*end{e.source, e.target} {
		if end != nil {
			_ = end.close() // they have nothing to lose
		}
	}
}

func (e *end) close() error { return errors.Join(e.input.Close(), e.process.Wait()) }

// forget makes a server forget what it was sent.
func (e *end) forget(ctx context.Context) error {
	response, err := e.ask(ctx, forgetPath)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// report is what a server was sent since it forgot.
func (e *end) report(ctx context.Context) (r hollow.Report, err error) {
	response, err := e.ask(ctx, reportPath)
	if err != nil {
		return r, err
	}
	defer response.Body.Close()
	return r, json.NewDecoder(response.Body).Decode(&r)
}

func (e *end) ask(ctx context.Context, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.URL+path, nil)
	if err != nil {
		return nil, err
	}
	return e.client.Do(request)
}
