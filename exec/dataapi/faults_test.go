package dataapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/dataapi"
	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/memnet"
)

// counter is an engine that counts INSERTs, has some rows to SELECT, and WAITs.
type counter struct {
	inserts atomic.Int64
	waits   atomic.Int64
}

const rowsInCounter = 25

func (c *counter) Connect(context.Context, fakeredshift.Session) (fakeredshift.Conn, error) {
	return counterConn{c}, nil
}

func (c *counter) Close() error { return nil }

type counterConn struct{ *counter }

func (counterConn) Status() fakeredshift.TxStatus { return fakeredshift.Idle }

func (c counterConn) Run(ctx context.Context, sql string, _ []*string) (*fakeredshift.Result, error) {
	switch word := strings.ToUpper(sqltext.Code(sql)[0].Text); word {
	case "INSERT":
		c.inserts.Add(1)
		return &fakeredshift.Result{Tag: "INSERT 0 1", RowsAffected: 1}, nil
	case "WAIT":
		c.waits.Add(1)
		<-ctx.Done()
		return nil, &fakeredshift.Error{SQLState: "57014", Message: "canceling statement due to user request"}
	case "SELECT":
		return c.rows(), nil
	default:
		return &fakeredshift.Result{Tag: word, RowsAffected: -1}, nil
	}
}

func (c counterConn) rows() *fakeredshift.Result {
	next := 0
	return &fakeredshift.Result{
		Tag:          "SELECT",
		RowsAffected: rowsInCounter,
		Columns:      []fakeredshift.Column{{Name: "n", Type: fakeredshift.Type{OID: 23, Name: "int4", Size: 4, Modifier: -1}}},
		Read: func(row [][]byte) error {
			if next == rowsInCounter {
				return io.EOF
			}
			row[0] = fmt.Append(nil, next)
			next++
			return nil
		},
	}
}

