package direct

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/redferry/redferry/exec"
)

// closeTimeout bounds the ROLLBACK and the farewell of a session.
const closeTimeout = 10 * time.Second

// Session takes a connection out of the pool for good: what SET and temporary
// tables leave in it must not meet the next user, and Redshift has no DISCARD.
// Closing the session closes the connection.
func (e *Executor) Session(ctx context.Context) (exec.Session, error) {
	conn, err := e.acquire(ctx)
	if err != nil {
		return nil, e.refuse("session", "", err)
	}
	return &session{conn: conn}, nil
}

type session struct {
	conn *pgxpool.Conn // nil once closed
}

var _ exec.Sessioner = (*session)(nil)

func (s *session) Exec(ctx context.Context, st exec.Statement) (exec.Result, error) {
	pg, err := s.open("exec", st)
	if err != nil {
		return exec.Result{}, err
	}
	return run(ctx, pg, st)
}

func (s *session) Query(ctx context.Context, st exec.Statement) (*exec.Rows, error) {
	pg, err := s.open("query", st)
	if err != nil {
		return nil, err
	}
	return query(ctx, pg, st, new(hold))
}

func (s *session) Session(context.Context) (exec.Session, error) { return exec.Borrow(s), nil }

func (s *session) open(op string, st exec.Statement) (*pgconn.PgConn, error) {
	if s.conn == nil {
		return nil, &exec.Error{Op: op, Label: st.Label, Err: errors.New("the session is closed")}
	}
	pg := s.conn.Conn().PgConn()
	if pg.IsClosed() {
		return nil, &exec.Error{Op: op, Label: st.Label, Err: fmt.Errorf("the session was lost: %w", pgconn.ErrConnClosed)}
	}
	return pg, nil
}

// Close rolls back, so that locks are gone when it returns, and closes the
// connection. A connection that is lost has rolled back already.
func (s *session) Close() error {
	if s.conn == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	pg := s.conn.Conn().PgConn()
	if !pg.IsClosed() && !pg.IsBusy() && pg.TxStatus() != 'I' {
		_, _ = pg.Exec(ctx, "ROLLBACK").ReadAll()
	}
	_ = pg.Close(ctx)
	s.conn.Release()
	s.conn = nil
	return nil
}
