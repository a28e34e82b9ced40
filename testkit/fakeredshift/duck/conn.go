//go:build cgo

package duck

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A conn is one session. It has two connections to DuckDB: main, in which its
// transaction runs, and leader, on which catalog and history are read as they
// are committed by then.
type conn struct {
	engine   *Engine
	session  fakeredshift.Session
	main     *link
	leader   *link
	settings map[string]string
	briefing briefing
	names    names
	tx       transaction
	cursor   *cursor // of the last result
	queryID  int64   // of the statement that runs
}

var _ fakeredshift.Conn = (*conn)(nil)

// Connect opens a session.
func (e *Engine) Connect(ctx context.Context, s fakeredshift.Session) (fakeredshift.Conn, error) {
	ctx = context.WithoutCancel(ctx)
	c := &conn{engine: e, session: s, settings: maps.Clone(defaults), briefing: newBriefing(s)}
	if err := e.register(ctx, s); err != nil {
		return nil, err
	}
	var err error
	if c.main, err = newLink(ctx, e.connector); err != nil {
		return nil, err
	}
	if c.leader, err = newLink(ctx, e.connector); err != nil {
		return nil, errors.Join(err, c.main.close())
	}
	if err := c.readPath(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// register notes the user and the database of a session in the catalog.
func (e *Engine) register(ctx context.Context, s fakeredshift.Session) error {
	e.setup.Lock()
	defer e.setup.Unlock()
	_, err := e.admin.exec(ctx, `INSERT INTO pg_internal.pg_user (usename, usesysid, usecreatedb, usesuper, usecatupd, passwd)
		SELECT `+quote(s.User)+`, 99 + count(*), true, true, false, '********' FROM pg_internal.pg_user
		HAVING count(*) FILTER (usename = `+quote(s.User)+`) = 0;
		INSERT INTO pg_internal.pg_database (oid, datname)
		SELECT 100 + count(*), `+quote(s.Database)+` FROM pg_internal.pg_database
		HAVING count(*) FILTER (datname = `+quote(s.Database)+`) = 0`)
	return err
}

// Status is the transaction's state.
func (c *conn) Status() fakeredshift.TxStatus { return c.tx.status() }

// Close ends the session.
func (c *conn) Close() error {
	ctx := context.Background()
	err := errors.Join(c.closeCursor(), c.rollback(ctx))
	if c.leader != nil {
		err = errors.Join(err, c.dropTemporary(ctx), c.leader.close())
	}
	c.leader = nil
	if c.main != nil {
		err = errors.Join(err, c.main.close())
	}
	c.main = nil
	return err
}

func (c *conn) closeCursor() error {
	if c.cursor == nil {
		return nil
	}
	cursor := c.cursor
	c.cursor = nil
	return cursor.close()
}

// Run runs one statement.
func (c *conn) Run(ctx context.Context, sql string, args []*string) (*fakeredshift.Result, error) {
	if err := c.closeCursor(); err != nil {
		return nil, err
	}
	c.queryID = c.engine.queryID.Add(1)
	start := time.Now()
	if limit := c.timeout(); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	result, err := c.run(ctx, sql, args)
	if err != nil {
		err = refusalOf(ctx, err)
		if failed := c.fail(context.WithoutCancel(ctx)); failed != nil {
			return nil, failed
		}
	}
	c.briefing.lastQuery = c.queryID
	c.noteQuery(sql, start, result, err)
	return result, err
}

// refusalOf makes an *Error of any error.
func refusalOf(ctx context.Context, err error) error {
	var e *fakeredshift.Error
	if errors.As(err, &e) {
		return e
	}
	return translate(ctx, err)
}

func (c *conn) run(ctx context.Context, sql string, args []*string) (*fakeredshift.Result, error) {
	s, err := rsql.Parse(sql, &rsql.Options{CaseSensitive: c.keepsCase()})
	if c.tx.failed {
		return c.runFailed(ctx, s)
	}
	if err != nil {
		return nil, err
	}
	switch s := s.(type) {
	case *rsql.Begin:
		return c.runBegin(s)
	case *rsql.Commit:
		return c.runCommit(ctx)
	case *rsql.Rollback:
		return done("ROLLBACK"), c.rollback(ctx)
	case *rsql.Truncate:
		return c.runTruncate(ctx, s)
	}
	return c.atomically(ctx, func() (*fakeredshift.Result, error) { return c.dispatch(ctx, s, sql, args) })
}

// runFailed runs what a failed transaction takes.
func (c *conn) runFailed(ctx context.Context, s rsql.Statement) (*fakeredshift.Result, error) {
	switch s.(type) {
	case *rsql.Commit, *rsql.Rollback:
		return done("ROLLBACK"), c.rollback(ctx)
	}
	return nil, refuse(stateFailed, "current transaction is aborted, commands ignored until end of transaction block")
}

func (c *conn) dispatch(ctx context.Context, s rsql.Statement, sql string, args []*string) (*fakeredshift.Result, error) {
	d := dialect{keep: c.keepsCase(), args: args}
	switch s := s.(type) {
	case *rsql.Other:
		return c.runOther(ctx, s, d, sql)
	case *rsql.CreateTable:
		return done(s.Tag()), c.createTable(ctx, s)
	case *rsql.CreateTableAs:
		return c.createTableAs(ctx, s, d)
	case *rsql.CreateSchema:
		return done(s.Tag()), c.createSchema(ctx, s)
	case *rsql.DropSchema:
		return done(s.Tag()), c.dropSchemas(ctx, s)
	case *rsql.DropTable:
		return done(s.Tag()), c.dropTables(ctx, s)
	case *rsql.AlterTable:
		return done(s.Tag()), c.alterTable(ctx, s)
	case *rsql.CommentOn:
		return done(s.Tag()), c.commentOn(ctx, s)
	case *rsql.Lock:
		return done(s.Tag()), c.lockTables(ctx, s)
	case *rsql.Set:
		return done(s.Tag()), c.set(ctx, s)
	case *rsql.Reset:
		return done(s.Tag()), c.reset(ctx, s)
	case *rsql.Show:
		return c.show(s)
	case *rsql.Unload:
		return c.unload(ctx, s)
	case *rsql.Copy:
		return c.copyFrom(ctx, s)
	case *rsql.Grant:
		return done(s.Tag()), nil
	case *rsql.Analyze:
		return done(s.Tag()), nil
	case *rsql.Vacuum:
		if c.tx.explicit {
			return nil, refuse(stateBranch, "VACUUM cannot run inside a transaction block")
		}
		return done(s.Tag()), nil
	}
	return nil, refuse(stateNotSupported, "%s is not supported", s.Tag())
}

// done is the result of a statement without rows.
func done(tag string) *fakeredshift.Result { return &fakeredshift.Result{Tag: tag, RowsAffected: -1} }

// listed is a result of rows at hand, all of them text.
func listed(tag string, columns []string, rows [][]string) *fakeredshift.Result {
	result := &fakeredshift.Result{Tag: tag, RowsAffected: int64(len(rows))}
	for _, name := range columns {
		result.Columns = append(result.Columns, fakeredshift.Column{Name: name, Type: plainText})
	}
	rows = slices.Clone(rows)
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
