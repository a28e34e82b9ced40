package enginetest

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakes3"
	"github.com/redferry/redferry/testkit/memnet"
)

const (
	region = "eu-west-1"
	bucket = "bucket"
)

// A Storage is an S3 on a network in memory, with one bucket, "bucket", and a
// role that may do everything there.
type Storage struct {
	// AfterPut is called after each object that is written, with their number, one
	// call at a time. It is set and taken away while no statement runs.
	AfterPut func(n int)

	t         testing.TB
	transport *http.Transport
	role      *fakeaws.Role

	mu   sync.Mutex // guards puts and the calls of AfterPut
	puts int
}

var _ fakeredshift.Storage = (*Storage)(nil)

// NewStorage starts an S3 that ends with the test. Inside a bubble of
// testing/synctest, call CloseIdleConnections at the end of the bubble.
func NewStorage(t testing.TB) *Storage {
	t.Helper()
	var network memnet.Network
	cloud := fakeaws.NewCloud(nil)
	account, err := cloud.Account("111111111111")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, &network, cloud, account)
	policy := fakeaws.MustParsePolicy(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`)
	role, err := account.CreateRole("loader", []string{"redshift.amazonaws.com"}, policy)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DialContext: network.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return &Storage{t: t, transport: transport, role: role}
}

// serve starts the server and makes the bucket.
func serve(t testing.TB, network *memnet.Network, cloud *fakeaws.Cloud, account *fakeaws.Account) {
	t.Helper()
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
	if err := server.CreateBucket(account, bucket); err != nil {
		t.Fatal(err)
	}
}

// Region is the bucket's.
func (s *Storage) Region() string { return region }

// Client returns a client with the rights of the storage's role, whatever role is
// asked for.
func (s *Storage) Client(context.Context, string) (*s3.Client, error) {
	return s3.New(s3.Options{
		Region: region, Credentials: s.role.Credentials("redshift.amazonaws.com"), HTTPClient: &http.Client{Transport: counter{s}},
		BaseEndpoint: aws.String("http://s3:80"), UsePathStyle: true, RetryMaxAttempts: 1,
	}), nil
}

// CloseIdleConnections closes the connections of the clients that carry nothing.
func (s *Storage) CloseIdleConnections() { s.transport.CloseIdleConnections() }

// With writes {role} in SQL as the authorization of the storage's role.
func (s *Storage) With(sql string) string {
	return strings.ReplaceAll(sql, "{role}", "IAM_ROLE '"+s.role.ARN()+"'")
}

// Keys are the keys under a prefix.
func (s *Storage) Keys(prefix string) []string {
	s.t.Helper()
	client, _ := s.Client(s.t.Context(), "")
	listed, err := client.ListObjectsV2(s.t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: &prefix})
	if err != nil {
		s.t.Fatal(err)
	}
	keys := []string{}
	for _, o := range listed.Contents {
		keys = append(keys, *o.Key)
	}
	return keys
}

// Put writes an object.
func (s *Storage) Put(key, content string) {
	s.t.Helper()
	client, _ := s.Client(s.t.Context(), "")
	_, err := client.PutObject(s.t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader(content)})
	if err != nil {
		s.t.Fatal(err)
	}
}

// Get reads an object.
func (s *Storage) Get(key string) string {
	s.t.Helper()
	client, _ := s.Client(s.t.Context(), "")
	out, err := client.GetObject(s.t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: &key})
	if err != nil {
		s.t.Fatal(err)
	}
	defer out.Body.Close()
	content, err := io.ReadAll(out.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(content)
}

// A counter carries the requests of statements, and tells of the objects that
// they write.
type counter struct{ *Storage }

// RoundTrip carries one request.
func (c counter) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.transport.RoundTrip(r)
	if r.Method == http.MethodPut && c.AfterPut != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.puts++
		c.AfterPut(c.puts)
	}
	return response, err
}
