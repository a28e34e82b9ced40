//go:build versitygw

package fakes3_test

import (
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/testkit/fakes3/s3test"
)

// TestSuiteOfVersityGateway runs the suite against another S3, which keeps it
// honest:
//
//	ROOT_ACCESS_KEY=root ROOT_SECRET_KEY=secret12 versitygw --port 127.0.0.1:7070 posix $(mktemp -d) &
//	S3_ENDPOINT=http://127.0.0.1:7070 AWS_ACCESS_KEY_ID=root AWS_SECRET_ACCESS_KEY=secret12 \
//	    go test -tags versitygw -run VersityGateway ./testkit/fakes3
func TestSuiteOfVersityGateway(t *testing.T) {
	client := s3.New(s3.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(os.Getenv("S3_ENDPOINT")),
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
		Retryer:      aws.NopRetryer{},
	})
	name := aws.String("redferry-suite")
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: name}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := client.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: name}); err != nil {
			t.Error(err)
		}
	}()
	for _, c := range s3test.Cases() {
		if reason, ok := deviations()[c.Name]; ok {
			t.Logf("not run: %s: %s", c.Name, reason)
			continue
		}
		t.Run(c.Name, func(t *testing.T) { c.Run(t, client, *name) })
	}
}

// deviations are the cases in which versitygw v1.8.0 on a file system differs from
// what S3's documents say.
func deviations() map[string]string {
	return map[string]string{
		"GetIfModifiedSince":       "compares with parts of a second that Last-Modified does not show",
		"KeyTooLong":               "a file's name has 255 bytes at most",
		"ListEncodingURL":          "ignores encoding-type",
		"ListUploadsInOrderOfKeys": "does not take its own marker back",
		"ObjectAttributesOfParts":  "shows no parts of a completed object",
		"PartOfUnknownUpload":      "answers the completion of an unknown upload with InvalidPart",
		"UnknownAccessKey":         "has a code of its own",
	}
}
