package bridge

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// An Access says how to reach the S3 of one side.
type Access struct {
	// Region is where the bucket is. It must not be empty.
	Region string

	// Credentials are the keys of this side. They must not be nil. They are
	// asked once and then again when they expire or S3 refuses them, so that a
	// rotation in mid-run is survived. A provider with a method Invalidate(), as
	// *aws.CredentialsCache and those of package awscreds have, is told of the
	// refusal, so that it does not give out the same keys again.
	Credentials aws.CredentialsProvider

	// Endpoint is the URL of another S3 than that of AWS, which is addressed by
	// path. The default is AWS.
	Endpoint string

	// RootCAs are the authorities to trust. The default is those of the system.
	RootCAs *x509.CertPool

	// Connections is how many idle connections are kept. It should exceed
	// [Options].Concurrency. The default is 64.
	Connections int

	// Dial opens connections, for example in a network in memory. The default is
	// a net.Dialer's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// NewClient returns an S3 client for long transfers over many connections: one
// HTTP/1.1 connection per transfer, kept for the next one, with large buffers and
// bounded waits for an answer. It reads neither the environment nor any
// configuration file.
func NewClient(a Access) (*s3.Client, error) {
	if a.Region == "" {
		return nil, errors.New("bridge: make an S3 client: no region is given")
	}
	if strings.ContainsFunc(a.Region, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fmt.Errorf("bridge: make an S3 client: %q is no region: one looks like eu-west-1", a.Region)
	}
	if a.Credentials == nil {
		return nil, errors.New("bridge: make an S3 client: no credentials are given")
	}
	cache := aws.NewCredentialsCache(a.Credentials)
	opts := s3.Options{
		Region: a.Region, Credentials: cache, HTTPClient: newOwnHTTP(a.httpClient()),
		APIOptions: []func(*middleware.Stack) error{addRenewal(cache, a.Credentials)},
	}
	if a.Endpoint != "" {
		if u, err := url.Parse(a.Endpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("bridge: make an S3 client: endpoint %q is no URL like https://host:port", a.Endpoint)
		}
		opts.BaseEndpoint, opts.UsePathStyle = aws.String(a.Endpoint), true
	}
	return s3.New(opts), nil
}

func (a *Access) httpClient() *awshttp.BuildableClient {
	connections := a.Connections
	if connections <= 0 {
		connections = 64
	}
	return awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
		tr.Protocols = new(http.Protocols)
		tr.Protocols.SetHTTP1(true)
		tr.ForceAttemptHTTP2 = false
		tr.MaxIdleConns, tr.MaxIdleConnsPerHost = connections, connections
		tr.IdleConnTimeout = 30 * time.Second
		tr.ResponseHeaderTimeout = 2 * time.Minute
		tr.ReadBufferSize, tr.WriteBufferSize = 8<<10, 64<<10 // a body is read past a small buffer, not copied through it
		tr.DisableCompression = true
		if a.RootCAs != nil {
			tr.TLSClientConfig = &tls.Config{RootCAs: a.RootCAs, MinVersion: tls.VersionTLS12}
		}
		if a.Dial != nil {
			tr.DialContext = a.Dial
		}
	})
}

// renewal has the credentials asked for anew after S3 refused them, so that the
// next request goes out with what a rotation has put in their place.
type renewal struct {
	cache  *aws.CredentialsCache
	source aws.CredentialsProvider // what is in the cache; it may be or hold another one
}

// ID implements [middleware.FinalizeMiddleware].
func (renewal) ID() string { return renewer }

// HandleFinalize implements [middleware.FinalizeMiddleware].
func (r renewal) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	out, metadata, err := next.HandleFinalize(ctx, in)
	if err != nil && answer(err).verdict() == refused {
		if keeper, ok := r.source.(interface{ Invalidate() }); ok {
			keeper.Invalidate()
		}
		r.cache.Invalidate()
	}
	return out, metadata, err
}

func addRenewal(cache *aws.CredentialsCache, source aws.CredentialsProvider) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Finalize.Add(renewal{cache, source}, middleware.Before)
	}
}
