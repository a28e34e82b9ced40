package direct

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/internal/wire"
)

// fail describes what became of a statement that was sent and ended with err.
// pgconn.SafeToRetry is not asked: pgx 5.12.0 reports a connection that was lost
// after a simple query was sent as "conn closed", and that as safe to retry.
func (c *call) fail(err error) error {
	failure := &exec.Error{Op: c.op, Label: c.label, QueryID: c.id}
	pg, answered := errors.AsType[*pgconn.PgError](err)
	if answered {
		describe(failure, pg)
	} else {
		failure.Err = fmt.Errorf("the connection was lost: %w", err)
	}
	if !answered || lost(pg) {
		failure.Err = fmt.Errorf("%w: %w", exec.ErrOutcomeUnknown, failure.Err)
	}
	if c.ctx.Err() != nil && !errors.Is(failure.Err, c.ctx.Err()) {
		failure.Err = fmt.Errorf("%w: %w", c.ctx.Err(), failure.Err)
	}
	return failure
}

// unsent reports why c cannot be sent, nil if it can.
func (c *call) unsent() error {
	var err error
	switch {
	case c.ctx.Err() != nil:
		err = c.ctx.Err()
	case c.pg.IsClosed():
		err = pgconn.ErrConnClosed
	case c.pg.IsBusy():
		err = errors.New("the rows of another statement are still open")
	default:
		return nil
	}
	return &exec.Error{Op: c.op, Label: c.label, Err: fmt.Errorf("%w: %w", exec.ErrNotStarted, err)}
}

// describe fills failure with what the server said.
func describe(failure *exec.Error, pg *pgconn.PgError) {
	failure.SQLState = pg.Code
	failure.Code = exec.ParseCode(pg.Message)
	if failure.Code == "" {
		failure.Code = exec.ParseCode(pg.Detail)
	}
	failure.Err = &refusal{pg}
}

// A refusal is a server's error that reads as one line.
type refusal struct{ *pgconn.PgError }

func (r *refusal) Error() string { return r.Severity + ": " + wire.Terse(r.Message, r.Detail) }
func (r *refusal) Unwrap() error { return r.PgError }

// lost reports whether the server ended the session rather than the statement:
// then nothing says how far the statement got.
func lost(pg *pgconn.PgError) bool {
	return pg.Severity == "FATAL" || pg.Severity == "PANIC" || strings.HasPrefix(pg.Code, "08")
}

// refuse describes why there is no connection. Only what may pass is marked as
// exec.ErrNotStarted: a wrong password stays wrong. The cause never holds
// pgx's own connect error, which carries the password in its configuration.
func (e *Executor) refuse(op, label string, err error) error {
	failure := &exec.Error{Op: op, Label: label}
	user := ""
	if connect, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		user = " as " + connect.Config.User
		err = connect.Unwrap()
	}
	pg, answered := errors.AsType[*pgconn.PgError](err)
	if answered {
		describe(failure, pg)
		err = failure.Err
	}
	err = fmt.Errorf("connect to %s%s: %w", e.target, user, err)
	if !permanent(failure, err) {
		err = fmt.Errorf("%w: %w", exec.ErrNotStarted, err)
	}
	failure.Err = err
	return failure
}

// permanent reports whether trying again cannot help: the login or the database
// is wrong (SQLSTATE 28 and 3D), the certificate does not fit, the credentials
// cannot be found.
func permanent(failure *exec.Error, err error) bool {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, credentials := errors.AsType[*loginError](err)
	return certificate || credentials ||
		strings.HasPrefix(failure.SQLState, "28") || strings.HasPrefix(failure.SQLState, "3D")
}

// A loginError is a provider's.
type loginError struct{ cause error }

func (e *loginError) Error() string { return "find the login: " + e.cause.Error() }
func (e *loginError) Unwrap() error { return e.cause }
