//go:build cgo

package duck

import (
	"context"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

func (c *conn) unload(ctx context.Context, s *rsql.Unload) (*fakeredshift.Result, error) {
	return nil, refuse(stateNotSupported, "not yet written")
}
func (c *conn) copyFrom(ctx context.Context, s *rsql.Copy) (*fakeredshift.Result, error) {
	return nil, refuse(stateNotSupported, "not yet written")
}
