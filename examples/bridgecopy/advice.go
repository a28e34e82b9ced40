package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"

	"github.com/redferry/redferry/bridge"
)

// advise adds which flag may help.
func (s *settings) advise(ctx context.Context, err error) error {
	if e, ok := errors.AsType[*bridge.Error](err); ok && e.Side == bridge.SideTarget && e.Op == "list" && errors.Is(err, fs.ErrPermission) && !s.remove {
		return fmt.Errorf("%w; or do without, with -write-only", err)
	}
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); unknown {
		return fmt.Errorf("%w; name a file with the certificate of the authority with -ca", err)
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return fmt.Errorf("bridgecopy: interrupted: %s: %w", s.again(), err)
	}
	return err
}

// again says what another run with the same flags does.
func (s *settings) again() string {
	switch {
	case s.state != "":
		return "start it again with the same -state, and it goes on"
	case s.journal != "":
		return "start it again with the same -journal, and it goes on"
	}
	return "another run sends large objects again from their beginning, which it would not with -state"
}
