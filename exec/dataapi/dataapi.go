// Package dataapi runs SQL through the Amazon Redshift Data API, over HTTPS, where
// no connection to the warehouse can be opened or kept.
//
// A statement is submitted, polled and fetched. Submitting is repeated when it is
// throttled or its answer is lost, always with the same client token, so that a
// statement never runs twice; polling goes on through throttling, server errors
// and lost connections and never submits again. This is the inner layer of
// retry; the SDK's own is switched off for each request, so that the layers do
// not multiply. The outer one is [exec.Retry].
//
// Arguments become literals in the SQL. The API's own named parameters cannot be
// NULL or the empty string, are all text, and make a placeholder of every colon
// in the SQL; literals mean the same as over a direct connection.
//
// The label of a statement is its StatementName, and a comment in front of the
// SQL, so that the warehouse's history shows the same text over each wire.
//
// The service limits a statement to 200 KB and 24 hours, a result to 500 MB and
// a row of it to 64 KB, and keeps results for a day. Source: Management Guide,
// "Using the Amazon Redshift Data API".
package dataapi

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"

	"github.com/redferry/redferry/exec"
)

// A Client is the part of [*redshiftdata.Client] that an [Executor] calls.
type Client interface {
	ExecuteStatement(context.Context, *redshiftdata.ExecuteStatementInput, ...func(*redshiftdata.Options)) (*redshiftdata.ExecuteStatementOutput, error)
	BatchExecuteStatement(context.Context, *redshiftdata.BatchExecuteStatementInput, ...func(*redshiftdata.Options)) (*redshiftdata.BatchExecuteStatementOutput, error)
	DescribeStatement(context.Context, *redshiftdata.DescribeStatementInput, ...func(*redshiftdata.Options)) (*redshiftdata.DescribeStatementOutput, error)
	GetStatementResult(context.Context, *redshiftdata.GetStatementResultInput, ...func(*redshiftdata.Options)) (*redshiftdata.GetStatementResultOutput, error)
	CancelStatement(context.Context, *redshiftdata.CancelStatementInput, ...func(*redshiftdata.Options)) (*redshiftdata.CancelStatementOutput, error)
}

// A Target is a database of one warehouse; exactly one of Workgroup and
// ClusterID is set. SecretARN names a secret with user and password. Without it
// the warehouse makes temporary credentials: for User on a cluster, else for the
// IAM identity of the client.
type Target struct {
	Workgroup string // name or ARN of a Serverless workgroup
	ClusterID string // name of a provisioned cluster
	Database  string
	User      string // clusters only, instead of SecretARN
	SecretARN string
}

func (t Target) check() error {
	switch {
	case (t.Workgroup == "") == (t.ClusterID == ""):
		return errors.New("dataapi: the target needs either a workgroup or a cluster")
	case t.Database == "":
		return errors.New("dataapi: the target needs a database")
	case t.User != "" && (t.Workgroup != "" || t.SecretARN != ""):
		return errors.New("dataapi: the target has a user besides a workgroup or a secret, which decide the user themselves")
	}
	return nil
}

// Options tune [New]. The zero value is the documented behaviour.
type Options struct {
	// MaxPoll is the longest pause between two looks at a running statement. The
	// pauses grow to it from 50 milliseconds. The default is 5 seconds.
	MaxPoll time.Duration
	// Patience is how long requests of one kind may fail in a row, by throttling,
	// server errors or a lost network, before the statement is given up. The
	// default is 10 minutes.
	Patience time.Duration
	// RequestTimeout bounds each single request. The default is 30 seconds.
	RequestTimeout time.Duration
	// SessionKeepAlive is how long the warehouse keeps an idle session, and with
	// it the locks of a transaction whose owner died. It must be longer than the
	// longest pause between two statements of a session. The default is 2
	// minutes; the service allows whole seconds up to 24 hours.
	SessionKeepAlive time.Duration
	// Rand draws from [0, 1) for the jitter of all pauses. The default is that of
	// math/rand/v2; a simulation that must replay gives a seeded one.
	Rand func() float64
	// Token returns the client token of the next statement: 1 to 64 characters,
	// never the same within 8 hours. The default is random.
	Token func() string
}

