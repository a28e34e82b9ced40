package exectest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redferry/redferry/exec"
)

// A Handler answers one statement, as http.Handler answers one request. It is
// called at the same time for different statements. An error that is no
// [*exec.Error] becomes the cause of one. A nil Answer is an empty one.
type Handler func(ctx context.Context, s exec.Statement) (*Answer, error)

// An Answer is what a statement returns.
type Answer struct {
	Columns      []exec.Column
	Rows         [][]exec.Value
	RowsAffected int64
}

// Table makes an Answer with rows; each column is "name type", as in
// Table([]string{"id int4", "name varchar"}, []exec.Value{int64(1), "one"}).
// A column without a type is a varchar.
func Table(columns []string, rows ...[]exec.Value) *Answer {
	a := &Answer{Rows: rows, RowsAffected: int64(len(rows))}
	for _, c := range columns {
		name, kind, ok := strings.Cut(c, " ")
		if !ok {
			kind = "varchar"
		}
		a.Columns = append(a.Columns, exec.Column{Name: name, Type: kind})
	}
	return a
}

// An Executor is a scripted fake without a wire: it gives each statement to a
// Handler, remembers it, and keeps sessions and rows in view. It is safe for
// concurrent use.
type Executor struct {
	handler Handler

	mu         sync.Mutex // guards what follows
	statements []exec.Statement
	sessions   int
	open       int
}

var (
	_ exec.Executor  = (*Executor)(nil)
	_ exec.Batcher   = (*Executor)(nil)
	_ exec.Sessioner = (*Executor)(nil)
)

// New returns a fake that answers with h.
func New(h Handler) *Executor { return &Executor{handler: h} }

// Statements returns what was run so far, in the order in which it began.
func (e *Executor) Statements() []exec.Statement {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.statements)
}

// Open returns how many sessions and rows are not closed yet.
func (e *Executor) Open() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.open
}

// Exec gives s to the handler.
func (e *Executor) Exec(ctx context.Context, s exec.Statement) (exec.Result, error) {
	_, result, err := e.run(ctx, "exec", s)
	return result, err
}

// Query gives s to the handler and returns the rows of its answer.
func (e *Executor) Query(ctx context.Context, s exec.Statement) (*exec.Rows, error) {
	answer, _, err := e.run(ctx, "query", s)
	if err != nil {
		return nil, err
	}
	e.opened(1)
	return exec.NewRows(&reader{e: e, ctx: ctx, answer: answer}), nil
}

// ExecBatch gives all statements to the handler, in order, with the same
// session number, up to the first error.
func (e *Executor) ExecBatch(ctx context.Context, statements []exec.Statement) ([]exec.Result, error) {
	ctx = context.WithValue(ctx, sessionKey{}, e.nextSession())
	results := make([]exec.Result, 0, len(statements))
	for i, s := range statements {
		_, result, err := e.run(ctx, "batch", s)
		if err != nil {
			return nil, failed(err, s, i+1)
		}
		results = append(results, result)
	}
	return results, nil
}

// failed is the error of a batch, because of err in its statement n.
func failed(err error, s exec.Statement, n int) error {
	e := &exec.Error{Op: "batch", Label: s.Label, Statement: n, Err: err}
	if cause, ok := errors.AsType[*exec.Error](err); ok {
		e.SQLState, e.Code, e.QueryID = cause.SQLState, cause.Code, cause.QueryID
	}
	return e
}

// Session opens a session; its statements come to the handler with the session's
// number, see [SessionOf].
func (e *Executor) Session(ctx context.Context) (exec.Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, &exec.Error{Op: "session", Err: fmt.Errorf("%w: %w", exec.ErrNotStarted, err)}
	}
	e.opened(1)
	return &session{e: e, id: e.nextSession()}, nil
}

type sessionKey struct{}

// SessionOf returns the number of the session or batch that a Handler answers
// for, counted from 1, and 0 for a statement outside of sessions.
func SessionOf(ctx context.Context) int {
	id, _ := ctx.Value(sessionKey{}).(int)
	return id
}

func (e *Executor) nextSession() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sessions++
	return e.sessions
}

func (e *Executor) opened(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open += n
}

func (e *Executor) remember(s exec.Statement) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.statements = append(e.statements, s)
	return fmt.Sprintf("fake:%d", len(e.statements))
}

func (e *Executor) run(ctx context.Context, op string, s exec.Statement) (*Answer, exec.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, exec.Result{}, &exec.Error{Op: op, Label: s.Label, Err: fmt.Errorf("%w: %w", exec.ErrNotStarted, err)}
	}
	id := e.remember(s)
	begin := time.Now()
	answer, err := e.handler(ctx, s)
	if err != nil {
		if _, ok := errors.AsType[*exec.Error](err); !ok {
			err = &exec.Error{Op: op, Label: s.Label, QueryID: id, Err: err}
		}
		return nil, exec.Result{}, err
	}
	if answer == nil {
		answer = new(Answer)
	}
	return answer, exec.Result{RowsAffected: answer.RowsAffected, QueryID: id, Elapsed: time.Since(begin)}, nil
}

type session struct {
	e      *Executor
	id     int
	closed bool
}

func (s *session) Exec(ctx context.Context, st exec.Statement) (exec.Result, error) {
	if s.closed {
		return exec.Result{}, s.gone("exec", st)
	}
	return s.e.Exec(context.WithValue(ctx, sessionKey{}, s.id), st)
}

func (s *session) Query(ctx context.Context, st exec.Statement) (*exec.Rows, error) {
	if s.closed {
		return nil, s.gone("query", st)
	}
	return s.e.Query(context.WithValue(ctx, sessionKey{}, s.id), st)
}

func (s *session) Session(context.Context) (exec.Session, error) { return exec.Borrow(s), nil }

func (s *session) Close() error {
	if !s.closed {
		s.closed = true
		s.e.opened(-1)
	}
	return nil
}

func (s *session) gone(op string, st exec.Statement) error {
	return &exec.Error{Op: op, Label: st.Label, Err: fmt.Errorf("%w: the session is closed", exec.ErrNotStarted)}
}

// A reader reads the rows of an Answer; ctx governs them, as on a wire.
type reader struct {
	e      *Executor
	ctx    context.Context
	answer *Answer
	next   int
	closed bool
}

func (r *reader) Columns() []exec.Column { return r.answer.Columns }

func (r *reader) Read(dst []exec.Value) error {
	switch {
	case r.ctx.Err() != nil:
		return &exec.Error{Op: "query", Err: r.ctx.Err()}
	case r.closed || r.next == len(r.answer.Rows):
		return io.EOF
	case len(r.answer.Rows[r.next]) != len(dst):
		return &exec.Error{Op: "query", Err: fmt.Errorf("exectest: row %d has %d values for %d columns", r.next+1, len(r.answer.Rows[r.next]), len(dst))}
	}
	copy(dst, r.answer.Rows[r.next])
	for i, v := range dst {
		if b, ok := v.([]byte); ok {
			dst[i] = slices.Clone(b)
		}
	}
	r.next++
	return nil
}

func (r *reader) Close() error {
	if !r.closed {
		r.closed = true
		r.e.opened(-1)
	}
	return nil
}
