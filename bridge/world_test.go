package bridge_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"go.uber.org/goleak"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3"
	"github.com/redferry/redferry/testkit/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A world is two accounts with a bucket each on a network in memory. Its reader
// may only read in A, its writer has only the four rights of a write-only key.
type world struct {
	cloud          *fakeaws.Cloud
	network        memnet.Network
	authority      *fakeaws.Authority // nil over plain HTTP
	a, b           *account
	reader, writer *s3.Client
}

type account struct {
	iam      *fakeaws.Account
	s3       *fakes3.Server
	bucket   string
	endpoint string
	admin    *s3.Client
}

const (
	readOnly  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::source/*"},{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::source"}]}`
	writeOnly = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObject","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],"Resource":"arn:aws:s3:::target/*"},{"Effect":"Allow","Action":"s3:ListBucketMultipartUploads","Resource":"arn:aws:s3:::target"}]}`
	all       = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
)

// inWorld runs test in a bubble of virtual time, over HTTP and over HTTPS.
func inWorld(t *testing.T, test func(t *testing.T, w *world)) {
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, newWorld(t, scheme)) })
		})
	}
}

func newWorld(t *testing.T, scheme string) *world {
	t.Helper()
	w := &world{cloud: fakeaws.NewCloud(nil)}
	if scheme == "https" {
		w.authority = must(fakeaws.NewAuthority())(t)
	}
	w.a = w.account(t, scheme, "111111111111", "us-east-1", "source")
	w.b = w.account(t, scheme, "222222222222", "eu-west-1", "target")
	w.reader = w.client(t, w.a, readOnly)
	w.writer = w.client(t, w.b, writeOnly)
	return w
}

func (w *world) account(t *testing.T, scheme, id, region, bucket string) *account {
	t.Helper()
	a := &account{iam: must(w.cloud.Account(id))(t), bucket: bucket}
	a.s3 = fakes3.New(w.cloud, &fakes3.Options{Region: region, MinPartSize: -1})
	host := "s3." + bucket + ".test"
	l := must(w.network.Listen(host + ":443"))(t)
	a.endpoint = scheme + "://" + host + ":443"
	if scheme == "https" {
		a.s3.Start(l, must(w.authority.ServerConfig(host))(t))
	} else {
		a.s3.Start(l, nil)
	}
	t.Cleanup(func() {
		if err := a.s3.Close(); err != nil {
			t.Error(err)
		}
	})
	check(t, a.s3.CreateBucket(a.iam, bucket))
	a.admin = w.client(t, a, all)
	return a
}

// client makes a client of account a with a new user that has this policy.
func (w *world) client(t *testing.T, a *account, policy string) *s3.Client {
	t.Helper()
	user := must(a.iam.CreateUser(fmt.Sprintf("user%d", rand.Uint64()), fakeaws.MustParsePolicy(policy)))(t)
	return must(bridge.NewClient(w.access(a, user.CreateAccessKey())))(t)
}

func (w *world) access(a *account, keys creds.Keys) bridge.Access {
	access := bridge.Access{
		Region: a.s3.Region(), Endpoint: a.endpoint, Dial: w.network.DialContext,
		Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey.Reveal(), ""),
	}
	if w.authority != nil {
		access.RootCAs = w.authority.Pool()
	}
	return access
}

// copier has parts of 1 KiB, and the options that change sets.
func (w *world) copier(change func(*bridge.Options)) *bridge.Copier {
	opts := &bridge.Options{PartSize: 1 << 10, Concurrency: 4}
	if change != nil {
		change(opts)
	}
	return bridge.New(w.writer, w.reader, opts)
}

func src(key string) redferry.URI { return redferry.URI{Bucket: "source", Key: key} }
func dst(key string) redferry.URI { return redferry.URI{Bucket: "target", Key: key} }

// unknown names a source object of which nothing is known.
func unknown(key string) bridge.Object { return bridge.Object{URI: src(key), Size: -1} }

// put writes a source object, with the fields that change sets.
func (w *world) put(t *testing.T, key string, content []byte, change func(*s3.PutObjectInput)) bridge.Object {
	t.Helper()
	in := &s3.PutObjectInput{Bucket: aws.String("source"), Key: &key, Body: bytes.NewReader(content), ChecksumAlgorithm: "CRC64NVME"}
	if change != nil {
		change(in)
	}
	out := must(w.a.admin.PutObject(t.Context(), in))(t)
	return bridge.Object{URI: src(key), ETag: *out.ETag, Size: int64(len(content))}
}

// got reads a target object; nil if there is none.
func (w *world) got(t *testing.T, key string) []byte {
	t.Helper()
	out, err := w.b.admin.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("target"), Key: &key})
	if err != nil {
		return nil
	}
	defer out.Body.Close()
	return must(io.ReadAll(out.Body))(t)
}

// open counts the uploads that are open at the target.
func (w *world) open(t *testing.T) int {
	t.Helper()
	return len(must(w.b.admin.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String("target")}))(t).Uploads)
}

// requested counts the requests of one operation, however they were answered.
func requested(s *fakes3.Server, op string) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Op == op {
			n++
		}
	}
	return n
}

// acknowledged counts the requests of one operation that were answered with
// success.
func acknowledged(s *fakes3.Server, op string) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Op == op && r.Status/100 == 2 {
			n++
		}
	}
	return n
}

// random returns n bytes that do not repeat.
func random(n int) []byte {
	b := make([]byte, n)
	must(rand.NewChaCha8([32]byte{byte(n)}).Read(b))(nil)
	return b
}

// must fails the test if a call does.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newUpload begins an upload that nobody goes on with.
func newUpload(t *testing.T, w *world) string {
	t.Helper()
	return *must(w.b.admin.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("target"), Key: aws.String("k")}))(t).UploadId
}
