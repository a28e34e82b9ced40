package dataapi_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata/types"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/dataapi"
)

// sent lists what was submitted, with the session it was submitted to.
func sent(s *service) string {
	var all []string
	for _, in := range s.inputs {
		where := ""
		if in.SessionId != nil {
			where = "@" + *in.SessionId
		}
		_, sql, ok := strings.Cut(*in.Sql, "*/ ")
		if !ok {
			sql = *in.Sql
		}
		all = append(all, sql+where)
	}
	return strings.Join(all, "; ")
}

func TestSession(t *testing.T) {
	tests := []struct {
		name string
		sqls []string
		want string
	}{
		{"idle", nil, "SELECT 1"},
		{"committed", []string{"begin", "a", "COMMIT"}, "SELECT 1; begin@session-1; a@session-1; COMMIT@session-1"},
		{"open transaction", []string{"START TRANSACTION", "a"}, "SELECT 1; START TRANSACTION@session-1; a@session-1; ROLLBACK@session-1"},
		{"second transaction open", []string{"BEGIN", "END", "BEGIN"}, "SELECT 1; BEGIN@session-1; END@session-1; BEGIN@session-1; ROLLBACK@session-1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := new(service)
				session, err := exec.OpenSession(t.Context(), open(t, s, &dataapi.Options{SessionKeepAlive: 90*time.Second + 1}))
				if err != nil {
					t.Fatal(err)
				}
				for _, sql := range tt.sqls {
					if _, err := session.Exec(t.Context(), exec.Statement{SQL: sql}); err != nil {
						t.Fatal(err)
					}
				}
				for range 2 {
					if err := session.Close(); err != nil {
						t.Error(err)
					}
				}
				if keep := *s.inputs[0].SessionKeepAliveSeconds; keep != 91 {
					t.Errorf("the session is kept for %d s, want 91", keep)
				}
				if got := sent(s); got != tt.want {
					t.Errorf("sent %s\nwant %s", got, tt.want)
				}
				for i, in := range s.inputs {
					if (in.Database != nil) != (i == 0) || (in.WorkgroupName != nil) != (i == 0) || (in.SessionKeepAliveSeconds != nil) != (i == 0) {
						t.Errorf("request %d: target and time to keep belong into the first alone", i)
					}
				}
				if _, err := session.Query(t.Context(), exec.Statement{SQL: "SELECT 1"}); err == nil {
					t.Error("a closed session runs statements")
				}
			})
		})
	}
}

func TestSessionCommitLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		many := make([]error, 1000)
		for i := range many {
			many[i] = errLost
		}
		s := &service{fails: map[string][]error{"Execute": append([]error{nil, nil, nil}, many...)}}
		_, err := exec.Atomically(t.Context(), noBatches{open(t, s, nil)}, exec.Statement{SQL: "a"})
		if !exec.OutcomeUnknown(err) {
			t.Errorf("error %v, want an unknown outcome", err)
		}
	})
}

// noBatches leaves Atomically no choice but a session.
type noBatches struct{ sessionExecutor }

type sessionExecutor interface {
	exec.Executor
	exec.Sessioner
}

func TestSessionCloseReportsWhatStaysOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{fails: map[string][]error{"Execute": {nil, nil, errDenied}}}
		session, err := exec.OpenSession(t.Context(), open(t, s, nil))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.Exec(t.Context(), exec.Statement{SQL: "BEGIN"}); err != nil {
			t.Fatal(err)
		}
		if err := session.Close(); err == nil || !strings.Contains(err.Error(), "120 seconds") {
			t.Errorf("Close = %v, want how long the transaction stays open", err)
		}
	})
}

// TestSessionGone: the statement never started, and the transaction is over.
func TestSessionGone(t *testing.T) {
	invalid := func(message string) error {
		return answer(400, &types.ValidationException{Message: aws.String(message)})
	}
	tests := []struct {
		name       string
		fails      []error
		notStarted bool
		unknown    bool
		want       string
	}{
		{"ended", []error{invalid("Session is not available.")}, true, false, "SELECT 1; BEGIN; COPY"},
		{"never was", []error{invalid("Session with Id: x is invalid")}, true, false, "SELECT 1; BEGIN; COPY"},
		{"not found", []error{errNotFound}, true, false, "SELECT 1; BEGIN; COPY"},
		{"ended after a lost answer", []error{errLost, errNotFound}, false, true, "SELECT 1; BEGIN; COPY; COPY"},
		{"in use", []error{invalid("Session is in use by another statement.")}, false, false, "SELECT 1; BEGIN; COPY; ROLLBACK"},
		{"another mistake", []error{errInvalid}, false, false, "SELECT 1; BEGIN; COPY; ROLLBACK"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &service{fails: map[string][]error{"Execute": append([]error{nil, nil}, tt.fails...)}}
				session, err := exec.OpenSession(t.Context(), open(t, s, nil))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := session.Exec(t.Context(), exec.Statement{SQL: "BEGIN"}); err != nil {
					t.Fatal(err)
				}
				_, err = session.Query(t.Context(), exec.Statement{SQL: "COPY"})
				if err == nil || exec.SafeToRetry(err) != tt.notStarted || exec.OutcomeUnknown(err) != tt.unknown {
					t.Errorf("never started %v, unknown %v: %v", exec.SafeToRetry(err), exec.OutcomeUnknown(err), err)
				}
				if errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%v: a session that is gone is no table that is missing", err)
				}
				if err := session.Close(); err != nil {
					t.Error(err)
				}
				if got := strings.ReplaceAll(sent(s), "@session-1", ""); got != tt.want {
					t.Errorf("sent %s, want %s", got, tt.want)
				}
			})
		})
	}
}

// TestSessionGoneBeforeClose: there is nothing left to roll back.
func TestSessionGoneBeforeClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{fails: map[string][]error{"Execute": {nil, nil, errNotFound}}}
		session, err := exec.OpenSession(t.Context(), open(t, s, nil))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.Exec(t.Context(), exec.Statement{SQL: "BEGIN"}); err != nil {
			t.Fatal(err)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestSessionWithoutID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if _, err := exec.OpenSession(t.Context(), open(t, &service{noSession: true}, nil)); err == nil {
			t.Error("a session without an id was opened")
		}
	})
}
