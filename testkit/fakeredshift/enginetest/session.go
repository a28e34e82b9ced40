package enginetest

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// A Session is a session of the user "admin". Its methods fail the test where a
// statement does not do what they say. Rows are text: fields are joined with bars,
// NULL is NULL.
type Session struct {
	fakeredshift.Conn

	t testing.TB
}

// Connect opens a session of e, which ends with the test. UNLOAD and COPY reach
// storage; nil is for tests without them.
func Connect(t testing.TB, e fakeredshift.Engine, pid int32, storage fakeredshift.Storage) *Session {
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
	return &Session{Conn: conn, t: t}
}

// Pair opens two sessions of e, with the pids 1 and 2, and makes the table
// t (id INT, name VARCHAR(10)) with the row 1|a.
func Pair(t testing.TB, e fakeredshift.Engine) (a, b *Session) {
	t.Helper()
	a, b = Connect(t, e, 1, nil), Connect(t, e, 2, nil)
	a.Do("CREATE TABLE t (id INT, name VARCHAR(10))", "INSERT INTO t VALUES (1, 'a')")
	return a, b
}

// In returns the same session for a subtest: what goes wrong is the subtest's.
func (s *Session) In(t testing.TB) *Session { return &Session{Conn: s.Conn, t: t} }

// Do runs statements that must succeed.
func (s *Session) Do(statements ...string) {
	s.t.Helper()
	for _, sql := range statements {
		if _, err := s.Run(context.Background(), sql, nil); err != nil {
			s.t.Fatalf("%s: %v", sql, err)
		}
	}
}

// Refused runs a statement that must be refused and returns the refusal.
func (s *Session) Refused(sql string) *fakeredshift.Error {
	s.t.Helper()
	_, err := s.Run(context.Background(), sql, nil)
	var e *fakeredshift.Error
	if !errors.As(err, &e) {
		s.t.Fatalf("%s: got %v, want a refusal", sql, err)
	}
	return e
}

// WantRefusal runs a statement that must be refused with this SQLSTATE; message
// is a part of the refusal's message or detail.
func (s *Session) WantRefusal(sql, state, message string) {
	s.t.Helper()
	e := s.Refused(sql)
	if e.SQLState != state || !strings.Contains(e.Message+e.Detail, message) {
		s.t.Errorf("%s:\ngot  %s %d %s %s\nwant %s ...%s", sql, e.SQLState, e.Code, e.Message, e.Detail, state, message)
	}
}

// Rows runs a query and returns its rows.
func (s *Session) Rows(sql string, args ...string) []string {
	s.t.Helper()
	rows, err := s.Try(sql, args...)
	if err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
	return rows
}

// One is the only row of a query.
func (s *Session) One(sql string, args ...string) string {
	s.t.Helper()
	rows := s.Rows(sql, args...)
	if len(rows) != 1 {
		s.t.Fatalf("%s: got %d rows, want 1: %q", sql, len(rows), rows)
	}
	return rows[0]
}

// Try runs a statement, which may fail, and returns its rows.
func (s *Session) Try(sql string, args ...string) ([]string, error) {
	pointers := make([]*string, len(args))
	for i := range args {
		pointers[i] = &args[i]
	}
	result, err := s.Run(context.Background(), sql, pointers)
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
		rows = append(rows, text(row))
	}
}

func text(row [][]byte) string {
	fields := make([]string, len(row))
	for i, value := range row {
		if fields[i] = string(value); value == nil {
			fields[i] = "NULL"
		}
	}
	return strings.Join(fields, "|")
}

// Later runs a statement in a goroutine; the channel gets its error.
func (s *Session) Later(ctx context.Context, sql string) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := s.Run(ctx, sql, nil)
		done <- err
	}()
	return done
}

// Waits reports whether a statement of [Session.Later] is still at it when all
// else in the bubble of testing/synctest stands still.
func Waits(done <-chan error) bool {
	synctest.Wait()
	return len(done) == 0
}
