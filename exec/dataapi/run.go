package dataapi

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/internal/wire"
)

// Limits of the service. Source: Management Guide, "Using the Amazon Redshift
// Data API", and the service's API reference.
const (
	maxSQL   = 200 << 10
	maxBatch = 40
)

// A run is one statement, or batch, from submission to end:
//
//	submit (same token) -> poll -> FINISHED -> result
//	                         |---> FAILED, ABORTED -> exec.Error
//	             ctx ends -> cancel, look until settled or 30 s
type run struct {
	*Executor
	op    string
	label string
	token string
	begin time.Time
	id    string // once submitted
}

func (e *Executor) run(op string, s exec.Statement) *run {
	return &run{Executor: e, op: op, label: s.Label, token: e.opts.Token(), begin: time.Now()}
}

// text renders s as the SQL to submit.
func text(s exec.Statement) (string, error) {
	sql, err := wire.Literals(s.SQL, s.Args)
	if err != nil {
		return "", err
	}
	if label := wire.Label(s.Label); label != "" {
		sql = "/* " + label + " */ " + sql
	}
	if len(sql) > maxSQL {
		return "", fmt.Errorf("the SQL has %d bytes, and the Data API takes %d: use a direct connection, or a shorter statement", len(sql), maxSQL)
	}
	return sql, nil
}

// single runs s, in a session if in is not nil, and waits until it ends.
func (r *run) single(ctx context.Context, s exec.Statement, in *session) (*redshiftdata.DescribeStatementOutput, error) {
	sql, err := text(s)
	if err != nil {
		return nil, r.fail(err)
	}
	input := &redshiftdata.ExecuteStatementInput{
		Sql:           &sql,
		ClientToken:   &r.token,
		StatementName: optional(wire.Label(s.Label)),
	}
	if in.begun() { // the session knows the target, and how long it is kept
		input.SessionId = &in.id
	} else {
		input.WorkgroupName, input.ClusterIdentifier = optional(r.target.Workgroup), optional(r.target.ClusterID)
		input.Database, input.DbUser, input.SecretArn = &r.target.Database, optional(r.target.User), optional(r.target.SecretARN)
		input.SessionKeepAliveSeconds = in.keep()
	}
	return r.finish(ctx, func(ctx context.Context) error {
		out, err := r.client.ExecuteStatement(ctx, input, once)
		if err == nil {
			r.id = deref(out.Id)
			in.start(deref(out.SessionId))
		}
		return in.judge(err)
	})
}

// batch runs statements as one transaction and waits until it ends.
func (r *run) batch(ctx context.Context, statements []exec.Statement) (*redshiftdata.DescribeStatementOutput, error) {
	input := &redshiftdata.BatchExecuteStatementInput{
		ClientToken:       &r.token,
		StatementName:     optional(wire.Label(r.label)),
		WorkgroupName:     optional(r.target.Workgroup),
		ClusterIdentifier: optional(r.target.ClusterID),
		Database:          &r.target.Database,
		DbUser:            optional(r.target.User),
		SecretArn:         optional(r.target.SecretARN),
	}
	for _, s := range statements {
		sql, err := text(s)
		if err != nil {
			r.label = s.Label
			return nil, r.fail(err)
		}
		input.Sqls = append(input.Sqls, sql)
	}
	return r.finish(ctx, func(ctx context.Context) error {
		out, err := r.client.BatchExecuteStatement(ctx, input, once)
		if err == nil {
			r.id = deref(out.Id)
		}
		return err
	})
}

// once switches off the SDK's own retries: this package repeats requests itself.
func once(o *redshiftdata.Options) { o.Retryer = aws.NopRetryer{} }

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// finish submits by calling submit, waits for the end, and judges it.
func (r *run) finish(ctx context.Context, submit func(context.Context) error) (*redshiftdata.DescribeStatementOutput, error) {
	if err := r.submit(ctx, submit); err != nil {
		return nil, err
	}
	done, err := r.wait(ctx)
	if ctx.Err() != nil {
		done = r.abandon(ctx, done)
	}
	if done == nil {
		if err == nil {
			err = ctx.Err()
		}
		return nil, r.fail(fmt.Errorf("%w: %w", exec.ErrOutcomeUnknown, err))
	}
	return done, r.judge(ctx, done)
}
