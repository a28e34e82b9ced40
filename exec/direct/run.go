package direct

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/internal/wire"
)

// run runs s on pg and drops its rows.
func run(ctx context.Context, pg *pgconn.PgConn, s exec.Statement) (exec.Result, error) {
	call := newCall(ctx, pg, "exec", s)
	answer, err := call.send(s)
	if err != nil {
		return exec.Result{}, err
	}
	tag, err := answer.close()
	if err != nil {
		return exec.Result{}, call.fail(err)
	}
	return exec.Result{RowsAffected: rowsAffected(tag), QueryID: call.id, Elapsed: time.Since(call.begin)}, nil
}

// query runs s on pg. The rows own h; after an error the caller does.
func query(ctx context.Context, pg *pgconn.PgConn, s exec.Statement, h *hold) (*exec.Rows, error) {
	call := newCall(ctx, pg, "query", s)
	answer, err := call.send(s)
	if err != nil {
		return nil, err
	}
	return exec.NewRows(newReader(call, answer, h)), nil
}

// rowsAffected reads the count at the end of a command tag, -1 if there is none.
func rowsAffected(tag pgconn.CommandTag) int64 {
	text := tag.String()
	n, err := strconv.ParseInt(text[strings.LastIndexByte(text, ' ')+1:], 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// A call is one statement on its way.
type call struct {
	ctx   context.Context // of the statement, until its rows are closed
	pg    *pgconn.PgConn
	op    string
	label string
	id    string
	begin time.Time
}

func newCall(ctx context.Context, pg *pgconn.PgConn, op string, s exec.Statement) *call {
	return &call{ctx: ctx, pg: pg, op: op, label: s.Label, id: fmt.Sprintf("pid:%d", pg.PID()), begin: time.Now()}
}

// send sends s and waits until its first row, or its end, is there.
func (c *call) send(s exec.Statement) (*answer, error) {
	sql, params, err := wire.Params(s.SQL, s.Args)
	if err != nil {
		return nil, &exec.Error{Op: c.op, Label: c.label, Err: err}
	}
	if err := c.unsent(); err != nil {
		return nil, err
	}
	if label := wire.Label(s.Label); label != "" {
		sql = "/* " + label + " */ " + sql
	}
	if len(params) == 0 {
		return c.sendSimple(sql)
	}
	values, oids := make([][]byte, len(params)), make([]uint32, len(params))
	for i, p := range params {
		values[i], oids[i] = p.Text, p.OID
	}
	one := c.pg.ExecParams(c.ctx, sql, values, oids, nil, nil)
	if one.FieldDescriptions() == nil {
		tag, err := one.Close()
		if err != nil {
			return nil, c.fail(err)
		}
		return &answer{tag: tag}, nil
	}
	return &answer{one: one}, nil
}

func (c *call) sendSimple(sql string) (*answer, error) {
	multi := c.pg.Exec(c.ctx, sql)
	if !multi.NextResult() {
		if err := multi.Close(); err != nil {
			return nil, c.fail(err)
		}
		return &answer{}, nil
	}
	return &answer{multi: multi, one: multi.ResultReader()}, nil
}

// An answer is what the server returns: multi is set for the simple protocol,
// both are nil if all is said.
type answer struct {
	multi *pgconn.MultiResultReader
	one   *pgconn.ResultReader
	tag   pgconn.CommandTag
}

func (a *answer) fields() []pgconn.FieldDescription {
	if a.one == nil {
		return nil
	}
	return a.one.FieldDescriptions()
}

func (a *answer) next() bool { return a.one != nil && a.one.NextRow() }

// close reads to the end.
func (a *answer) close() (pgconn.CommandTag, error) {
	if a.one == nil {
		return a.tag, nil
	}
	tag, err := a.one.Close()
	if a.multi != nil {
		if last := a.multi.Close(); err == nil {
			err = last
		}
	}
	return tag, err
}
