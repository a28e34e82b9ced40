//go:build !cgo

package duck

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
)

// An Engine is a database behind a fake warehouse. In this build there is none.
type Engine struct{}

var _ fakeredshift.Engine = (*Engine)(nil)

func unsupported() error {
	return fmt.Errorf("duck: needs cgo: build with CGO_ENABLED=1 and a C compiler: %w", errors.ErrUnsupported)
}

// New returns an error that wraps [errors.ErrUnsupported]: DuckDB needs cgo.
func New(*Options) (*Engine, error) { return nil, unsupported() }

// Connect returns the error of [New].
func (*Engine) Connect(context.Context, fakeredshift.Session) (fakeredshift.Conn, error) {
	return nil, unsupported()
}

// Close does nothing.
func (*Engine) Close() error { return nil }

// LoadParquet returns the error of [New].
func (*Engine) LoadParquet(context.Context, redferry.Table, io.Reader) (int64, error) {
	return 0, unsupported()
}

// LoadCSV returns the error of [New].
func (*Engine) LoadCSV(context.Context, redferry.Table, io.Reader) (int64, error) {
	return 0, unsupported()
}
