package fakeredshift_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata/types"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// lost reports whether err is that of a connection, not of the server.
func lost(err error) bool {
	var pg *pgconn.PgError
	return err != nil && !errors.As(err, &pg)
}

func TestPGFaults(t *testing.T) {
	serializable := &fakeredshift.Error{SQLState: "XX000", Code: 1023, Message: "Serializable isolation violation on table"}
	tests := []struct {
		name  string
		fault fakeredshift.Fault
		check func(err error) bool
		rows  int // in the table after PUT
	}{
		{"cut before the statement", fakeredshift.Fault{Op: "PUT", Drop: fakeredshift.BeforeEffect}, lost, 0},
		{"cut after the statement", fakeredshift.Fault{Op: "PUT", Drop: fakeredshift.AfterEffect}, lost, 1},
		{"cut before the message", fakeredshift.Fault{Op: "Query", Drop: fakeredshift.BeforeEffect}, lost, 0},
		{"cut after the message", fakeredshift.Fault{Op: "Query", Drop: fakeredshift.AfterEffect}, lost, 1},
		{"an error of SQL", fakeredshift.Fault{Wire: fakeredshift.PG, Op: "PUT", SQL: serializable}, func(err error) bool {
			var pg *pgconn.PgError
			return errors.As(err, &pg) && pg.Code == "XX000" && strings.Contains(pg.Detail, "code:      1023")
		}, 0},
		{"an error of the message", fakeredshift.Fault{Op: "Query", SQL: serializable}, func(err error) bool {
			var pg *pgconn.PgError
			return errors.As(err, &pg) && pg.Code == "XX000"
		}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, nil)
				h.startPG(t)
				conn := h.connect(t)
				h.Inject(test.fault)
				_, err := conn.Exec(t.Context(), "PUT 'x'")
				if !test.check(err) {
					t.Errorf("got %v", err)
				}
				synctest.Wait()
				if n := len(h.toy.committed()); n != test.rows {
					t.Errorf("%d rows, want %d", n, test.rows)
				}
				h.Check(t)
			})
		})
	}
}

// A fault in a transaction aborts it, as any error of Redshift does.
func TestPGFaultInATransaction(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	conn := h.connect(t)
	h.Inject(fakeredshift.Fault{Op: "PUT", Skip: 1, SQL: &fakeredshift.Error{SQLState: "XX000", Message: "1023"}})
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "PUT 'a'"); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "PUT 'b'"); state(t, err) != "XX000" {
		t.Error(err)
	}
	if err := tx.Commit(t.Context()); !errors.Is(err, pgx.ErrTxCommitRollback) {
		t.Errorf("commit: %v", err)
	}
	if got := h.toy.committed(); len(got) != 0 {
		t.Errorf("table has %q", got)
	}
}

func TestPGStartupFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		h.startPG(t)
		h.Inject(
			fakeredshift.Fault{Op: "Startup", SQL: &fakeredshift.Error{SQLState: "53300", Message: "too many connections"}},
			fakeredshift.Fault{Op: "Startup", Drop: fakeredshift.BeforeEffect},
			fakeredshift.Fault{Op: "Startup", Delay: time.Minute},
		)
		if _, err := pgx.ConnectConfig(t.Context(), h.pg(t, "")); state(t, err) != "53300" {
			t.Error(err)
		}
		if _, err := pgx.ConnectConfig(t.Context(), h.pg(t, "")); !lost(err) {
			t.Error(err)
		}
		start := time.Now()
		h.connect(t)
		if got := time.Since(start).Round(time.Second); got != time.Minute {
			t.Errorf("the login took %s", got)
		}
		h.Check(t)
	})
}

