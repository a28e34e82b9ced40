package awscreds_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
)

// A client of S3 with the reader's keys of account A.
func ExampleProvider() {
	keys := creds.Static(creds.Keys{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: creds.NewSecret("hunter2")})
	client := s3.New(s3.Options{Region: "eu-west-1", Credentials: awscreds.Provider(keys)})
	got, err := client.Options().Credentials.Retrieve(context.Background())
	fmt.Println(got.AccessKeyID, err)
	// Output: AKIAIOSFODNN7EXAMPLE <nil>
}
