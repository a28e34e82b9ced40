package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/creds/awssecrets"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/examples/internal/flights"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/dataapi"
	"github.com/redferry/redferry/exec/direct"
	"github.com/redferry/redferry/pipeline"
)

func validMode(mode string) bool { return mode == "direct" || mode == "dataapi" || mode == "auto" }

// A ferry does a job: it knows both accounts by their addresses only, as a
// program at work does. It must be closed.
type ferry struct {
	job
	roots   *x509.CertPool
	http    *http.Client
	closers []func() error // in reverse
	a, b    exec.Executor
}

func newFerry(ctx context.Context, j job) (f *ferry, err error) {
	f = &ferry{job: j, roots: x509.NewCertPool()}
	if !f.roots.AppendCertsFromPEM(j.CA) {
		return nil, errors.New("there is no certificate to trust")
	}
	transport := &http.Transport{TLSClientConfig: f.tls(), MaxIdleConnsPerHost: 16}
	f.http = &http.Client{Transport: transport}
	f.closers = append(f.closers, func() error {
		transport.CloseIdleConnections()
		return nil
	})
	if f.a, err = f.executor(ctx, j.A); err != nil {
		return nil, errors.Join(fmt.Errorf("warehouse A: %w", err), f.Close())
	}
	if f.b, err = f.executor(ctx, j.B); err != nil {
		return nil, errors.Join(fmt.Errorf("warehouse B: %w", err), f.Close())
	}
	return f, nil
}

// Close ends the connections.
func (f *ferry) Close() error {
	var errs []error
	for i := len(f.closers) - 1; i >= 0; i-- {
		errs = append(errs, f.closers[i]())
	}
	return errors.Join(errs...)
}

func (f *ferry) tls() *tls.Config { return &tls.Config{RootCAs: f.roots, MinVersion: tls.VersionTLS12} }

// secrets reads the secrets of an account with its runner's key.
func (f *ferry) secrets(a account) *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{
		Region: a.Region, BaseEndpoint: aws.String(a.Secrets), HTTPClient: f.http,
		Credentials: awscreds.Provider(creds.Static(a.Runner.creds())),
	})
}

// executor runs SQL on an account's warehouse in the mode that was asked for.
func (f *ferry) executor(ctx context.Context, a account) (exec.Executor, error) {
	var short, long exec.Executor
	var err error
	if f.Mode != "dataapi" {
		if short, err = f.direct(ctx, a); err != nil {
			return nil, err
		}
	}
	if f.Mode != "direct" {
		if long, err = f.dataAPI(a); err != nil {
			return nil, err
		}
	}
	e := short
	switch f.Mode {
	case "dataapi":
		e = long
	case "auto":
		e = exec.Auto(short, long, nil)
	}
	e = exec.Retry(e, nil)
	if f.Verbose {
		e = exec.WithTrace(e, &exec.Trace{Start: func(_ context.Context, s exec.Statement) context.Context {
			fmt.Fprintf(os.Stderr, "-- %s: %s\n%s;\n", a.Workgroup, s.Label, s.SQL)
			return nil
		}})
	}
	return e, nil
}

// direct connects over the PostgreSQL wire with the login from Secrets Manager.
func (f *ferry) direct(ctx context.Context, a account) (exec.Executor, error) {
	e, err := direct.Open(ctx, direct.Target{Host: a.Host, Port: a.Port, Database: a.Database},
		awssecrets.Login(f.secrets(a), a.LoginSecret), &direct.Options{TLSConfig: f.tls()})
	if err != nil {
		return nil, err
	}
	f.closers = append(f.closers, e.Close)
	return e, nil
}

// dataAPI runs SQL over HTTP with the runner's key; the warehouse finds the
// login in Secrets Manager itself.
func (f *ferry) dataAPI(a account) (exec.Executor, error) {
	client := redshiftdata.New(redshiftdata.Options{
		Region: a.Region, BaseEndpoint: aws.String(a.DataAPI), HTTPClient: f.http,
		Credentials: awscreds.Provider(creds.Static(a.Runner.creds())),
	})
	return dataapi.New(client, dataapi.Target{Workgroup: a.Workgroup, Database: a.Database, SecretARN: a.LoginSecret}, nil)
}

// s3Client reaches an account's bucket with one key.
func (f *ferry) s3Client(a account, keys aws.CredentialsProvider) (*s3.Client, error) {
	return bridge.NewClient(bridge.Access{Region: a.Region, Endpoint: a.S3, Credentials: keys, RootCAs: f.roots})
}

// bridge has the reader's key for A and the writer's for B, each from the
// Secrets Manager of its account.
func (f *ferry) bridge(tell func(event)) (bridge.Bridge, error) {
	reader, err := f.s3Client(f.A, awscreds.Provider(awssecrets.Keys(f.secrets(f.A), f.A.KeySecret)))
	if err != nil {
		return nil, err
	}
	writer, err := f.s3Client(f.B, awscreds.Provider(awssecrets.Keys(f.secrets(f.B), f.B.KeySecret)))
	if err != nil {
		return nil, err
	}
	journal, err := bridge.NewDirJournal(filepath.Join(f.Dir, "uploads"))
	if err != nil {
		return nil, err
	}
	return bridge.New(writer, reader, &bridge.Options{PartSize: f.PartSize, Journal: journal, Trace: bridgeTrace(tell)}), nil
}

// move runs the pipeline from A to B, from where an earlier run with the same
// name and directory stopped. It tells what it does, from several goroutines.
func (f *ferry) move(ctx context.Context, tell func(event)) (*pipeline.Report, error) {
	b, err := f.bridge(tell)
	if err != nil {
		return nil, err
	}
	auditor, err := f.s3Client(f.B, awscreds.Provider(creds.Static(f.Auditor.creds())))
	if err != nil {
		return nil, err
	}
	state, err := pipeline.DirState(filepath.Join(f.Dir, "tables"))
	if err != nil {
		return nil, err
	}
	roleA, err := creds.ParseRole(f.A.Role)
	if err != nil {
		return nil, err
	}
	roleB, err := creds.ParseRole(f.B.Role)
	if err != nil {
		return nil, err
	}
	return pipeline.Run(ctx, &pipeline.Config{
		Run:      f.Run,
		Source:   pipeline.Side{DB: f.a, Stage: f.A.Stage, Role: creds.Static(roleA)},
		Target:   pipeline.Side{DB: f.b, Stage: f.B.Stage, Role: creds.Static(roleB)},
		Bridge:   b,
		Cloner:   ddl.New(nil),
		Tables:   ddl.Selector{Schemas: []string{flights.Schema}},
		MinLevel: bridge.Stored,
		Files:    bridge.NewLister(auditor, nil),
		State:    state,
		Trace:    pipelineTrace(tell),
	})
}
