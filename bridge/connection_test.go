package bridge_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
	"github.com/redferry/redferry/testkit/memnet"
)

// dialed returns a client of A that counts the connections it opens.
func (w *world) dialed(t *testing.T, connections int) (*s3.Client, func() int) {
	t.Helper()
	var mu sync.Mutex // guards n
	n := 0
	client := w.with(t, w.a, func(a *bridge.Access) {
		a.Connections = connections
		a.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			mu.Lock()
			defer mu.Unlock()
			n++
			return w.network.DialContext(ctx, network, address)
		}
	})
	return client, func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}

// readAtOnce reads an object n times, with all reads open at once.
func readAtOnce(t *testing.T, client *s3.Client, n int) {
	t.Helper()
	bodies := make([]io.ReadCloser, n)
	for i := range bodies {
		bodies[i] = must(client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("source"), Key: aws.String("k")}))(t).Body
	}
	for _, body := range bodies {
		_ = must(io.ReadAll(body))(t)
		check(t, body.Close())
	}
	synctest.Wait()
}

// TestConnectionsAreKept for the next transfers: as many as are asked for, and
// for half a minute.
func TestConnectionsAreKept(t *testing.T) {
	for _, tt := range []struct{ connections, want int }{{0, 10}, {-1, 10}, {10, 10}, {4, 16}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, "http")
			w.put(t, "k", random(200_000), nil)
			client, dials := w.dialed(t, tt.connections)
			readAtOnce(t, client, 10)
			time.Sleep(29 * time.Second)
			readAtOnce(t, client, 10)
			if n := dials(); n != tt.want {
				t.Errorf("Connections %d: two rounds of ten reads took %d connections, want %d", tt.connections, n, tt.want)
			}
			before := dials()
			time.Sleep(31 * time.Second)
			readAtOnce(t, client, 1)
			if n := dials() - before; n != 1 {
				t.Errorf("after half a minute a read took %d connections, want a new one", n)
			}
		})
	}
}

// TestSilentServer: an S3 that takes a request and never answers does not hold a
// copy up for long.
func TestSilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var network memnet.Network
		listener := must(network.Listen("silent.test:80"))(t)
		var silent sync.WaitGroup
		silent.Go(func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				silent.Go(func() { _, _ = io.Copy(io.Discard, conn) })
			}
		})
		client := must(bridge.NewClient(bridge.Access{
			Region: "us-east-1", Endpoint: "http://silent.test:80", Dial: network.DialContext,
			Credentials: credentials.NewStaticCredentialsProvider("AKIA", "s", ""),
		}))(t)
		begin := time.Now()
		_, err := bridge.New(client, client, &bridge.Options{Retries: -1}).Copy(t.Context(), dst("k"), unknown("k"))
		if took := time.Since(begin); err == nil || took < time.Minute || took > 3*time.Minute {
			t.Errorf("Copy = %v after %v", err, took)
		}
		check(t, listener.Close())
		silent.Wait()
	})
}

// TestNewClientRefusesNoURL: what net/url cannot read, too.
func TestNewClientRefusesNoURL(t *testing.T) {
	keys := credentials.NewStaticCredentialsProvider("AKIA", "s", "")
	for _, endpoint := range []string{"https://%zz", "http://h:port", "//host", "http:host"} {
		_, err := bridge.NewClient(bridge.Access{Region: "us-east-1", Credentials: keys, Endpoint: endpoint})
		if err == nil || !strings.Contains(err.Error(), "is no URL") {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}

// TestKeysAreAskedForOnce, whatever troubles the service has: only a refusal says
// that there may be new ones.
func TestKeysAreAskedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		asked := 0
		w.reader = w.with(t, w.a, func(a *bridge.Access) {
			keys := a.Credentials
			a.Credentials = aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
				asked++
				return keys.Retrieve(ctx)
			})
		})
		w.put(t, "k", random(5000), nil)
		w.a.s3.Inject(
			fakes3.Fault{Op: "GetObject", Times: 3, Status: 500, Code: "InternalError"},
			fakes3.Fault{Op: "GetObject", Times: 3, Drop: fakes3.AfterEffect})
		_, err := w.copier(nil).Copy(t.Context(), dst("k"), unknown("k"))
		check(t, err)
		w.a.s3.Check(t)
		if asked != 1 {
			t.Errorf("the keys were asked for %d times", asked)
		}
	})
}
