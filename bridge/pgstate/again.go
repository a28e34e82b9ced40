package pgstate

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/redferry/redferry/internal/backoff"
)

// A database that fails over is gone for some seconds, to a minute. Eight repeats wait
// for 25 s on average.
const (
	repeats    = 8
	repeatBase = 200 * time.Millisecond
)

// again repeats do while the database cannot be reached. All that this package asks
// of it comes to the same when it is done twice.
func (s *State) again(ctx context.Context, do func() error) error {
	policy := backoff.Policy{Base: repeatBase}
	for n := 1; ; n++ {
		err := do()
		if err == nil || n > repeats || !passing(err) || backoff.Sleep(ctx, policy.Delay(n)) != nil {
			return err
		}
	}
}

// passing reports whether err may be over soon.
func passing(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	pg, answered := errors.AsType[*pgconn.PgError](err)
	if !answered {
		return cut(err)
	}
	switch pg.Code {
	case "25006", // the primary has become a standby
		"40001", "40P01", // a conflict with another transaction
		"53300",                   // too many connections
		"57P01", "57P02", "57P03": // it is shut down, or starts
		return true
	}
	return strings.HasPrefix(pg.Code, "08")
}

// cut reports whether the connection ended or could not be made.
func cut(err error) bool {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, pgconn.ErrConnClosed} {
		if errors.Is(err, end) {
			return true
		}
	}
	_, network := errors.AsType[net.Error](err)
	return network || pgconn.SafeToRetry(err)
}
