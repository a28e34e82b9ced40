package mem

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A conn is one session.
type conn struct {
	engine   *Engine
	session  fakeredshift.Session
	settings map[string]string // that are not as in a new session
	tx       *transaction
	counts   counts
	queryID  int64 // of the statement that runs
	pace     Pace  // of the statement that runs
	worked   bool  // its time of work is over
}

var _ fakeredshift.Conn = (*conn)(nil)

// counts are what the session functions tell of the statements before.
type counts struct {
	copyRows, copyID     int64
	unloadRows, unloadID int64
	lastQuery            int64
}

// Connect opens a session.
func (e *Engine) Connect(_ context.Context, s fakeredshift.Session) (fakeredshift.Conn, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Contains(e.users, s.User) {
		e.users = append(e.users, s.User)
	}
	if !slices.Contains(e.databases, s.Database) {
		e.databases = append(e.databases, s.Database)
	}
	return &conn{
		engine: e, session: s, tx: &transaction{},
		counts: counts{copyID: -1, unloadID: -1, lastQuery: -1},
	}, nil
}

// Status is the transaction's state.
func (c *conn) Status() fakeredshift.TxStatus { return c.tx.status() }

// Close ends the session.
func (c *conn) Close() error {
	c.rollback()
	return c.dropTemporary()
}

// Run runs one statement.
func (c *conn) Run(ctx context.Context, sql string, args []*string) (*fakeredshift.Result, error) {
	c.queryID = c.engine.nextQuery()
	start := now()
	if limit := c.timeout(); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	result, err := c.paced(ctx, sql, args)
	if err != nil {
		err = refusalOf(ctx, err)
		c.fail()
	}
	c.counts.lastQuery = c.queryID
	c.engine.noteQuery(c, sql, start, result, err)
	return result, err
}

// paced runs a statement and takes its time.
func (c *conn) paced(ctx context.Context, sql string, args []*string) (*fakeredshift.Result, error) {
	c.pace, c.worked = Pace{}, false
	if c.engine.opts.Pace != nil {
		c.pace = c.engine.opts.Pace(sql)
	}
	if err := sleep(ctx, c.pace.Queued); err != nil {
		return nil, err
	}
	result, err := c.run(ctx, sql, args)
	if err == nil {
		_ = sleep(ctx, c.pace.Answering) // it has had its effect, whatever comes
	}
	return result, err
}

// work takes the time of the statement's work, once.
func (c *conn) work(ctx context.Context) error {
	if c.worked {
		return nil
	}
	c.worked = true
	return sleep(ctx, c.pace.Working)
}

// sleep waits for d, or for the end of ctx, which it reports.
func sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return cancelled()
	}
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return cancelled()
	}
}

func (c *conn) run(ctx context.Context, sql string, args []*string) (*fakeredshift.Result, error) {
	s, err := rsql.Parse(sql, &rsql.Options{CaseSensitive: c.keepsCase()})
	if c.tx.failed {
		return c.runFailed(s)
	}
	if err != nil {
		return nil, err
	}
	switch s := s.(type) {
	case *rsql.Begin:
		return c.runBegin(s)
	case *rsql.Commit:
		if err := c.work(ctx); err != nil {
			return nil, err
		}
		return done("COMMIT"), c.commit(ctx)
	case *rsql.Rollback:
		c.rollback()
		return done("ROLLBACK"), nil
	}
	result, err := c.dispatch(ctx, s, sql, args)
	if err == nil {
		err = c.work(ctx)
	}
	if err != nil {
		return nil, err
	}
	if _, truncated := s.(*rsql.Truncate); c.tx.explicit && !truncated {
		return result, nil
	}
	return result, c.commit(ctx)
}

func (c *conn) dispatch(ctx context.Context, s rsql.Statement, sql string, args []*string) (*fakeredshift.Result, error) {
	if c.tx.explicit {
		if err := rsql.CheckBlock(s); err != nil {
			return nil, err
		}
	}
	switch s := s.(type) {
	case *rsql.Other:
		return c.runOther(ctx, s, sql, args)
	case *rsql.CreateTableAs:
		return c.createTableAs(ctx, s, args)
	case *rsql.Show:
		return c.show(s)
	case *rsql.Unload:
		return c.unload(ctx, s)
	case *rsql.Copy:
		return c.copyFrom(ctx, s)
	}
	return done(s.Tag()), c.command(ctx, s)
}

// command runs a statement that answers with its tag alone.
func (c *conn) command(ctx context.Context, s rsql.Statement) error {
	switch s := s.(type) {
	case *rsql.CreateTable:
		return c.createTable(ctx, s)
	case *rsql.CreateSchema:
		return c.createSchema(ctx, s)
	case *rsql.DropSchema:
		return c.dropSchemas(ctx, s)
	case *rsql.DropTable:
		return c.dropTables(ctx, s)
	case *rsql.AlterTable:
		return c.alterTable(ctx, s)
	case *rsql.CommentOn:
		return c.commentOn(ctx, s)
	case *rsql.Truncate:
		return c.truncate(ctx, s)
	case *rsql.Lock:
		return c.lockTables(ctx, s)
	case *rsql.Set:
		return c.set(s)
	case *rsql.Reset:
		return c.reset(s)
	case *rsql.Vacuum:
		return c.vacuum(s)
	case *rsql.Grant, *rsql.Analyze:
		return nil // everybody is a superuser, and nothing is planned by statistics
	}
	return unsupported("%s", s.Tag())
}

// done is the result of a statement without rows.
func done(tag string) *fakeredshift.Result { return &fakeredshift.Result{Tag: tag, RowsAffected: -1} }

// listed is a result of rows at hand, all of them text.
func listed(tag string, columns []string, rows [][]string) *fakeredshift.Result {
	result := &fakeredshift.Result{Tag: tag, RowsAffected: int64(len(rows))}
	for _, name := range columns {
		result.Columns = append(result.Columns, fakeredshift.Column{Name: name, Type: plainText})
	}
	result.Read = func(row [][]byte) error {
		if len(rows) == 0 {
			return io.EOF
		}
		for i, text := range rows[0] {
			row[i] = []byte(text)
		}
		rows = rows[1:]
		return nil
	}
	return result
}
