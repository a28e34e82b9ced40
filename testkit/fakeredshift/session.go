package fakeredshift

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/redferry/redferry/internal/sqltext"
)

// A session is one session of the engine with what both wires need around it.
// One goroutine runs its statements; cancel and terminate may come from others.
type session struct {
	w        *Warehouse
	wire     Wire
	pid      int32
	key      [4]byte // what a CancelRequest must know
	user     string
	database string
	conn     Conn

	group   string // query_group
	name    string // the StatementName of the Data API
	comment string // in front of the running statement
	// query is the history's id of the last statement.
	query int64
	// aborted says that a refusal which the engine knows nothing of has failed
	// the transaction.
	aborted bool
	end     context.CancelCauseFunc // of the last statement, once its result was read

	mu     sync.Mutex              // guards cancel and kill
	cancel context.CancelCauseFunc // of the running statement
	kill   func()                  // ends the wire's part of the session
}

// label is what the history calls the running statement.
func (s *session) label() string { return or(or(s.name, s.group), s.comment) }

// leadingComment is the text of the /* comment */ that a statement begins with.
func leadingComment(sql string) string {
	sql = strings.TrimSpace(sql)
	if !strings.HasPrefix(sql, "/*") {
		return ""
	}
	comment := sqltext.First(sql).Text
	return strings.TrimSpace(strings.TrimSuffix(comment[len("/*"):], "*/"))
}

// run runs one statement. Its result may be read until finish or the next run.
func (s *session) run(ctx context.Context, sql string, args []*string) (*Result, error) {
	s.finish()
	ctx, cancel := context.WithCancelCause(ctx)
	s.end = cancel
	s.setCancel(cancel)
	s.comment = leadingComment(sql)
	s.query = s.w.history.begin(Query{
		PID: s.pid, User: s.user, Database: s.database, Label: s.label(), SQL: sql, Wire: s.wire,
	})
	result, err := s.attempt(ctx, sql, args)
	if err != nil {
		err = cause(ctx, err)
	}
	s.w.history.end(s.query, result, err)
	return result, err
}

// attempt meets the faults and refusals before the engine does.
func (s *session) attempt(ctx context.Context, sql string, args []*string) (*Result, error) {
	code := sqltext.Code(sql)
	verb := ""
	if len(code) > 0 {
		verb = strings.ToUpper(code[0].Text)
	}
	f := s.w.faults.take(s.wire, verb, s.label())
	f.wait(ctx.Done())
	switch {
	case ctx.Err() != nil:
		return nil, s.reject(errCanceled)
	case f.Drop == BeforeEffect:
		return nil, errDropped
	case f.SQL != nil:
		return nil, s.reject(f.SQL)
	}
	if e := refuse(code); e != nil {
		return nil, s.reject(e)
	}
	result, err := s.execute(ctx, verb, sql, args)
	if err == nil {
		s.relabel(code)
	}
	if f.Drop == AfterEffect {
		return nil, errDropped
	}
	return result, err
}

// execute hands the statement to the engine. In a transaction that failed
// without the engine's knowledge, only its end gets there, as a ROLLBACK.
func (s *session) execute(ctx context.Context, verb, sql string, args []*string) (*Result, error) {
	if !s.aborted {
		return s.conn.Run(ctx, sql, args)
	}
	switch verb {
	case "ROLLBACK", "ABORT", "COMMIT", "END":
		s.aborted = false
		return s.conn.Run(ctx, "ROLLBACK", nil)
	}
	return nil, &Error{
		SQLState: stateAborted,
		Message:  "current transaction is aborted, commands ignored until end of transaction block",
	}
}

// reject fails an open transaction, as any error does.
func (s *session) reject(e *Error) *Error {
	s.aborted = s.aborted || s.conn.Status() == InTx
	return e
}

func (s *session) status() TxStatus {
	if s.aborted {
		return Failed
	}
	return s.conn.Status()
}

// finish ends the last result.
func (s *session) finish() {
	if s.end != nil {
		s.setCancel(nil)
		s.end(nil)
		s.end = nil
	}
}

func (s *session) setCancel(cancel context.CancelCauseFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancel = cancel
}

// interrupt cancels the running statement, if there is one.
func (s *session) interrupt(why *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel(why)
	}
}

func (s *session) terminate() {
	s.interrupt(errTerminated)
	s.mu.Lock()
	kill := s.kill
	s.mu.Unlock()
	if kill != nil {
		kill()
	}
}

// relabel follows SET query_group and RESET query_group.
func (s *session) relabel(code []sqltext.Token) {
	if len(code) == 2 && code[0].Is("RESET") && code[1].Is("query_group") {
		s.group = ""
	}
	if len(code) < 4 || !code[0].Is("SET") {
		return
	}
	code = code[1:]
	if code[0].Is("SESSION") || code[0].Is("LOCAL") {
		code = code[1:]
	}
	if len(code) != 3 || !code[0].Is("query_group") {
		return
	}
	if value, ok := code[2].Value(); ok {
		s.group = value
	} else if s.group = code[2].Text; code[2].Is("DEFAULT") {
		s.group = ""
	}
}

// cause replaces the engine's word on a cancelled statement by the reason.
func cause(ctx context.Context, err error) error {
	var why *Error
	if asError(err).SQLState == stateCanceled && errors.As(context.Cause(ctx), &why) {
		return why
	}
	return err
}
