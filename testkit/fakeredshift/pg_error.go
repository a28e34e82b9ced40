package fakeredshift

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
)

// fail answers with an error and skips what follows until Sync. A session that
// was terminated says so and ends.
func (c *pgConn) fail(err error) {
	if errors.Is(err, errDropped) {
		c.broken = errDropped
		return
	}
	e := asError(err)
	if e.SQLState == stateTerminated {
		c.fatal(e)
		return
	}
	c.described = nil
	c.skip = true
	c.backend.Send(c.errorResponse("ERROR", e))
	c.flush()
}

// fatal answers with an error that ends the connection.
func (c *pgConn) fatal(e *Error) {
	c.backend.Send(c.errorResponse("FATAL", e))
	c.flush()
	if c.broken == nil {
		c.broken = io.EOF
	}
}

func (c *pgConn) errorResponse(severity string, e *Error) *pgproto3.ErrorResponse {
	r := &pgproto3.ErrorResponse{
		Severity: severity, Code: e.SQLState, Message: e.Message, Detail: e.Detail, Hint: e.Hint,
	}
	if e.Code != 0 && c.session != nil {
		r.Detail = detail(e, c.session)
	}
	return r
}

// detail is the block in which Redshift puts its own error number. The line
// "location", which names a file of Redshift's source, is left out.
func detail(e *Error, s *session) string {
	const rule = "-----------------------------------------------"
	var b strings.Builder
	fmt.Fprintf(&b, "\n  %s\n", rule)
	fmt.Fprintf(&b, "  error:  %s\n", e.Message)
	fmt.Fprintf(&b, "  code:      %d\n", e.Code)
	fmt.Fprintf(&b, "  context:   %s\n", e.Detail)
	fmt.Fprintf(&b, "  query:     %d\n", s.query)
	fmt.Fprintf(&b, "  process:   padbmaster [pid=%d]\n", s.pid)
	fmt.Fprintf(&b, "  %s\n", rule)
	return b.String()
}
