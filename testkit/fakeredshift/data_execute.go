package fakeredshift

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/redferry/redferry/internal/sqltext"
)

// maxStatementLife is how long a statement may run.
// Source: Amazon Redshift Management Guide, "Considerations when calling the
// Amazon Redshift Data API".
const maxStatementLife = 24 * time.Hour

// execute submits one statement or a batch, and returns at once.
func (a *dataAPI) execute(c *call) (any, error) {
	if err := c.check(a.w.opts.Workgroup, a.w.ARN()); err != nil {
		return nil, err
	}
	if err := a.authorize(c, a.w.ARN()); err != nil {
		return nil, err
	}
	var login dataLogin
	if c.SessionID == "" {
		var err error
		if login, err = a.login(c); err != nil {
			return nil, err
		}
	}
	parts, err := bindNames(c.SQLs, c.Parameters)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s, err := a.replay(c)
	if s == nil && err == nil {
		s, err = a.submit(c, login, parts)
	}
	if err != nil {
		return nil, err
	}
	return a.accepted(s), nil
}

func (a *dataAPI) submit(c *call, login dataLogin, parts []part) (*statement, error) {
	if a.active >= a.w.opts.MaxStatements {
		return nil, refusal("ActiveStatementsExceededException", "Active statements exceeded the allowed quota")
	}
	session, err := a.enlist(c, login)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	s := &statement{
		request: c.request,
		id:      a.id("statement"),
		name:    c.StatementName,
		batch:   c.op == "BatchExecuteStatement",
		owner:   c.identity,
		login:   login,
		created: now,
		parts:   parts,
		session: session,
		updated: now,
		status:  submitted,
	}
	expires := now.Add(maxStatementLife)
	if session != nil {
		s.login, s.Database, s.SecretArn, s.SessionID = session.login, session.database, session.secretARN, session.id
		expires = session.expires
	}
	for i := range s.parts {
		s.parts[i].status, s.parts[i].updated, s.parts[i].affected = submitted, now, -1
	}
	ctx, cancel := context.WithCancelCause(a.w.ctx)
	s.cancel = cancel
	running := a.w.start(func() {
		defer cancel(nil)
		ctx, stop := context.WithDeadlineCause(ctx, expires, errTerminated)
		defer stop()
		a.run(ctx, s)
	})
	if !running {
		return nil, errDropped
	}
	a.active++
	a.statements = append(a.statements, s)
	a.byID[s.id] = s
	a.remember(c, s)
	return s, nil
}

func (a *dataAPI) accepted(s *statement) map[string]any {
	m := map[string]any{
		"Id":            s.id,
		"CreatedAt":     epoch(s.created),
		"Database":      s.Database,
		"DbUser":        s.login.user,
		"WorkgroupName": a.w.opts.Workgroup,
	}
	set(m, "SecretArn", s.SecretArn)
	set(m, "SessionId", s.SessionID)
	return m
}

// run takes a statement from SUBMITTED to its end.
func (a *dataAPI) run(ctx context.Context, s *statement) {
	a.change(func() { s.status = picked })
	session, err := a.attach(s)
	if err == nil {
		session.name = s.name
		a.change(func() { s.status, s.pid, s.began = started, session.pid, time.Now() })
		err = a.runParts(ctx, s, session)
	}
	if errors.Is(err, errDropped) {
		err = errTerminated
	}
	a.detach(s, session, err)
	a.change(func() {
		a.active--
		s.end(session, err)
	})
}

// change changes statements, and notes when.
func (a *dataAPI) change(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
}

// attach gives a statement its session of the engine.
func (a *dataAPI) attach(s *statement) (*session, error) {
	if s.session == nil {
		return a.open(s.login, s.Database)
	}
	if s.session.session == nil {
		opened, err := a.open(s.login, s.Database)
		if err != nil {
			return nil, err
		}
		opened.mu.Lock()
		opened.kill = func() { a.killed(s.session) }
		opened.mu.Unlock()
		s.session.session = opened
	}
	return s.session.session, nil
}

func (a *dataAPI) detach(s *statement, session *session, err error) {
	switch {
	case s.session != nil:
		a.release(s.session, err != nil && asError(err).SQLState == stateTerminated)
	case session != nil:
		a.w.disconnect(session)
	}
}