// bubble runs a test with the real SDK client on a network in memory.
func bubble(t *testing.T, run func(t *testing.T, w *fakeredshift.Warehouse, c *counter, e *dataapi.Executor)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var network memnet.Network
		engine := new(counter)
		cloud := fakeaws.NewCloud(nil)
		account, err := cloud.Account("111122223333")
		if err != nil {
			t.Fatal(err)
		}
		w, err := fakeredshift.New(cloud, account, engine, &fakeredshift.Options{ResultPage: 10})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		})
		user, err := account.CreateUser("program", fakeaws.MustParsePolicy(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`))
		if err != nil {
			t.Fatal(err)
		}
		l, err := network.Listen("data.test:80")
		if err != nil {
			t.Fatal(err)
		}
		w.StartDataAPI(l, nil)
		transport := &http.Transport{DialContext: network.DialContext}
		t.Cleanup(transport.CloseIdleConnections)
		client := redshiftdata.New(redshiftdata.Options{
			Region:       w.Region(),
			BaseEndpoint: aws.String("http://data.test"),
			HTTPClient:   &http.Client{Transport: transport},
			Credentials:  awscreds.Provider(creds.Static(user.CreateAccessKey())),
		})
		e, err := dataapi.New(client, dataapi.Target{Workgroup: w.Workgroup(), Database: w.Database()}, nil)
		if err != nil {
			t.Fatal(err)
		}
		run(t, w, engine, e)
	})
}

// TestEachRequestFails lets each kind of request fail in each way, once and three
// times in a row: the statement runs exactly once all the same.
func TestEachRequestFails(t *testing.T) {
	kinds := map[string]fakeredshift.Fault{
		"throttled":   {Status: 400, Code: "ThrottlingException", Message: "Rate exceeded"},
		"busy":        {Status: 400, Code: "ActiveStatementsExceededException", Message: "too many"},
		"500":         {Status: 500, Code: "InternalServerException", Message: "oops"},
		"503":         {Status: 503, Code: "ServiceUnavailable", Message: "later"},
		"cut before":  {Drop: fakeredshift.BeforeEffect},
		"answer lost": {Drop: fakeredshift.AfterEffect},
		"slow":        {Delay: 45 * time.Second},
	}
	runs := map[string]func(context.Context, *dataapi.Executor) error{
		"ExecuteStatement": insert, "DescribeStatement": insert, "GetStatementResult": read,
		"BatchExecuteStatement": func(ctx context.Context, e *dataapi.Executor) error {
			_, err := e.ExecBatch(ctx, []exec.Statement{{SQL: "INSERT"}})
			return err
		},
	}
	for op, run := range runs {
		for kind, fault := range kinds {
			for _, times := range []int{1, 3} {
				t.Run(fmt.Sprintf("%s/%s/%d", op, kind, times), func(t *testing.T) {
					bubble(t, func(t *testing.T, w *fakeredshift.Warehouse, c *counter, e *dataapi.Executor) {
						fault := fault
						fault.Wire, fault.Op, fault.Times = fakeredshift.DataAPI, op, times
						w.Inject(fault)
						if err := run(t.Context(), e); err != nil {
							t.Error(err)
						}
						if n := c.inserts.Load(); op != "GetStatementResult" && n != 1 {
							t.Errorf("the statement ran %d times, want once", n)
						}
						w.Check(t)
					})
				})
			}
		}
	}
}

func insert(ctx context.Context, e *dataapi.Executor) error {
	_, err := e.Exec(ctx, exec.Statement{SQL: "INSERT"})
	return err
}

func read(ctx context.Context, e *dataapi.Executor) error {
	rows, err := e.Query(ctx, exec.Statement{SQL: "SELECT"})
	if err != nil {
		return err
	}
	got, err := exec.Collect(rows, exec.Cell[int])
	if err == nil && (len(got) != rowsInCounter || got[rowsInCounter-1] != rowsInCounter-1) {
		err = fmt.Errorf("read %v", got)
	}
	return err
}

// TestEachSubmissionFailsForGood: what the error says about the outcome is true.
func TestEachSubmissionFailsForGood(t *testing.T) {
	tests := []struct {
		name    string
		fault   fakeredshift.Fault
		unknown bool
		ran     int64
	}{
		{"throttled", fakeredshift.Fault{Status: 400, Code: "ThrottlingException"}, false, 0},
		{"cut before", fakeredshift.Fault{Drop: fakeredshift.BeforeEffect}, true, 0},
		{"answers lost", fakeredshift.Fault{Drop: fakeredshift.AfterEffect}, true, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *fakeredshift.Warehouse, c *counter, e *dataapi.Executor) {
				tt.fault.Op, tt.fault.Times = "ExecuteStatement", -1
				w.Inject(tt.fault)
				err := insert(t.Context(), e)
				if exec.OutcomeUnknown(err) != tt.unknown || exec.SafeToRetry(err) == tt.unknown {
					t.Errorf("error %v, want unknown %v", err, tt.unknown)
				}
				if n := c.inserts.Load(); n != tt.ran {
					t.Errorf("the statement ran %d times, want %d", n, tt.ran)
				}
			})
		})
	}
}

// TestConnectionOfTheServiceLost: FAILED does not mean that nothing was done.
func TestConnectionOfTheServiceLost(t *testing.T) {
	bubble(t, func(t *testing.T, w *fakeredshift.Warehouse, c *counter, e *dataapi.Executor) {
		w.Inject(fakeredshift.Fault{Op: "INSERT", Drop: fakeredshift.AfterEffect})
		if err := insert(t.Context(), e); !exec.OutcomeUnknown(err) || c.inserts.Load() != 1 {
			t.Errorf("error %v after %d effects, want an unknown outcome after one", err, c.inserts.Load())
		}
	})
}

func TestContextEndsOverTheWire(t *testing.T) {
	for _, drop := range []fakeredshift.Moment{"", fakeredshift.BeforeEffect, fakeredshift.AfterEffect} {
		t.Run("cancel request cut "+string(drop), func(t *testing.T) {
			bubble(t, func(t *testing.T, w *fakeredshift.Warehouse, c *counter, e *dataapi.Executor) {
				w.Inject(fakeredshift.Fault{Op: "CancelStatement", Drop: drop})
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				_, err := e.Exec(ctx, exec.Statement{SQL: "WAIT"})
				if !errors.Is(err, context.DeadlineExceeded) || exec.OutcomeUnknown(err) || c.waits.Load() != 1 {
					t.Errorf("error %v, want the context's, and that nothing was done", err)
				}
				w.Check(t)
			})
		})
	}
}

// TestSessionExpires: a transaction is left alone for longer than its session
// is kept. It may be run again, and nothing of it is left to roll back.
func TestSessionExpires(t *testing.T) {
	bubble(t, func(t *testing.T, _ *fakeredshift.Warehouse, c *counter, e *dataapi.Executor) {
		session, err := exec.OpenSession(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.Exec(t.Context(), exec.Statement{SQL: "BEGIN"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Minute)
		_, err = session.Exec(t.Context(), exec.Statement{SQL: "INSERT"})
		if !exec.SafeToRetry(err) || exec.OutcomeUnknown(err) || c.inserts.Load() != 0 {
			t.Errorf("error %v after %d effects, want that it never started", err, c.inserts.Load())
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
}