func TestDataFaults(t *testing.T) {
	tests := []struct {
		name  string
		fault fakeredshift.Fault
		want  string // the exception; empty for a lost connection
		rows  int
	}{
		{"throttled", fakeredshift.Fault{Op: "ExecuteStatement", Status: 400, Code: "ThrottlingException", Message: "Rate exceeded"}, "ThrottlingException", 0},
		{"internal", fakeredshift.Fault{Wire: fakeredshift.DataAPI, Status: 500, Code: "InternalServerException"}, "InternalServerException", 0},
		{"cut before", fakeredshift.Fault{Op: "ExecuteStatement", Label: "a label", Drop: fakeredshift.BeforeEffect}, "", 0},
		{"cut after", fakeredshift.Fault{Op: "ExecuteStatement", Drop: fakeredshift.AfterEffect}, "", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, h *house, client *redshiftdata.Client) {
				h.Inject(test.fault)
				in := input("PUT 'x'")
				in.StatementName = aws.String("a label")
				_, err := client.ExecuteStatement(t.Context(), in)
				if err == nil {
					t.Fatal("no error")
				}
				if test.want != "" {
					if got, _ := code(t, err); got != test.want {
						t.Errorf("got %v", err)
					}
				}
				synctest.Wait()
				if n := len(h.toy.committed()); n != test.rows {
					t.Errorf("%d rows, want %d", n, test.rows)
				}
				// The same token makes a second try safe.
				if out := execute(t, client, in); out.Status != types.StatusStringFinished {
					t.Errorf("the second try is %s", out.Status)
				}
				if n := len(h.toy.committed()); n != 1 {
					t.Errorf("%d rows after the second try", n)
				}
				h.Check(t)
			})
		})
	}
}

func TestDataStatementFaults(t *testing.T) {
	tests := []struct {
		name    string
		fault   fakeredshift.Fault
		failure string
		rows    int
	}{
		{"lost before", fakeredshift.Fault{Op: "COMMIT", Drop: fakeredshift.BeforeEffect}, "FATAL: terminating connection", 0},
		{"lost after", fakeredshift.Fault{Op: "COMMIT", Drop: fakeredshift.AfterEffect}, "FATAL: terminating connection", 1},
		{"an error of SQL", fakeredshift.Fault{Op: "PUT", SQL: &fakeredshift.Error{SQLState: "XX000", Message: "no"}}, "ERROR: no", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, h *house, client *redshiftdata.Client) {
				h.Inject(test.fault)
				out, err := client.BatchExecuteStatement(t.Context(), batch("PUT 'x'"))
				if err != nil {
					t.Fatal(err)
				}
				end := await(t, client, out.Id)
				if end.Status != types.StatusStringFailed || !strings.HasPrefix(aws.ToString(end.Error), test.failure) {
					t.Errorf("got %s %q", end.Status, aws.ToString(end.Error))
				}
				if n := len(h.toy.committed()); n != test.rows {
					t.Errorf("%d rows, want %d", n, test.rows)
				}
				h.Check(t)
			})
		})
	}
}

func TestUnhit(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	h.Inject(
		fakeredshift.Fault{Op: "SELECT"},
		fakeredshift.Fault{Op: "SELECT", Skip: 1, Wire: fakeredshift.PG, Label: "x"},
	)
	if _, err := h.connect(t).Exec(t.Context(), "SELECT 1"); err != nil {
		t.Error(err)
	}
	var got []string
	for _, f := range h.Unhit() {
		got = append(got, f.String())
	}
	if diff := cmp.Diff([]string{`fault on SELECT of pg of "x" after 1`}, got); diff != "" {
		t.Errorf("unhit (-want +got):\n%s", diff)
	}
	h.ClearFaults()
	h.Check(t)
}

func TestDataRates(t *testing.T) {
	inBubble(t, &fakeredshift.Options{Rates: fakeredshift.AWSRates()}, func(t *testing.T, _ *house, client *redshiftdata.Client) {
		list := func() error {
			_, err := client.ListStatements(t.Context(), &redshiftdata.ListStatementsInput{})
			return err
		}
		for range 3 {
			if err := list(); err != nil {
				t.Fatal(err)
			}
		}
		if got, _ := code(t, list()); got != "ThrottlingException" {
			t.Errorf("the fourth within a second: %s", got)
		}
		time.Sleep(time.Second)
		for range 3 {
			if err := list(); err != nil {
				t.Errorf("a second later: %v", err)
			}
		}
	})
}
