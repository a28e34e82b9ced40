package mem_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newEngine returns an engine that ends with the test.
func newEngine(t testing.TB, opts *mem.Options) fakeredshift.Engine {
	t.Helper()
	e := mem.New(opts)
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// A user is a session under test.
type user struct {
	t    testing.TB
	conn fakeredshift.Conn
}

// connect opens a session that ends with the test.
func connect(t testing.TB, e fakeredshift.Engine, pid int32) *user { return connectTo(t, e, pid, nil) }

func connectTo(t testing.TB, e fakeredshift.Engine, pid int32, storage fakeredshift.Storage) *user {
	t.Helper()
	conn, err := e.Connect(context.Background(), fakeredshift.Session{PID: pid, User: "admin", Database: "dev", Storage: storage})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return &user{t, conn}
}

// login opens a session of an engine of its own.
func login(t testing.TB) *user { return connect(t, newEngine(t, nil), 101) }

// do runs statements that must succeed.
func (u *user) do(statements ...string) {
	u.t.Helper()
	for _, sql := range statements {
		if _, err := u.conn.Run(context.Background(), sql, nil); err != nil {
			u.t.Fatalf("%s: %v", sql, err)
		}
	}
}

// refused runs a statement that must be refused and returns the refusal.
func (u *user) refused(sql string) *fakeredshift.Error {
	u.t.Helper()
	_, err := u.conn.Run(context.Background(), sql, nil)
	var e *fakeredshift.Error
	if !errors.As(err, &e) {
		u.t.Fatalf("%s: got %v, want a refusal", sql, err)
	}
	return e
}

// wantRefusal checks the SQLSTATE and a part of the message of a refusal.
func wantRefusal(t testing.TB, u *user, sql, state, message string) {
	t.Helper()
	e := (&user{t, u.conn}).refused(sql)
	if e.SQLState != state || !strings.Contains(e.Message+e.Detail, message) {
		t.Errorf("%s:\ngot  %s %d %s %s\nwant %s ...%s", sql, e.SQLState, e.Code, e.Message, e.Detail, state, message)
	}
}

// rows runs a query and returns its rows, fields joined with bars, NULL for NULL.
func (u *user) rows(sql string, args ...string) []string {
	u.t.Helper()
	rows, err := u.try(sql, args...)
	if err != nil {
		u.t.Fatalf("%s: %v", sql, err)
	}
	return rows
}

func (u *user) try(sql string, args ...string) ([]string, error) {
	pointers := make([]*string, len(args))
	for i := range args {
		pointers[i] = &args[i]
	}
	result, err := u.conn.Run(context.Background(), sql, pointers)
	if err != nil || result.Read == nil {
		return nil, err
	}
	var rows []string
	row := make([][]byte, len(result.Columns))
	for {
		switch err := result.Read(row); {
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil:
			return nil, err
		}
		texts := make([]string, len(row))
		for i, value := range row {
			if texts[i] = string(value); value == nil {
				texts[i] = "NULL"
			}
		}
		rows = append(rows, strings.Join(texts, "|"))
	}
}

// one is the only row of a query.
func (u *user) one(sql string, args ...string) string {
	u.t.Helper()
	rows := u.rows(sql, args...)
	if len(rows) != 1 {
		u.t.Fatalf("%s: got %d rows, want 1: %q", sql, len(rows), rows)
	}
	return rows[0]
}
