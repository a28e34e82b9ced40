// Package pair builds what redferry works between: two AWS accounts, each with
// a bucket, a Redshift with a role on that bucket, and a login in Secrets
// Manager; and the three access keys of the bridge and its auditor. Everything
// is a server on the wire, and no principal has any right in the other account.
//
// Programs use it as it is; tests may put it on an in-memory network and run it
// inside a testing/synctest bubble.
package pair

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakes3"
)

// Options are the settings of a [Pair].
type Options struct {
	// Engine makes the database behind a warehouse; it is called once per side.
	// Required. The Pair closes the engines.
	Engine func(side string) (fakeredshift.Engine, error)
	// Listen opens the listener of one server: name is "s3", "secrets", "pg" or
	// "data" and the side, as in "pg.a". The default listens on a free port of
	// 127.0.0.1.
	Listen func(name string) (net.Listener, error)
	// DialContext reaches those listeners. The default is that of net.Dialer.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
	// LookupHost resolves names for the PostgreSQL wire. The default is that of
	// net.Resolver.
	LookupHost func(ctx context.Context, host string) ([]string, error)
	// TLS makes every server serve TLS, with certificates of a throw-away
	// authority, for the hosts localhost and 127.0.0.1 and the listener's own.
	TLS bool
	// S3 are settings of both S3 servers; Region is set for each side.
	S3 fakes3.Options
}

// A Pair is two accounts that run until Close. It is safe for concurrent use.
type Pair struct {
	Cloud *fakeaws.Cloud
	A, B  *Account
	// Reader reads below A's stage, Writer writes below B's stage, Auditor lists B's
	// stage, and Remover deletes below it. None of them can do anything else. They are
	// the keys as they are at first: see [Pair.RotateReader].
	Reader, Writer, Auditor, Remover creds.Keys
	// ReaderSecret and WriterSecret are the ARNs of the secrets that hold the keys
	// of Reader, in A, and Writer, in B, as package awssecrets reads them. The
	// Runner of the account may read them.
	ReaderSecret, WriterSecret string
	// Authority signs the servers' certificates; nil without TLS.
	Authority *fakeaws.Authority

	opts      Options
	transport *http.Transport
}

// New builds and starts both accounts. The caller must close the Pair.
func New(opts Options) (*Pair, error) {
	if opts.Engine == nil {
		return nil, errors.New("pair: Options.Engine is required")
	}
	p := &Pair{Cloud: fakeaws.NewCloud(nil), opts: opts.withDefaults()}
	if err := p.build(); err != nil {
		return nil, errors.Join(fmt.Errorf("pair: %w", err), p.Close())
	}
	return p, nil
}

func (o Options) withDefaults() Options {
	if o.Listen == nil {
		o.Listen = func(string) (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }
	}
	if o.DialContext == nil {
		o.DialContext = new(net.Dialer).DialContext
	}
	if o.LookupHost == nil {
		o.LookupHost = net.DefaultResolver.LookupHost
	}
	return o
}

func (p *Pair) build() (err error) {
	p.transport = &http.Transport{DialContext: p.opts.DialContext, MaxIdleConnsPerHost: 64, DisableCompression: true}
	if p.opts.TLS {
		if p.Authority, err = fakeaws.NewAuthority(); err != nil {
			return err
		}
		p.transport.TLSClientConfig = &tls.Config{RootCAs: p.Authority.Pool()}
	}
	if p.A, err = p.newAccount("a", "111111111111", "us-east-1"); err != nil {
		return err
	}
	if p.B, err = p.newAccount("b", "222222222222", "eu-west-1"); err != nil {
		return err
	}
	return p.grantBridge()
}

// grantBridge makes the four users that belong to neither warehouse.
func (p *Pair) grantBridge() (err error) {
	if p.Reader, err = p.A.addUser(readerUser, readerPolicy(p.A)); err != nil {
		return err
	}
	if p.Writer, err = p.B.addUser(writerUser, writerPolicy(p.B)); err != nil {
		return err
	}
	if p.Auditor, err = p.B.addUser("auditor", auditorPolicy(p.B)); err != nil {
		return err
	}
	if p.Remover, err = p.B.addUser("remover", removerPolicy(p.B)); err != nil {
		return err
	}
	if p.ReaderSecret, err = p.A.putKeys(readerSecret, p.Reader); err != nil {
		return err
	}
	p.WriterSecret, err = p.B.putKeys(writerSecret, p.Writer)
	return err
}

// Close stops all servers and engines and waits for their goroutines.
func (p *Pair) Close() error {
	if p.transport != nil {
		p.transport.CloseIdleConnections()
	}
	var errs []error
	for _, a := range []*Account{p.A, p.B} {
		if a != nil {
			errs = append(errs, a.close())
		}
	}
	return errors.Join(errs...)
}

// HTTPClient reaches the servers, and trusts them when they serve TLS. Close
// ends its idle connections.
func (p *Pair) HTTPClient() *http.Client { return &http.Client{Transport: p.transport} }

// TLSConfig is what a client of the PostgreSQL wire needs; nil without TLS.
func (p *Pair) TLSConfig() *tls.Config {
	if p.Authority == nil {
		return nil
	}
	return p.transport.TLSClientConfig.Clone()
}
