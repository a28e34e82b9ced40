package dataapi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/internal/sqltext"
)

// A session is a session of the Data API: made by the first statement that asks
// to keep it, and gone when it was idle for that long. The API cannot end one.
type session struct {
	e         *Executor
	keepAlive int32 // seconds
	id        string
	inTx      bool // BEGIN was sent, and nothing that ends it was answered
	closed    bool
}

var (
	_ exec.Session   = (*session)(nil)
	_ exec.Sessioner = (*session)(nil)
)

// Session opens a session by running SELECT 1 in it. A session may end before it
// is closed: after [Options.SessionKeepAlive], or with a restart of the
// warehouse. The next statement in it then fails with an error that wraps
// [exec.ErrNotStarted], and all that was not committed is rolled back, so that
// the transaction as a whole may be run again, in another session.
func (e *Executor) Session(ctx context.Context) (exec.Session, error) {
	s := &session{e: e, keepAlive: int32((e.opts.SessionKeepAlive + time.Second - 1) / time.Second)}
	opening := exec.Statement{SQL: "SELECT 1", Label: "open a session"}
	r := e.run("session", opening)
	if _, err := r.single(ctx, opening, s); err != nil {
		return nil, err
	}
	if !s.begun() {
		return nil, r.fail(errors.New("the service gave no session id"))
	}
	return s, nil
}

// begun reports whether s has an id; a nil session has none.
func (s *session) begun() bool { return s != nil && s.id != "" }

// keep returns for how many seconds the service is to keep an idle session.
func (s *session) keep() *int32 {
	if s == nil {
		return nil
	}
	return &s.keepAlive
}

func (s *session) start(id string) {
	if s != nil && id != "" {
		s.id = id
	}
}

func (s *session) Exec(ctx context.Context, st exec.Statement) (exec.Result, error) {
	if err := s.open("exec", st); err != nil {
		return exec.Result{}, err
	}
	end := s.note(st.SQL)
	result, err := s.e.exec(ctx, st, s)
	if end && err == nil {
		s.inTx = false
	}
	return result, err
}

func (s *session) Query(ctx context.Context, st exec.Statement) (*exec.Rows, error) {
	if err := s.open("query", st); err != nil {
		return nil, err
	}
	return s.e.query(ctx, st, s)
}

func (s *session) Session(context.Context) (exec.Session, error) { return exec.Borrow(s), nil }

func (s *session) open(op string, st exec.Statement) error {
	if s.closed {
		return &exec.Error{Op: op, Label: st.Label, Err: errors.New("the session is closed")}
	}
	return nil
}

// judge marks err if it says that s is gone, which ends an open transaction.
func (s *session) judge(err error) error {
	if err == nil || !s.begun() || !gone(err) {
		return err
	}
	s.inTx = false
	return fmt.Errorf("%w: %w", errGone, err)
}

// note watches for the words that begin a transaction, and reports those that
// end one.
func (s *session) note(sql string) (end bool) {
	switch first := sqltext.Command(sql); {
	case first.Is("BEGIN"), first.Is("START"):
		s.inTx = true
	case first.Is("COMMIT"), first.Is("END"), first.Is("ROLLBACK"), first.Is("ABORT"):
		return true
	}
	return false
}

// Close rolls back an open transaction and leaves the session to expire.
func (s *session) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	if !s.inTx {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), abandonTimeout)
	defer cancel()
	_, err := s.e.exec(ctx, exec.Statement{SQL: "ROLLBACK", Label: "close a session"}, s)
	if err != nil && !errors.Is(err, errGone) {
		return fmt.Errorf("dataapi: a transaction may stay open for %d seconds: %w", s.keepAlive, err)
	}
	return nil
}
