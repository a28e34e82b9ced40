package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/exec"
)

// An attempt is something that a principal must not be able to do.
type attempt struct {
	who, what string
	do        func(context.Context) error
}

// tryTheBorder lets every principal try what would cross the border, and fails
// unless each is refused for want of a permission.
func (w *world) tryTheBorder(ctx context.Context, out io.Writer) error {
	attempts, err := w.attempts(ctx)
	if err != nil {
		return err
	}
	tw := tabwriter.NewWriter(out, 2, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "\n  who\ttries to\tanswer")
	var crossed []error
	for _, a := range attempts {
		err := a.do(ctx)
		answer, refused := refusal(err)
		fmt.Fprintf(tw, "  %s\t%s\t%s\n", a.who, a.what, answer)
		if !refused {
			crossed = append(crossed, fmt.Errorf("%s could %s, or failed for another reason: %w", a.who, a.what, err))
		}
	}
	return errors.Join(append(crossed, tw.Flush())...)
}

// refusal reports whether err is a refusal for want of a permission.
func refusal(err error) (answer string, refused bool) {
	var api smithy.APIError
	switch {
	case err == nil:
		return "NOT REFUSED", false
	case errors.As(err, &api):
		return "refused: " + api.ErrorCode(), api.ErrorCode() == "AccessDenied" || api.ErrorCode() == "Forbidden"
	}
	var e *exec.Error
	if errors.As(err, &e) {
		text, _, _ := strings.Cut(strings.TrimPrefix(e.Err.Error(), "ERROR: "), ",")
		return "refused: " + text, strings.Contains(text, "Access Denied")
	}
	return err.Error(), false
}

func (w *world) attempts(ctx context.Context) ([]attempt, error) {
	roleA, err := w.pair.A.RoleKeys.Credentials("redshift.amazonaws.com").Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	roleB, err := w.pair.B.RoleKeys.Credentials("redshift.amazonaws.com").Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	a, b := w.A, w.B
	return []attempt{
		{"Redshift A", "UNLOAD to bucket B", w.unload(a, b)},
		{"role A", "write to bucket B", w.put(b, fixed(roleA))},
		{"role A", "read bucket B", w.get(b, fixed(roleA))},
		{"role B", "read bucket A", w.get(a, fixed(roleB))},
		{"reader", "write to bucket A", w.put(a, awscreds.Provider(creds.Static(w.pair.Reader)))},
		{"reader", "write to bucket B", w.put(b, awscreds.Provider(creds.Static(w.pair.Reader)))},
		{"writer", "read bucket B", w.get(b, awscreds.Provider(creds.Static(w.pair.Writer)))},
		{"writer", "list bucket B", w.list(b, awscreds.Provider(creds.Static(w.pair.Writer)))},
		{"writer", "read bucket A", w.get(a, awscreds.Provider(creds.Static(w.pair.Writer)))},
		{"auditor", "read bucket B", w.get(b, awscreds.Provider(creds.Static(w.pair.Auditor)))},
	}, nil
}

// unload lets one account's warehouse write to the other's bucket.
func (w *world) unload(from, to account) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := w.a.Exec(ctx, exec.Statement{
			SQL: "UNLOAD ('SELECT 1 AS one') TO " + redferry.Literal(to.Stage.Join("stolen/").String()) +
				" IAM_ROLE " + redferry.Literal(from.Role) + " FORMAT AS PARQUET REGION " + redferry.Literal(to.Region),
			Label: "cross the border",
		})
		return err
	}
}

func fixed(c aws.Credentials) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil })
}

func (w *world) put(to account, keys aws.CredentialsProvider) func(context.Context) error {
	return func(ctx context.Context) error {
		c, err := w.s3Client(to, keys)
		if err != nil {
			return err
		}
		_, err = c.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &to.Stage.Bucket, Key: aws.String(to.Stage.Key + "smuggled"), Body: strings.NewReader("contraband"),
		})
		return err
	}
}

func (w *world) get(from account, keys aws.CredentialsProvider) func(context.Context) error {
	return func(ctx context.Context) error {
		c, err := w.s3Client(from, keys)
		if err != nil {
			return err
		}
		object, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: &from.Stage.Bucket, Key: aws.String(from.Stage.Key + "anything")})
		if err != nil {
			return err
		}
		return object.Body.Close()
	}
}

func (w *world) list(of account, keys aws.CredentialsProvider) func(context.Context) error {
	return func(ctx context.Context) error {
		c, err := w.s3Client(of, keys)
		if err != nil {
			return err
		}
		_, err = c.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &of.Stage.Bucket, Prefix: &of.Stage.Key})
		return err
	}
}
