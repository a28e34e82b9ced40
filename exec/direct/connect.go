package direct

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/redferry/redferry/creds"
)

const (
	defaultPort     = 5439
	defaultMaxConns = 8
	// cancelTimeout is how long a server has to confirm a cancellation.
	cancelTimeout = 10 * time.Second
	keepAlive     = 30 * time.Second
)

// poolConfig starts from a fixed connection string, as pgx demands, and replaces
// what pgx may have read from PG* variables: the target comes from the caller.
func poolConfig(target Target, l *logins, opts *Options) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig("host=localhost user=nobody dbname=none sslmode=disable target_session_attrs=any")
	if err != nil {
		return nil, fmt.Errorf("direct: settings from the environment: %w", err)
	}
	config.MaxConns = defaultMaxConns
	if opts.MaxConns > 0 {
		config.MaxConns = int32(min(opts.MaxConns, 1<<16))
	}
	config.BeforeConnect = l.set
	c := config.ConnConfig
	c.Host, c.Port, c.Database = target.Host, target.Port, target.Database
	if c.Port == 0 {
		c.Port = defaultPort
	}
	c.TLSConfig, c.Fallbacks = tlsConfig(target.Host, opts), nil
	c.RuntimeParams = runtimeParams(opts)
	c.ConnectTimeout = time.Minute
	if opts.ConnectTimeout > 0 {
		c.ConnectTimeout = opts.ConnectTimeout
	}
	c.DialFunc = (&net.Dialer{KeepAlive: keepAlive}).DialContext
	if opts.DialContext != nil {
		c.DialFunc = opts.DialContext
	}
	if opts.LookupHost != nil {
		c.LookupFunc = opts.LookupHost
	}
	c.DefaultQueryExecMode = pgx.QueryExecModeExec
	c.StatementCacheCapacity, c.DescriptionCacheCapacity = 0, 0
	c.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: cancelTimeout}
	}
	return config, nil
}

// runtimeParams are those that Amazon's own JDBC driver sends; Redshift refuses
// a login with a parameter that it does not know.
func runtimeParams(opts *Options) map[string]string {
	params := map[string]string{
		"client_encoding":    "UTF8",
		"DateStyle":          "ISO",
		"extra_float_digits": "2",
		"application_name":   "redferry",
	}
	if opts.ApplicationName != "" {
		params["application_name"] = opts.ApplicationName
	}
	return params
}

func tlsConfig(host string, opts *Options) *tls.Config {
	if opts.Plaintext {
		return nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if opts.TLSConfig != nil {
		config = opts.TLSConfig.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	return config
}

func name(c *pgx.ConnConfig) string {
	return fmt.Sprintf("%s:%d/%s", c.Host, c.Port, c.Database)
}

// logins gives each new connection its login and remembers the last one.
type logins struct {
	provider creds.Provider[creds.Login]

	mu   sync.Mutex // guards last
	last creds.Login
}

func (l *logins) set(ctx context.Context, config *pgx.ConnConfig) error {
	login, err := l.provider.Retrieve(ctx)
	if err != nil {
		return &loginError{err}
	}
	l.mu.Lock()
	l.last = login
	l.mu.Unlock()
	config.User, config.Password = login.User, login.Password.Reveal()
	return nil
}

// renew asks for another login after the last one was refused.
func (l *logins) renew(ctx context.Context) error {
	l.mu.Lock()
	refused := l.last
	l.mu.Unlock()
	_, err := creds.Renew(ctx, l.provider, refused)
	return err
}

// acquire returns a connection. A refused login is fetched anew, once.
func (e *Executor) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	conn, err := e.pool.Acquire(ctx)
	if err == nil || e.logins == nil || !loginRefused(err) {
		return conn, err
	}
	if renewing := e.logins.renew(ctx); renewing != nil {
		return nil, fmt.Errorf("the server refused the login, then: %w", &loginError{renewing})
	}
	return e.pool.Acquire(ctx)
}

// loginRefused reports whether the server turned down user or password.
func loginRefused(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "28P01" || pg.Code == "28000")
}
