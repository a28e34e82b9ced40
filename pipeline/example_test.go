package pipeline_test

import (
	"context"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/creds/awssecrets"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec/dataapi"
	"github.com/redferry/redferry/pipeline"
)

// MoveSales moves the schema sales from account A to account B. a and b are the
// configurations of two callers that may use the Data API and read the secrets
// of their own account.
func MoveSales(ctx context.Context, a, b aws.Config) error {
	source, err := dataapi.New(redshiftdata.NewFromConfig(a), dataapi.Target{Workgroup: "wh-a", Database: "dev"}, nil)
	if err != nil {
		return err
	}
	target, err := dataapi.New(redshiftdata.NewFromConfig(b), dataapi.Target{Workgroup: "wh-b", Database: "dev"}, nil)
	if err != nil {
		return err
	}
	reader, err := bucketClient(a, "bridge/reader")
	if err != nil {
		return err
	}
	writer, err := bucketClient(b, "bridge/writer")
	if err != nil {
		return err
	}
	state, err := pipeline.DirState("/var/lib/ferry")
	if err != nil {
		return err
	}
	report, err := pipeline.Run(ctx, &pipeline.Config{
		Run: "sales-2026-11-21", // run again with the same name to go on where it stopped
		Source: pipeline.Side{
			DB: source, Stage: redferry.MustParseURI("s3://acct-a-stage/ferry/"),
			Role: creds.Static(creds.MustParseRole("arn:aws:iam::111111111111:role/unload")),
		},
		Target: pipeline.Side{
			DB: target, Stage: redferry.MustParseURI("s3://acct-b-stage/ferry/"),
			Role: creds.Static(creds.MustParseRole("arn:aws:iam::222222222222:role/copy")),
		},
		Bridge:   bridge.New(writer, reader, nil),
		Cloner:   ddl.New(nil),
		Tables:   ddl.Selector{Schemas: []string{"sales"}},
		MinLevel: bridge.Stored, // each file proven by the checksum that S3 stores
		State:    state,
	})
	_, _ = report.WriteTo(os.Stdout)
	return err // nil only if every table arrived and was compared
}

// bucketClient reaches the bucket of one side with the bridge's key for it, which
// is a secret of that side's account.
func bucketClient(cfg aws.Config, secret string) (*s3.Client, error) {
	keys := awssecrets.Keys(secretsmanager.NewFromConfig(cfg), secret)
	return bridge.NewClient(bridge.Access{Region: cfg.Region, Credentials: awscreds.Provider(keys)})
}
