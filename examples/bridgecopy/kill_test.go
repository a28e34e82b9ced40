package main

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3"
)

const (
	partSize = 64 << 10
	parts    = 80
)

// TestKill kills the program half-way. The next run must send only what the
// target had not acknowledged.
func TestKill(t *testing.T) {
	var victim *exec.Cmd
	var once sync.Once
	seen := 0
	var mu sync.Mutex // guards victim and seen
	meddle := func(r fakes3.Request) fakes3.Fault {
		mu.Lock()
		defer mu.Unlock()
		if r.Op == "UploadPart" {
			seen++
		}
		if seen == parts/2 {
			once.Do(func() {
				if err := victim.Process.Kill(); err != nil {
					t.Error(err)
				}
			})
		}
		return fakes3.Fault{}
	}
	server, keys := startS3(t, &fakes3.Options{Meddle: meddle})
	url, ca := serve(t, server.Start)
	content := make([]byte, partSize*parts-1)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content) // never fails
	admin := s3Client(t, url, keys, ca)
	if _, err := admin.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("source"), Key: aws.String("p/k"), Body: bytes.NewReader(content), ChecksumAlgorithm: "CRC64NVME",
	}); err != nil {
		t.Fatal(err)
	}
	args := []string{
		"-src", "s3://source/p/", "-dst", "s3://target/q/", "-src-endpoint", url, "-dst-endpoint", url, "-ca", ca,
		"-journal", t.TempDir(), "-part-size", "65536", "-concurrency", "4", "-verify", "stored", "-v",
	}

	var first bytes.Buffer
	mu.Lock()
	victim = child(t, keys.AccessKeyID, keys.SecretAccessKey.Reveal(), args...)
	victim.Stdout, victim.Stderr = &first, &first
	err := victim.Start()
	mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Wait(); err == nil {
		t.Fatalf("the program survived:\n%s", &first)
	}
	before := acknowledged(server)
	out, err := child(t, keys.AccessKeyID, keys.SecretAccessKey.Reveal(), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("the second run: %v\n%s", err, out)
	}
	if len(before) < parts/4 || !strings.Contains(string(out), "1 proven by the stored checksum") {
		t.Errorf("%d parts were acknowledged before the kill; the second run says:\n%s", len(before), out)
	}
	for part, times := range acknowledged(server) {
		if times > before[part] && before[part] > 0 {
			t.Errorf("part %d was acknowledged before the kill and sent again", part)
		}
	}
	got, err := admin.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("target"), Key: aws.String("q/k")})
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if all, err := io.ReadAll(got.Body); err != nil || !bytes.Equal(all, content) {
		t.Errorf("%d bytes arrived, %v, want %d", len(all), err, len(content))
	}
}

// acknowledged counts the successful UploadParts by part number.
func acknowledged(s *fakes3.Server) map[int]int {
	counts := make(map[int]int)
	for _, r := range s.Requests() {
		if r.Op == "UploadPart" && r.Status == 200 {
			counts[r.Part]++
		}
	}
	return counts
}

// startS3 is an S3 with a bucket source and a bucket target, takes parts of any size,
// and is else as opts say, which may be nil. It does not listen yet.
func startS3(t *testing.T, opts *fakes3.Options) (*fakes3.Server, creds.Keys) {
	t.Helper()
	server, account := startIn(t, opts)
	user, err := account.CreateUser("admin", fakeaws.MustParsePolicy(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","kms:*"],"Resource":"*"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return server, user.CreateAccessKey()
}

// ends starts an S3 and returns a function that runs the program between its buckets.
func ends(t *testing.T, opts *fakes3.Options) (server *fakes3.Server, admin *s3.Client, run func(flags ...string) *exec.Cmd) {
	t.Helper()
	server, keys := startS3(t, opts)
	url, ca := serve(t, server.Start)
	return server, s3Client(t, url, keys, ca), func(flags ...string) *exec.Cmd {
		return child(t, keys.AccessKeyID, keys.SecretAccessKey.Reveal(),
			append([]string{"-src", "s3://source/p/", "-dst", "s3://target/q/", "-src-endpoint", url, "-dst-endpoint", url, "-ca", ca}, flags...)...)
	}
}

// startIn makes an S3 with both buckets, and the account that owns them.
func startIn(t *testing.T, opts *fakes3.Options) (*fakes3.Server, *fakeaws.Account) {
	t.Helper()
	options := fakes3.Options{}
	if opts != nil {
		options = *opts
	}
	options.MinPartSize = -1
	cloud := fakeaws.NewCloud(nil)
	account, err := cloud.Account("111111111111")
	if err != nil {
		t.Fatal(err)
	}
	server := fakes3.New(cloud, &options)
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, bucket := range []string{"source", "target"} {
		if err := server.CreateBucket(account, bucket); err != nil {
			t.Fatal(err)
		}
	}
	return server, account
}

func s3Client(t *testing.T, url string, keys creds.Keys, ca string) *s3.Client {
	t.Helper()
	roots, err := authorities(ca)
	if err != nil {
		t.Fatal(err)
	}
	client, err := bridge.NewClient(bridge.Access{
		Region: "us-east-1", Endpoint: url, RootCAs: roots,
		Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey.Reveal(), ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
