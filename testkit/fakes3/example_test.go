package fakes3_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3"
)

// A user who may only write meets an S3 that is busy at first.
func Example() {
	ctx := context.Background()
	cloud := fakeaws.NewCloud(nil)
	account, err := cloud.Account("222222222222")
	if err != nil {
		log.Fatal(err)
	}
	writer, err := account.CreateUser("writer", fakeaws.MustParsePolicy(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket-b/*"}]}`))
	if err != nil {
		log.Fatal(err)
	}
	server := fakes3.New(cloud, nil)
	if err := server.CreateBucket(account, "bucket-b"); err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server.Start(l, nil)
	defer server.Close()
	server.Inject(fakes3.Fault{Op: "PutObject", Status: 503, Code: "SlowDown"})

	keys := writer.CreateAccessKey()
	client := s3.New(s3.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String("http://" + l.Addr().String()),
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey.Reveal(), ""),
		HTTPClient:   awshttp.NewBuildableClient(),
	})
	_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("bucket-b"), Key: aws.String("key"), Body: strings.NewReader("hello")})
	fmt.Println("put:", err)
	_, err = client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String("bucket-b"), Key: aws.String("key")})
	fmt.Println("read refused:", err != nil)
	content, err := server.Content(redferry.MustParseURI("s3://bucket-b/key"))
	fmt.Printf("stored: %s, %v\n", content, err)
	for _, r := range server.Requests() {
		fmt.Printf("%s: %d %q\n", r.Op, r.Status, r.Code)
	}
	// Output:
	// put: <nil>
	// read refused: true
	// stored: hello, <nil>
	// PutObject: 503 "SlowDown"
	// PutObject: 200 ""
	// HeadObject: 403 "AccessDenied"
}
