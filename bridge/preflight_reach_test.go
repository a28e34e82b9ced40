package bridge_test

import (
	"context"
	"net"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/redferry/redferry/bridge"
)

// TestPreflightUnreached: where no request ever left, nothing is said of what it may have
// left behind.
func TestPreflightUnreached(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		nowhere, err := bridge.NewClient(bridge.Access{
			Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), Endpoint: "http://target.test",
			Dial: func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
			},
		})
		check(t, err)
		p := w.preflight()
		p.Target = nowhere
		found, err := p.Run(t.Context(), nil)
		if err == nil || found == nil || found.Left != nil {
			t.Errorf("%+v, %v", found, err)
		}
	})
}
