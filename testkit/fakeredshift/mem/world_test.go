package mem_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakes3"
	"github.com/redferry/redferry/testkit/memnet"
)

const region = "eu-west-1"

// A world is an S3 with one bucket, "bucket", and a role that may do all there.
type world struct {
	t    testing.TB
	http *http.Client

	transport *http.Transport
	role      *fakeaws.Role
	arn       string
	// afterPut is called after each object that is written, with their number.
	afterPut func(n int)
	puts     int
}

// RoundTrip carries the requests of statements.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := w.transport.RoundTrip(r)
	if r.Method == http.MethodPut && w.afterPut != nil {
		w.puts++
		w.afterPut(w.puts)
	}
	return response, err
}

var _ fakeredshift.Storage = (*world)(nil)

func newWorld(t testing.TB) *world {
	t.Helper()
	var network memnet.Network
	cloud := fakeaws.NewCloud(nil)
	account, err := cloud.Account("111111111111")
	if err != nil {
		t.Fatal(err)
	}
	server := fakes3.New(cloud, &fakes3.Options{Region: region})
	l, err := network.Listen("s3:80")
	if err != nil {
		t.Fatal(err)
	}
	server.Start(l, nil)
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := server.CreateBucket(account, "bucket"); err != nil {
		t.Fatal(err)
	}
	policy := fakeaws.MustParsePolicy(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`)
	role, err := account.CreateRole("loader", []string{"redshift.amazonaws.com"}, policy)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DialContext: network.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	w := &world{t: t, transport: transport, role: role, arn: role.ARN()}
	w.http = &http.Client{Transport: w}
	return w
}

func (w *world) Region() string { return region }

func (w *world) Client(context.Context, string) (*s3.Client, error) {
	return s3.New(s3.Options{
		Region: region, Credentials: w.role.Credentials("redshift.amazonaws.com"), HTTPClient: w.http,
		BaseEndpoint: aws.String("http://s3:80"), UsePathStyle: true, RetryMaxAttempts: 1,
	}), nil
}

// keys are the keys under a prefix.
func (w *world) keys(prefix string) []string {
	w.t.Helper()
	client, _ := w.Client(w.t.Context(), "")
	listed, err := client.ListObjectsV2(w.t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("bucket"), Prefix: &prefix})
	if err != nil {
		w.t.Fatal(err)
	}
	keys := []string{}
	for _, o := range listed.Contents {
		keys = append(keys, *o.Key)
	}
	return keys
}

// with writes {role} in SQL as the authorization of the world's role.
func (w *world) with(sql string) string {
	return strings.ReplaceAll(sql, "{role}", "IAM_ROLE '"+w.arn+"'")
}

// put stores an object.
func (w *world) put(key string, content []byte) {
	w.t.Helper()
	client, _ := w.Client(w.t.Context(), "")
	_, err := client.PutObject(w.t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: &key, Body: bytes.NewReader(content)})
	if err != nil {
		w.t.Fatal(err)
	}
}

// get reads an object.
func (w *world) get(key string) string {
	w.t.Helper()
	client, _ := w.Client(w.t.Context(), "")
	out, err := client.GetObject(w.t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: &key})
	if err != nil {
		w.t.Fatal(err)
	}
	defer out.Body.Close()
	content, err := io.ReadAll(out.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(content)
}