func (o *Options) withDefaults() Options {
	full := Options{}
	if o != nil {
		full = *o
	}
	if full.MaxPoll <= 0 {
		full.MaxPoll = 5 * time.Second
	}
	if full.Patience <= 0 {
		full.Patience = 10 * time.Minute
	}
	if full.RequestTimeout <= 0 {
		full.RequestTimeout = 30 * time.Second
	}
	if full.SessionKeepAlive <= 0 {
		full.SessionKeepAlive = 2 * time.Minute
	}
	if full.Token == nil {
		full.Token = rand.Text
	}
	return full
}

// An Executor runs statements through the Data API. It holds nothing that needs
// closing and is safe for concurrent use.
type Executor struct {
	client Client
	target Target
	opts   Options
}

var (
	_ Client         = (*redshiftdata.Client)(nil)
	_ exec.Executor  = (*Executor)(nil)
	_ exec.Batcher   = (*Executor)(nil)
	_ exec.Sessioner = (*Executor)(nil)
)

// New returns an Executor for target. It sends nothing.
func New(client Client, target Target, opts *Options) (*Executor, error) {
	if err := target.check(); err != nil {
		return nil, err
	}
	return &Executor{client: client, target: target, opts: opts.withDefaults()}, nil
}

// Exec runs s.
func (e *Executor) Exec(ctx context.Context, s exec.Statement) (exec.Result, error) {
	return e.exec(ctx, s, nil)
}

// Query runs s and returns its rows, which are fetched page by page.
func (e *Executor) Query(ctx context.Context, s exec.Statement) (*exec.Rows, error) {
	return e.query(ctx, s, nil)
}

// ExecBatch runs statements as one batch, which is one transaction. A batch of
// more than 40 statements is refused with an error that wraps
// [errors.ErrUnsupported]; [exec.Atomically] then uses a session.
func (e *Executor) ExecBatch(ctx context.Context, statements []exec.Statement) ([]exec.Result, error) {
	if len(statements) == 0 {
		return nil, nil
	}
	r := e.run("batch", statements[0])
	if len(statements) > maxBatch {
		return nil, r.fail(fmt.Errorf("%w: %d statements, and a batch takes %d", errors.ErrUnsupported, len(statements), maxBatch))
	}
	done, err := r.batch(ctx, statements)
	if err != nil {
		return nil, err
	}
	return subResults(done, len(statements)), nil
}

func (e *Executor) exec(ctx context.Context, s exec.Statement, in *session) (exec.Result, error) {
	r := e.run("exec", s)
	done, err := r.single(ctx, s, in)
	if err != nil {
		return exec.Result{}, err
	}
	return exec.Result{RowsAffected: done.ResultRows, QueryID: r.id, Elapsed: time.Since(r.begin)}, nil
}

func (e *Executor) query(ctx context.Context, s exec.Statement, in *session) (*exec.Rows, error) {
	r := e.run("query", s)
	done, err := r.single(ctx, s, in)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, r.fail(ctx.Err())
	}
	reader := &reader{run: r, ctx: ctx}
	if done.HasResultSet != nil && *done.HasResultSet {
		if err := reader.fetch(); err != nil {
			return nil, err
		}
	}
	return exec.NewRows(reader), nil
}

// subResults gives one result for each statement of a batch.
func subResults(done *redshiftdata.DescribeStatementOutput, n int) []exec.Result {
	results := make([]exec.Result, n)
	for i := range results {
		results[i].RowsAffected = -1
		if i < len(done.SubStatements) {
			sub := done.SubStatements[i]
			results[i] = exec.Result{RowsAffected: sub.ResultRows, QueryID: deref(sub.Id), Elapsed: time.Duration(sub.Duration)}
		}
	}
	return results
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
