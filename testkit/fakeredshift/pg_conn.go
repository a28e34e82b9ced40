package fakeredshift

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/redferry/redferry/internal/sqltext"
)

// longAgo is a deadline that has passed in any clock.
var longAgo = time.Unix(1, 0)

// flushBytes is how much of a result is gathered before it is sent.
const flushBytes = 64 << 10

// A pgConn is one connection of the PostgreSQL wire. One goroutine receives,
// runs and answers.
type pgConn struct {
	w       *Warehouse
	net     net.Conn
	backend *pgproto3.Backend
	session *session

	statements map[string]*prepared
	portals    map[string]*portal
	reading    *portal // whose result the session holds
	described  *portal // whose Describe waits for its Execute
	skip       bool    // after an error, until Sync

	muted  bool  // a fault swallows the answers
	broken error // the connection is of no more use
	killed atomic.Bool
}

func newPGConn(w *Warehouse, conn net.Conn) *pgConn {
	return &pgConn{
		w: w, net: conn, backend: pgproto3.NewBackend(conn, conn),
		statements: make(map[string]*prepared),
		portals:    make(map[string]*portal),
	}
}

// serve answers messages until the connection ends.
func (c *pgConn) serve() {
	for c.broken == nil {
		msg, err := c.receive()
		if err != nil {
			break
		}
		c.message(msg)
	}
	if c.killed.Load() && (c.broken == nil || errors.Is(c.broken, errKilled)) {
		c.broken = nil
		c.fatal(errTerminated)
	}
}

// errKilled marks a connection that Kill woke.
var errKilled = errors.New("fakeredshift: the session was terminated")

func (c *pgConn) receive() (pgproto3.FrontendMessage, error) {
	msg, err := c.backend.Receive()
	if err != nil {
		c.broken = err
		if c.killed.Load() {
			c.broken = errKilled
		}
	}
	return msg, err
}

// message meets the faults and then handles one message.
func (c *pgConn) message(msg pgproto3.FrontendMessage) {
	kind := strings.TrimPrefix(fmt.Sprintf("%T", msg), "*pgproto3.")
	f := c.w.faults.take(PG, kind, c.session.label())
	f.wait(c.w.ctx.Done())
	switch {
	case f.Drop == BeforeEffect:
		c.broken = errDropped
		return
	case f.SQL != nil:
		c.refuse(msg, f.SQL)
		return
	}
	c.muted = f.Drop == AfterEffect
	c.handle(msg)
	if c.muted {
		c.broken = errDropped
	}
}

// refuse answers a message with an error without looking into it.
func (c *pgConn) refuse(msg pgproto3.FrontendMessage, e *Error) {
	c.fail(c.session.reject(e))
	switch msg.(type) {
	case *pgproto3.Query, *pgproto3.Sync:
		c.sync()
	}
}

func (c *pgConn) handle(msg pgproto3.FrontendMessage) {
	switch m := msg.(type) {
	case *pgproto3.Terminate:
		c.broken = io.EOF
	case *pgproto3.Query:
		c.query(m.String)
	case *pgproto3.Sync:
		c.sync()
	case *pgproto3.CopyData, *pgproto3.CopyDone, *pgproto3.CopyFail:
		// A client may still be sending when its COPY was refused.
	default:
		if c.skip {
			return
		}
		if err := c.extended(msg); err != nil {
			c.fail(err)
		}
	}
}

// query is the simple protocol: each statement of the string commits by itself,
// and the first that fails ends it.
func (c *pgConn) query(script string) {
	c.described = nil
	delete(c.statements, "")
	delete(c.portals, "")
	statements := sqltext.Split(script)
	if len(statements) == 0 {
		c.backend.Send(&pgproto3.EmptyQueryResponse{})
	}
	for _, sql := range statements {
		if err := c.statement(sql); err != nil {
			c.fail(err)
			break
		}
	}
	c.sync()
}

func (c *pgConn) statement(sql string) error {
	if err := c.park(); err != nil {
		return err
	}
	result, err := c.session.run(c.w.ctx, sql, nil)
	if err != nil {
		return err
	}
	defer c.session.finish()
	if result.Columns != nil {
		c.backend.Send(rowDescription(result.Columns, nil))
		if _, err := c.rows(result, nil, 0); err != nil {
			return err
		}
	}
	c.backend.Send(&pgproto3.CommandComplete{CommandTag: []byte(result.Tag)})
	return nil
}

// sync ends a round of messages. Outside a transaction it ends the portals.
func (c *pgConn) sync() {
	if !c.skip {
		if err := c.settle(); err != nil {
			c.fail(err)
		}
	}
	c.skip = false
	if c.session.status() == Idle {
		c.session.finish()
		c.reading = nil
		clear(c.portals)
	}
	c.ready()
}

func (c *pgConn) ready() {
	c.backend.Send(&pgproto3.ReadyForQuery{TxStatus: byte(c.session.status())})
	c.flush()
}

// flush sends what was gathered; a failure ends the connection.
func (c *pgConn) flush() {
	if c.broken != nil || c.muted {
		return
	}
	c.broken = c.backend.Flush()
}
