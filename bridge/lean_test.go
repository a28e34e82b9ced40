package bridge_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestShortWayIsTheSame: the clients of NewClient send their requests past most of
// the SDK. They must be those that the SDK would send.
func TestShortWayIsTheSame(t *testing.T) {
	content := random(5000)
	for _, bucket := range []string{"plain", "with.dots"} {
		for _, key := range []string{"k", "a b/ü+%2F?&=#//~", "..", strings.Repeat("long/", 100)} {
			for _, token := range []string{"", "a session's token"} {
				r := record(t, bucket)
				r.put(t, key, content)
				short := r.copy(t, key, token, nil)
				full := r.copy(t, key, token, func(*middleware.Stack) error { return nil })
				if diff := cmp.Diff(full, short); diff != "" {
					t.Errorf("%s %q (-SDK +short):\n%s", bucket, key, diff)
				}
				if token == "" && len(short) < 6 || len(short) == 0 {
					t.Errorf("only %d requests were seen", len(short))
				}
			}
		}
	}
}

// A recorder is an S3 at AWS's addresses that keeps what it is asked.
type recorder struct {
	bucket string
	iam    *fakeaws.Account
	s3     *fakes3.Server
	access bridge.Access

	mu       sync.Mutex // guards requests
	requests []string
}

func record(t *testing.T, bucket string) *recorder {
	t.Helper()
	cloud := fakeaws.NewCloud(nil)
	r := &recorder{bucket: bucket, iam: must(cloud.Account("111111111111"))(t)}
	r.s3 = fakes3.New(cloud, &fakes3.Options{Region: "eu-west-1", MinPartSize: -1})
	check(t, r.s3.CreateBucket(r.iam, bucket))
	authority := must(fakeaws.NewAuthority())(t)
	server := httptest.NewUnstartedServer(r)
	server.TLS = must(authority.ServerConfig("*.s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"))(t)
	server.StartTLS()
	t.Cleanup(server.Close)
	r.access = bridge.Access{Region: "eu-west-1", RootCAs: authority.Pool(), Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}}
	return r
}

var uploadID = regexp.MustCompile(`uploadId=[0-9a-f]*&`)

// varying are headers that differ from one request to the next, or say who sends.
var varying = []string{"Authorization", "X-Amz-Date", "Amz-Sdk-Invocation-Id", "Amz-Sdk-Request", "User-Agent"}

// ServeHTTP notes a request that moves bytes, and which of its headers are signed.
func (r *recorder) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	if in.Method == http.MethodGet || in.Method == http.MethodPut {
		lines := []string{fmt.Sprintf("%s %s%s, %d bytes", in.Method, in.Host, uploadID.ReplaceAllString(in.RequestURI, ""), in.ContentLength)}
		for _, name := range slices.Sorted(maps.Keys(in.Header)) {
			if !slices.Contains(varying, name) {
				lines = append(lines, fmt.Sprintf("%s: %q", name, in.Header[name]))
			}
		}
		_, signed, _ := strings.Cut(in.Header.Get("Authorization"), "SignedHeaders=")
		signed, _, _ = strings.Cut(signed, ",")
		for name := range strings.SplitSeq(signed, ";") {
			if !strings.HasPrefix(name, "amz-sdk-") {
				lines = append(lines, "signed: "+name)
			}
		}
		r.mu.Lock()
		r.requests = append(r.requests, strings.Join(lines, "\n"))
		r.mu.Unlock()
	}
	r.s3.ServeHTTP(w, in)
}

func (r *recorder) client(t *testing.T, token string) *s3.Client {
	t.Helper()
	user := must(r.iam.CreateUser(fmt.Sprintf("user%d", len(r.s3.Requests())), fakeaws.MustParsePolicy(all)))(t)
	keys := user.CreateAccessKey()
	a := r.access
	a.Credentials = credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey.Reveal(), token)
	return must(bridge.NewClient(a))(t)
}

func (r *recorder) put(t *testing.T, key string, content []byte) {
	t.Helper()
	_, err := r.client(t, "").PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &r.bucket, Key: &key, Body: bytes.NewReader(content), ChecksumAlgorithm: "CRC64NVME", ContentType: aws.String("text/plain; charset=utf-8"),
		Metadata: map[string]string{"note": "a  b"},
	})
	check(t, err)
}

// copy copies an object whole and in parts, through clients with something added, and
// returns what was asked.
func (r *recorder) copy(t *testing.T, key, token string, added func(*middleware.Stack) error) []string {
	t.Helper()
	client := r.client(t, token)
	if added != nil {
		o := client.Options()
		o.APIOptions = append(slices.Clone(o.APIOptions), added)
		client = s3.New(o)
	}
	r.mu.Lock()
	r.requests = nil
	r.mu.Unlock()
	for _, partSize := range []int64{8 << 10, 2000} {
		c := bridge.New(client, client, &bridge.Options{PartSize: partSize, Concurrency: 1, Retries: -1})
		_, err := c.Copy(t.Context(), redferry.URI{Bucket: r.bucket, Key: "copy of " + key}, bridge.Object{URI: redferry.URI{Bucket: r.bucket, Key: key}, Size: -1})
		if token == "" { // the fake refuses a token with a key that needs none, after it has been noted
			check(t, err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}
