package fakes3_test

import (
	"crypto/tls"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/internal/vgwtest"
	"github.com/redferry/redferry/testkit/fakes3/s3test"
)

// TestSuiteOfVersitygw runs the suite against another S3, which keeps it honest.
func TestSuiteOfVersitygw(t *testing.T) {
	account, _ := vgwtest.Accounts(t)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: account.Roots(t)}}
	t.Cleanup(transport.CloseIdleConnections)
	client := s3.New(s3.Options{
		Region:       account.Region,
		BaseEndpoint: &account.Endpoint,
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider(account.Admin.ID, account.Admin.Secret, ""),
		HTTPClient:   &http.Client{Transport: transport},
		Retryer:      aws.NopRetryer{},
	})
	name := aws.String(vgwtest.Bucket())
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
	}
}
