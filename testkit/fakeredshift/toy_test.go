package fakeredshift_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift"
)

// toy is an engine with a language of its own, just large enough to see what
// the wires make of it:
//
//	SELECT 1, 'two', $1, NULL, TRUE, 2.5   one row
//	SERIES n                               n rows of int8
//	PUT 'x'                                add x to the one table
//	GET                                    the rows of the table
//	FAIL 'state' code 'message'            an error
//	WAIT                                   until cancelled
//	COPY role                              HeadBucket with the role
//	BEGIN, COMMIT, ROLLBACK, SET, TRUNCATE
type toy struct {
	waiting chan struct{} // gets one value for each WAIT that has begun

	mu     sync.Mutex // guards the rest
	rows   []string
	open   int
	closed bool
}

func newToy() *toy { return &toy{waiting: make(chan struct{}, 16)} }

func (t *toy) Connect(_ context.Context, s fakeredshift.Session) (fakeredshift.Conn, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open++
	return &toyConn{toy: t, session: s, status: fakeredshift.Idle}, nil
}

func (t *toy) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	if t.open != 0 {
		return fmt.Errorf("toy: %d sessions are open", t.open)
	}
	return nil
}

// committed returns what other sessions see.
func (t *toy) committed() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.rows)
}

type toyConn struct {
	toy     *toy
	session fakeredshift.Session
	status  fakeredshift.TxStatus
	pending []string
}

func (c *toyConn) Status() fakeredshift.TxStatus { return c.status }

func (c *toyConn) Close() error {
	c.toy.mu.Lock()
	defer c.toy.mu.Unlock()
	c.toy.open--
	return nil
}

func (c *toyConn) Run(ctx context.Context, sql string, args []*string) (*fakeredshift.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	code := sqltext.Code(sql)
	verb := strings.ToUpper(code[0].Text)
	if c.status == fakeredshift.Failed && verb != "ROLLBACK" && verb != "COMMIT" {
		return nil, &fakeredshift.Error{SQLState: "25P02", Message: "current transaction is aborted"}
	}
	result, err := c.run(ctx, verb, code[1:], args)
	if err != nil && c.status == fakeredshift.InTx {
		c.status, c.pending = fakeredshift.Failed, nil
	}
	return result, err
}

func (c *toyConn) run(ctx context.Context, verb string, code []sqltext.Token, args []*string) (*fakeredshift.Result, error) {
	done := &fakeredshift.Result{Tag: verb, RowsAffected: -1}
	switch verb {
	case "SELECT":
		return toySelect(code, args)
	case "SERIES":
		n, err := strconv.Atoi(code[0].Text)
		return toySeries(n), err
	case "GET":
		return toyTable(append(c.toy.committed(), c.pending...)), nil
	case "PUT":
		value, ok := code[0].Value()
		if !ok {
			value = *args[0]
		}
		c.pending = append(c.pending, value)
		if c.status == fakeredshift.Idle {
			c.commit()
		}
		return &fakeredshift.Result{Tag: "INSERT 0 1", RowsAffected: 1}, nil
	case "FAIL":
		return nil, toyFailure(code)
	case "WAIT":
		c.toy.waiting <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	case "COPY":
		client, err := c.session.Storage.Client(ctx, code[0].Text)
		if value, ok := code[0].Value(); ok {
			client, err = c.session.Storage.Client(ctx, value)
		}
		if err != nil {
			return nil, err
		}
		_, err = client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String("bucket")})
		return done, err
	case "BEGIN":
		c.status = fakeredshift.InTx
	case "COMMIT":
		if c.status == fakeredshift.Failed {
			done.Tag = "ROLLBACK"
		}
		c.commit()
	case "ROLLBACK":
		c.pending, c.status = nil, fakeredshift.Idle
	case "SET", "RESET", "TRUNCATE":
	default:
		return nil, &fakeredshift.Error{SQLState: "42601", Message: fmt.Sprintf("syntax error at or near %q", verb)}
	}
	return done, nil
}

