package bridge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/bridge/bridgetest"
	"github.com/redferry/redferry/internal/vgwtest"
)

// smallest is the smallest part that S3 takes, versitygw as well, unlike our fake in
// the other tests: these are the tests that have parts of their real size.
const smallest = 5 << 20

// A gateway is one account with a new bucket.
type gateway struct {
	vgwtest.Account
	network *connections
	admin   *s3.Client
	bucket  string
}

// gateways are both accounts, in an S3 that is not ours: versitygw. The reader and the writer have the
// rights that a bridge needs, no more: see [readerActions] and [writerActions].
type gateways struct {
	A, B           *gateway
	reader, writer *s3.Client
}

var (
	readerActions = []string{"s3:GetObject", "s3:ListBucket"}
	writerActions = []string{"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:ListBucketMultipartUploads"}
)

func versitygw(t *testing.T) *gateways {
	t.Helper()
	a, b := vgwtest.Accounts(t)
	g := &gateways{A: newGateway(t, a), B: newGateway(t, b)}
	g.reader, g.writer = g.A.client(t, g.A.User), g.B.client(t, g.B.User)
	g.A.allow(t, readerActions...)
	g.B.allow(t, writerActions...)
	return g
}

func newGateway(t *testing.T, account vgwtest.Account) *gateway {
	t.Helper()
	g := &gateway{Account: account, network: new(connections), bucket: vgwtest.Bucket()}
	t.Cleanup(g.network.closeAll)
	g.admin = g.client(t, g.Admin)
	_ = must(g.admin.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &g.bucket}))(t)
	return g
}

func (g *gateway) client(t *testing.T, keys vgwtest.Keys) *s3.Client {
	t.Helper()
	return must(bridge.NewClient(bridge.Access{
		Region: g.Region, Endpoint: g.Endpoint, RootCAs: g.Roots(t), Dial: g.network.dial,
		Credentials: credentials.NewStaticCredentialsProvider(keys.ID, keys.Secret, ""),
	}))(t)
}

// allow lets the user do these things in the bucket, and no others.
func (g *gateway) allow(t *testing.T, actions ...string) {
	t.Helper()
	type statement struct {
		Effect    string
		Principal map[string]string
		Action    string
		Resource  string
	}
	policy := struct {
		Version   string
		Statement []statement
	}{Version: "2012-10-17"}
	for _, action := range actions {
		on := "arn:aws:s3:::" + g.bucket
		if action != "s3:ListBucket" && action != "s3:ListBucketMultipartUploads" {
			on += "/*"
		}
		policy.Statement = append(policy.Statement, statement{"Allow", map[string]string{"AWS": g.User.ID}, action, on})
	}
	text := string(must(json.Marshal(policy))(t))
	_ = must(g.admin.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &g.bucket, Policy: &text}))(t)
}

// copier has parts of the smallest size, one at a time so that it is known which are
// done, and the options that change sets.
func (g *gateways) copier(change func(*bridge.Options)) *bridge.Copier {
	opts := &bridge.Options{PartSize: smallest, Concurrency: 1}
	if change != nil {
		change(opts)
	}
	return bridge.New(g.writer, g.reader, opts)
}

func (g *gateways) src(key string) redferry.URI { return redferry.URI{Bucket: g.A.bucket, Key: key} }

func (g *gateways) dst(key string) redferry.URI { return redferry.URI{Bucket: g.B.bucket, Key: key} }

// unknown names a source object of which nothing is known.
func (g *gateways) unknown(key string) bridge.Object {
	return bridge.Object{URI: g.src(key), Size: -1}
}

// put writes a source object with one request, with the fields that change sets.
func (g *gateways) put(t *testing.T, key string, content []byte, change func(*s3.PutObjectInput)) bridge.Object {
	t.Helper()
	in := &s3.PutObjectInput{Bucket: &g.A.bucket, Key: &key, Body: bytes.NewReader(content), ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme}
	if change != nil {
		change(in)
	}
	out := must(g.A.admin.PutObject(t.Context(), in))(t)
	return bridge.Object{URI: g.src(key), ETag: *out.ETag, Size: int64(len(content))}
}

// got reads a target object with the administrator's key; nil if there is none.
func (g *gateways) got(t *testing.T, key string) []byte {
	t.Helper()
	out, err := g.B.admin.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &g.B.bucket, Key: &key})
	var missing *types.NoSuchKey
	if errors.As(err, &missing) {
		return nil
	}
	check(t, err)
	defer out.Body.Close()
	return must(io.ReadAll(out.Body))(t)
}

// open counts the uploads that are open at the target, with the writer's own key.
func (g *gateways) open(t *testing.T) int {
	t.Helper()
	return len(must(g.writer.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &g.B.bucket}))(t).Uploads)
}

// holds checks that the target has these bytes at key and no upload is left.
func (g *gateways) holds(t *testing.T, key string, want []byte) {
	t.Helper()
	if got := g.got(t, key); !bytes.Equal(got, want) {
		t.Errorf("%s has %d bytes, want these %d", g.dst(key), len(got), len(want))
	}
	if n := g.open(t); n != 0 {
		t.Errorf("%d uploads are open", n)
	}
}

// metadataOf is what an object carries beside its bytes, as a reader sees it.
func (g *gateway) metadataOf(t *testing.T, key string) *s3.HeadObjectOutput {
	t.Helper()
	return must(g.admin.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &g.bucket, Key: aws.String(key), ChecksumMode: types.ChecksumModeEnabled}))(t)
}

// connections are those that were dialed. A client of NewClient keeps idle ones, for
// half a minute longer than a test lives.
type connections struct {
	mu   sync.Mutex // guards what follows
	open []net.Conn
	over bool // all are closed, and so is what comes now: a Transport goes on dialing for a request that found another
	left int  // bytes until the connection that carries them is cut; 0 if none is to be
}

// A counted connection tells of what it has carried.
type counted struct {
	net.Conn
	all *connections
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.all.carried(c.Conn, n)
	return n, err
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.all.carried(c.Conn, n)
	return n, err
}

func (c *connections) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return nil, errors.Join(net.ErrClosed, conn.Close())
	}
	c.open = append(c.open, conn)
	return &counted{conn, c}, nil
}

// cutAfter has the connection cut that carries the n-th byte from now on.
func (c *connections) cutAfter(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = n
}

func (c *connections) carried(conn net.Conn, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left > 0 {
		if c.left -= n; c.left <= 0 {
			c.left = 0
			_ = conn.Close() // who uses it sees that it is closed
		}
	}
}

// closeAll closes them, in whatever state they are.
func (c *connections) closeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	for _, conn := range c.open {
		_ = conn.Close() // most are closed already
	}
}

// TestVersitygwIsABridge runs the suite that also runs on our own S3.
func TestVersitygwIsABridge(t *testing.T) {
	bridgetest.TestBridge(t, func(t *testing.T) bridgetest.Setup {
		g := versitygw(t)
		return bridgetest.Setup{
			Bridge: g.copier(func(o *bridge.Options) { o.Concurrency = 4 }),
			Src:    g.src("in/"), Dst: g.dst("out/"),
			Put: func(t *testing.T, u redferry.URI, content []byte) bridge.Object { return g.put(t, u.Key, content, nil) },
			Get: func(t *testing.T, u redferry.URI) ([]byte, bool) {
				content := g.got(t, u.Key)
				return content, content != nil
			},
			Sizes: []int{0, 1, 1000, 1 << 20, smallest, 2*smallest + 1},
		}
	})
}
