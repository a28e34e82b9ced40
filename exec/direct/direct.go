// Package direct runs SQL on Amazon Redshift over the PostgreSQL wire protocol,
// with pgx.
//
// Statements without arguments travel by the simple protocol, statements with
// arguments by the extended one, unnamed: nothing is prepared or cached, because
// Redshift's cached plans break when DDL runs beside them. All values travel as
// text. pgx's own simple mode is of no use here: it demands the parameter
// standard_conforming_strings, which Redshift does not have.
//
// The label of a statement is sent as a comment in front of the SQL, where
// SYS_QUERY_HISTORY and STL_QUERY show it in their text columns. The alternative,
// SET query_group, costs a request of its own before each statement, is undone
// by a rollback, and fails in a transaction that can only be rolled back.
//
// When the context of a statement ends, the server is asked to cancel it, and
// has 10 seconds to say that it did; if it does not, the connection is given up
// and the outcome is unknown.
package direct

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/exec"
)

// A Target is a database of one warehouse.
type Target struct {
	Host     string // the endpoint, without port
	Port     uint16 // 0 means 5439, Redshift's own
	Database string
}

// Options tune [Open]. The zero value is the documented behaviour.
type Options struct {
	// MaxConns is the most connections held at a time; a session holds one of
	// them until it is closed, so a program that opens n sessions side by side
	// needs more than n. Redshift allows 500 to 2,000 in all. The default is 8.
	MaxConns int
	// ConnectTimeout bounds the opening of one connection, with its login. The
	// default is a minute: a paused Serverless workgroup takes its time.
	ConnectTimeout time.Duration
	// TLSConfig replaces the default, which checks the server's certificate and
	// name against the system's roots (libpq calls this verify-full). If its
	// ServerName is empty the target's host is checked.
	TLSConfig *tls.Config
	// Plaintext switches TLS off. It is meant for servers on this machine.
	Plaintext bool
	// ApplicationName is shown in the warehouse's list of connections. The
	// default is "redferry".
	ApplicationName string
	// DialContext and LookupHost replace the network. The default dialer sends
	// TCP keepalives every 30 seconds, so that firewalls do not forget a
	// connection on which a COPY runs for an hour.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
	LookupHost  func(ctx context.Context, host string) ([]string, error)
}

// An Executor runs statements on a pool of connections. It is safe for
// concurrent use.
type Executor struct {
	pool   *pgxpool.Pool
	logins *logins // nil if the caller owns the pool
	target string  // for messages
}

var (
	_ exec.Executor  = (*Executor)(nil)
	_ exec.Sessioner = (*Executor)(nil)
)

// Open returns an Executor for target. It connects when the first statement
// runs, with a login from p for each new connection. When the server refuses a
// login, p is asked once more (creds.Renew) before the statement fails: a
// password may have been rotated. The caller must close the Executor; ctx
// governs Open alone.
func Open(ctx context.Context, target Target, p creds.Provider[creds.Login], opts *Options) (*Executor, error) {
	if target.Host == "" || target.Database == "" {
		return nil, errors.New("direct: the target needs a host and a database")
	}
	if opts == nil {
		opts = new(Options)
	}
	l := &logins{provider: p}
	config, err := poolConfig(target, l, opts)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	return &Executor{pool: pool, logins: l, target: name(config.ConnConfig)}, nil
}

// New returns an Executor on a pool that the caller keeps and closes.
func New(pool *pgxpool.Pool) *Executor {
	return &Executor{pool: pool, target: name(pool.Config().ConnConfig)}
}

// Close closes all connections and waits for those in use. It does nothing for
// an Executor made by [New].
func (e *Executor) Close() error {
	if e.logins != nil {
		e.pool.Close()
	}
	return nil
}

// Exec runs s.
func (e *Executor) Exec(ctx context.Context, s exec.Statement) (exec.Result, error) {
	conn, err := e.acquire(ctx)
	if err != nil {
		return exec.Result{}, e.refuse("exec", s.Label, err)
	}
	defer conn.Release()
	return run(ctx, conn.Conn().PgConn(), s)
}

// Query runs s and returns its rows, which hold a connection until they are
// closed. Rows closed before their end cancel the statement.
func (e *Executor) Query(ctx context.Context, s exec.Statement) (*exec.Rows, error) {
	conn, err := e.acquire(ctx)
	if err != nil {
		return nil, e.refuse("query", s.Label, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	rows, err := query(ctx, conn.Conn().PgConn(), s, &hold{giveUp: cancel, release: conn.Release})
	if err != nil {
		cancel()
		conn.Release()
	}
	return rows, err
}