// end settles a statement's status.
func (s *statement) end(session *session, err error) {
	s.updated = time.Now()
	if !s.began.IsZero() {
		s.duration = time.Since(s.began)
	}
	s.status, s.failure = outcome(session, err)
	for i := range s.parts {
		if p := &s.parts[i]; !p.status.ended() {
			p.status, p.updated = aborted, s.updated
		}
	}
	if !s.batch && err != nil {
		s.parts[0].status = s.status
	}
}

func outcome(session *session, err error) (dataStatus, string) {
	if err == nil {
		return finished, ""
	}
	e := asError(err)
	if e.SQLState == stateCanceled {
		return aborted, failureText(e, session)
	}
	return failed, failureText(e, session)
}

// runParts runs a batch in one transaction, and a single statement as it is. In
// a session with a transaction of its own, a batch is part of that one.
func (a *dataAPI) runParts(ctx context.Context, s *statement, session *session) error {
	inTx := s.batch && session.status() == Idle
	if inTx {
		if _, err := session.run(ctx, "BEGIN", nil); err != nil {
			return err
		}
	}
	for i := range s.parts {
		err := a.runPart(ctx, s, &s.parts[i], session)
		if err != nil {
			if inTx && session.status() != Idle && !errors.Is(err, errDropped) {
				a.rollback(ctx, session)
			}
			return err
		}
	}
	if inTx {
		if _, err := session.run(ctx, "COMMIT", nil); err != nil {
			return err
		}
	}
	return nil
}

// rollback ends a batch's transaction, though the batch may be cancelled. What
// comes of it is seen at the session's next statement.
func (a *dataAPI) rollback(ctx context.Context, session *session) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	_, _ = session.run(ctx, "ROLLBACK", nil)
}

func (a *dataAPI) runPart(ctx context.Context, s *statement, p *part, session *session) error {
	a.change(func() { p.status, p.began, p.updated = started, time.Now(), time.Now() })
	var err error
	var read part // what the engine answers, outside the lock
	if e := p.refuse(s.batch); e != nil {
		err = session.reject(e)
	} else {
		err = read.read(ctx, p.sql, p.args, session)
	}
	a.change(func() {
		p.query, p.duration, p.updated = session.query, time.Since(p.began), time.Now()
		p.status, p.failure = outcome(session, err)
		p.columns, p.rows, p.size, p.affected = read.columns, read.rows, read.size, read.affected
		if err != nil {
			p.columns, p.rows, p.size, p.affected = nil, nil, 0, -1
		}
	})
	return err
}

// read runs the statement and keeps its rows.
func (p *part) read(ctx context.Context, sql string, args []*string, session *session) error {
	result, err := session.run(ctx, sql, args)
	if err != nil {
		return err
	}
	defer session.finish()
	p.columns, p.affected = result.Columns, result.RowsAffected
	if result.Columns == nil {
		return nil
	}
	values := make([][]byte, len(result.Columns))
	for {
		if err := result.Read(values); errors.Is(err, io.EOF) {
			p.affected = int64(len(p.rows))
			return nil
		} else if err != nil {
			return cause(ctx, err)
		}
		if err := p.keep(values); err != nil {
			return err
		}
	}
}

// refuse refuses several statements in one and, in a batch, what commits by
// itself or cannot run in a transaction.
func (p *part) refuse(batch bool) *Error {
	if statements := sqltext.Split(p.sql); len(statements) > 1 {
		return &Error{SQLState: stateSyntax, Message: "cannot insert multiple commands into a prepared statement"}
	}
	if !batch {
		return nil
	}
	code := sqltext.Code(p.sql)
	if len(code) == 0 {
		return nil
	}
	command := strings.ToUpper(code[0].Text)
	switch {
	case command == "TRUNCATE", command == "VACUUM":
	case command == "ALTER" && containsWord(code, "APPEND"):
		command = "ALTER TABLE APPEND"
	default:
		return nil
	}
	return &Error{SQLState: "25001", Message: command + " cannot run inside a transaction block"}
}

func containsWord(code []sqltext.Token, word string) bool {
	for _, t := range code {
		if t.Is(word) {
			return true
		}
	}
	return false
}