func (c *toyConn) commit() {
	c.toy.mu.Lock()
	defer c.toy.mu.Unlock()
	c.toy.rows = append(c.toy.rows, c.pending...)
	c.pending, c.status = nil, fakeredshift.Idle
}

func toyFailure(code []sqltext.Token) *fakeredshift.Error {
	e := &fakeredshift.Error{Detail: "a detail"}
	e.SQLState, _ = code[0].Value()
	e.Code, _ = strconv.Atoi(code[1].Text)
	e.Message, _ = code[2].Value()
	return e
}

var (
	toyInt     = fakeredshift.Type{OID: 23, Name: "int4", Size: 4, Modifier: -1}
	toyBig     = fakeredshift.Type{OID: 20, Name: "int8", Size: 8, Modifier: -1}
	toyVarchar = fakeredshift.Type{OID: 1043, Name: "varchar", Size: -1, Modifier: 260}
	toyBool    = fakeredshift.Type{OID: 16, Name: "bool", Size: 1, Modifier: -1}
	toyFloat   = fakeredshift.Type{OID: 701, Name: "float8", Size: 8, Modifier: -1}
	toyNumeric = fakeredshift.Type{OID: 1700, Name: "numeric", Size: -1, Modifier: (5<<16 | 2) + 4}
)

func toySelect(code []sqltext.Token, args []*string) (*fakeredshift.Result, error) {
	var columns []fakeredshift.Column
	var row [][]byte
	for _, t := range code {
		if t.Text == "," {
			continue
		}
		value, typ := []byte(t.Text), toyInt
		switch {
		case t.Kind == sqltext.String:
			text, _ := t.Value()
			value, typ = []byte(text), toyVarchar
		case t.Kind == sqltext.Param:
			n, _ := strconv.Atoi(t.Text[1:])
			if n > len(args) {
				return nil, &fakeredshift.Error{SQLState: "42P02", Message: "there is no parameter " + t.Text}
			}
			value, typ = nil, toyVarchar
			if args[n-1] != nil {
				value = []byte(*args[n-1])
			}
		case t.Is("NULL"):
			value = nil
		case t.Is("TRUE"):
			value, typ = []byte("t"), toyBool
		case strings.HasSuffix(t.Text, "0"):
			typ = toyNumeric
		case strings.Contains(t.Text, "."):
			typ = toyFloat
		}
		columns = append(columns, fakeredshift.Column{Name: "?column?", Type: typ})
		row = append(row, value)
	}
	return toyResult(columns, [][][]byte{row}), nil
}

func toySeries(n int) *fakeredshift.Result {
	rows := make([][][]byte, n)
	for i := range rows {
		rows[i] = [][]byte{strconv.AppendInt(nil, int64(i), 10)}
	}
	return toyResult([]fakeredshift.Column{{Name: "n", Type: toyBig}}, rows)
}

func toyTable(values []string) *fakeredshift.Result {
	rows := make([][][]byte, len(values))
	for i, v := range values {
		rows[i] = [][]byte{[]byte(v)}
	}
	return toyResult([]fakeredshift.Column{{Name: "value", Type: toyVarchar}}, rows)
}

func toyResult(columns []fakeredshift.Column, rows [][][]byte) *fakeredshift.Result {
	return &fakeredshift.Result{
		Columns: columns, Tag: "SELECT", RowsAffected: int64(len(rows)),
		Read: func(row [][]byte) error {
			if len(rows) == 0 {
				return io.EOF
			}
			copy(row, rows[0])
			rows = rows[1:]
			return nil
		},
	}
}

// Describe knows one statement by its parameter.
func (c *toyConn) Describe(_ context.Context, sql string) ([]fakeredshift.Type, []fakeredshift.Column, error) {
	code := sqltext.Code(sql)
	var params []fakeredshift.Type
	var args []*string
	for _, t := range code {
		if t.Kind == sqltext.Param {
			params, args = append(params, toyVarchar), append(args, nil)
		}
	}
	if !code[0].Is("SELECT") {
		return params, nil, nil
	}
	result, err := toySelect(code[1:], args)
	if err != nil {
		return nil, nil, err
	}
	return params, result.Columns, nil
}
