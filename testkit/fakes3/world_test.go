package fakes3_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3"
	"github.com/redferry/redferry/testkit/memnet"
)

// A world is a server with one bucket and somebody who may do everything in it.
type world struct {
	t         testing.TB
	cloud     *fakeaws.Cloud
	account   *fakeaws.Account
	server    *fakes3.Server
	endpoint  string
	transport *http.Transport
	admin     creds.Keys
}

const bucket = "bucket-a"

func uri(key string) redferry.URI { return redferry.URI{Bucket: bucket, Key: key} }

func everything() fakeaws.Policy {
	return fakeaws.MustParsePolicy(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
}

// newWorld makes the world but for its network.
func newWorld(t testing.TB, opts *fakes3.Options) *world {
	t.Helper()
	cloud := fakeaws.NewCloud(nil)
	account, err := cloud.Account("111111111111")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, cloud: cloud, account: account, server: fakes3.New(cloud, opts), transport: new(http.Transport)}
	w.admin = w.user("admin", everything())
	if err := w.server.CreateBucket(account, bucket); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.transport.CloseIdleConnections()
		if err := w.server.Close(); err != nil {
			t.Error(err)
		}
		w.server.Check(t)
	})
	return w
}

// start serves the world on the loopback interface.
func start(t testing.TB, opts *fakes3.Options) *world {
	t.Helper()
	w := newWorld(t, opts)
	w.server.Start(w.listen(), nil)
	return w
}

func (w *world) listen() net.Listener {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.endpoint = "http://" + l.Addr().String()
	return l
}

// startTLS serves the world on the loopback interface over TLS.
func startTLS(t testing.TB, opts *fakes3.Options) *world {
	t.Helper()
	w := newWorld(t, opts)
	authority, err := fakeaws.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	config, err := authority.ServerConfig("127.0.0.1", "localhost", "*.localhost")
	if err != nil {
		t.Fatal(err)
	}
	w.server.Start(w.listen(), config)
	w.endpoint = "https" + w.endpoint[len("http"):]
	w.transport.TLSClientConfig = &tls.Config{RootCAs: authority.Pool()}
	return w
}

// startInMemory serves the world on a network in memory.
func startInMemory(t testing.TB, opts *fakes3.Options) *world {
	t.Helper()
	w := newWorld(t, opts)
	network := new(memnet.Network)
	l, err := network.Listen("s3.us-east-1.amazonaws.com:80")
	if err != nil {
		t.Fatal(err)
	}
	w.server.Start(l, nil)
	w.endpoint = "http://s3.us-east-1.amazonaws.com"
	w.transport.DialContext = network.DialContext
	return w
}

// user makes a user of the world's account.
func (w *world) user(name string, policies ...fakeaws.Policy) creds.Keys {
	w.t.Helper()
	return newUser(w.t, w.account, name, policies...)
}

func newUser(t testing.TB, account *fakeaws.Account, name string, policies ...fakeaws.Policy) creds.Keys {
	t.Helper()
	user, err := account.CreateUser(name, policies...)
	if err != nil {
		t.Fatal(err)
	}
	return user.CreateAccessKey()
}

// client returns the real client, signing with keys.
func (w *world) client(keys creds.Keys, change ...func(*s3.Options)) *s3.Client {
	return s3.New(s3.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(w.endpoint),
		UsePathStyle: true,
		HTTPClient:   &http.Client{Transport: w.transport},
		Credentials:  credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey.Reveal(), ""),
		Retryer:      aws.NopRetryer{},
	}, change...)
}

// refused checks the code and the status of an error.
func refused(t testing.TB, err error, code string, status int) {
	t.Helper()
	if err == nil {
		t.Errorf("got no error, want %s", code)
		return
	}
	var api smithy.APIError
	var response *awshttp.ResponseError
	if !errors.As(err, &api) || !errors.As(err, &response) {
		t.Errorf("got %v, want %s", err, code)
		return
	}
	if api.ErrorCode() != code || response.HTTPStatusCode() != status {
		t.Errorf("got %s, status %d (%v), want %s, status %d", api.ErrorCode(), response.HTTPStatusCode(), err, code, status)
	}
}

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// readAll reads the body of an answer.
func readAll(out *s3.GetObjectOutput) ([]byte, error) {
	content, err := io.ReadAll(out.Body)
	return content, errors.Join(err, out.Body.Close())
}

// dialTo connects to the endpoint whatever the address.
func dialTo(endpoint string) func(ctx context.Context, network, addr string) (net.Conn, error) {
	_, target, _ := strings.Cut(endpoint, "://")
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, target)
	}
}
