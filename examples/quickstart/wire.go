package main

import (
	"context"
	"fmt"
	"os"
	"time"

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
	"github.com/redferry/redferry/testkit/pair"
)

func validMode(mode string) bool { return mode == "direct" || mode == "dataapi" || mode == "auto" }

// secrets reads the secrets of an account with its runner's key.
func (w *world) secrets(a *pair.Account) *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{
		Region: a.Region, BaseEndpoint: aws.String(a.SecretsEndpoint), HTTPClient: w.pair.HTTPClient(),
		Credentials: awscreds.Provider(creds.Static(a.Runner)),
	})
}

// executor runs SQL on an account's warehouse in the mode that was asked for.
func (w *world) executor(ctx context.Context, a *pair.Account) (exec.Executor, error) {
	var short, long exec.Executor
	var err error
	if w.mode != "dataapi" {
		if short, err = w.direct(ctx, a); err != nil {
			return nil, err
		}
	}
	if w.mode != "direct" {
		if long, err = w.dataAPI(a); err != nil {
			return nil, err
		}
	}
	e := short
	switch w.mode {
	case "dataapi":
		e = long
	case "auto":
		e = exec.Auto(short, long, nil)
	}
	e = exec.Retry(e, nil)
	if w.verbose {
		e = exec.WithTrace(e, &exec.Trace{Start: func(_ context.Context, s exec.Statement) context.Context {
			fmt.Fprintf(os.Stderr, "-- %s: %s\n%s;\n", a.Workgroup, s.Label, s.SQL)
			return nil
		}})
	}
	return e, nil
}

// direct connects over the PostgreSQL wire with the login from Secrets Manager.
func (w *world) direct(ctx context.Context, a *pair.Account) (exec.Executor, error) {
	host, port, err := a.PGEndpoint()
	if err != nil {
		return nil, err
	}
	e, err := direct.Open(ctx, direct.Target{Host: host, Port: port, Database: a.Database},
		awssecrets.Login(w.secrets(a), a.LoginSecret), &direct.Options{TLSConfig: w.pair.TLSConfig()})
	if err != nil {
		return nil, err
	}
	w.sources = append(w.sources, e.Close)
	return e, nil
}

// dataAPI runs SQL over HTTP with the runner's key; the warehouse finds the
// login in Secrets Manager itself.
func (w *world) dataAPI(a *pair.Account) (exec.Executor, error) {
	client := redshiftdata.New(redshiftdata.Options{
		Region: a.Region, BaseEndpoint: aws.String(a.DataAPIEndpoint), HTTPClient: w.pair.HTTPClient(),
		Credentials: awscreds.Provider(creds.Static(a.Runner)),
	})
	return dataapi.New(client, dataapi.Target{Workgroup: a.Workgroup, Database: a.Database, SecretARN: a.LoginSecret}, nil)
}

// s3Client reaches an account's bucket with one key.
func (w *world) s3Client(a *pair.Account, keys aws.CredentialsProvider) (*s3.Client, error) {
	return bridge.NewClient(bridge.Access{Region: a.Region, Endpoint: a.S3Endpoint, Credentials: keys, RootCAs: w.pair.Authority.Pool()})
}

// move runs the pipeline from A to B.
func (w *world) move(ctx context.Context) (*pipeline.Report, error) {
	reader, err := w.s3Client(w.pair.A, awscreds.Provider(awssecrets.Keys(w.secrets(w.pair.A), "redferry/reader")))
	if err != nil {
		return nil, err
	}
	writer, err := w.s3Client(w.pair.B, awscreds.Provider(awssecrets.Keys(w.secrets(w.pair.B), "redferry/writer")))
	if err != nil {
		return nil, err
	}
	auditor, err := w.s3Client(w.pair.B, awscreds.Provider(creds.Static(w.pair.Auditor)))
	if err != nil {
		return nil, err
	}
	progress := newProgress(os.Stdout)
	defer progress.Wait()
	return pipeline.Run(ctx, &pipeline.Config{
		Run:      "quickstart-" + time.Now().UTC().Format("20060102-150405"),
		Source:   pipeline.Side{DB: w.a, Stage: w.pair.A.Stage, Role: creds.Static(w.pair.A.Role)},
		Target:   pipeline.Side{DB: w.b, Stage: w.pair.B.Stage, Role: creds.Static(w.pair.B.Role)},
		Bridge:   bridge.New(writer, reader, nil),
		Cloner:   ddl.New(nil),
		Tables:   ddl.Selector{Schemas: []string{flights.Schema}},
		MinLevel: bridge.Stored,
		Files:    bridge.NewLister(auditor, nil),
		Trace:    progress.Trace(),
	})
}
