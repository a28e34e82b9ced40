package dataapi_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/dataapi"
)

func TestSubmitOnceUnderOneToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{fails: map[string][]error{"Execute": {errThrottled, errServer, errLost, errGateway, errBusy}}}
		result, err := open(t, s, nil).Exec(t.Context(), exec.Statement{SQL: "INSERT"})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := s.count("Execute"), 6; got != want {
			t.Errorf("%d requests, want %d", got, want)
		}
		if len(s.tokens()) != 1 || s.statements() != 1 {
			t.Errorf("%d tokens started %d statements, want one of each", len(s.tokens()), s.statements())
		}
		if result.QueryID != "id-1" || result.RowsAffected != 3 {
			t.Errorf("result %+v", result)
		}
	})
}

func TestTokensDiffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(service)
		e := open(t, s, nil)
		for range 3 {
			if _, err := e.Exec(t.Context(), exec.Statement{SQL: "SELECT 1"}); err != nil {
				t.Fatal(err)
			}
		}
		if len(s.tokens()) != 3 {
			t.Errorf("3 statements had %d tokens", len(s.tokens()))
		}
		for _, token := range s.tokens() {
			if len(token) == 0 || len(token) > 64 {
				t.Errorf("token %q has no 1 to 64 characters", token)
			}
		}
	})
}

func TestSubmitGivenUp(t *testing.T) {
	repeat := func(errs ...error) []error {
		var all []error
		for range 1000 {
			all = append(all, errs...)
		}
		return all
	}
	tests := []struct {
		name       string
		fails      []error
		notStarted bool
		unknown    bool
		is         error
		once       bool
	}{
		{name: "throttled throughout", fails: repeat(errThrottled), notStarted: true},
		{name: "busy throughout", fails: repeat(errBusy), notStarted: true},
		{name: "answers lost", fails: repeat(errLost), unknown: true},
		{name: "lost once, then throttled", fails: append([]error{errServer}, repeat(errThrottled)...), unknown: true},
		{name: "lost once, then denied", fails: []error{errLost, errDenied}, unknown: true, is: fs.ErrPermission},
		{name: "denied", fails: repeat(errDenied), is: fs.ErrPermission, once: true},
		{name: "not found", fails: repeat(errNotFound), is: fs.ErrNotExist, once: true},
		{name: "invalid", fails: repeat(errInvalid), is: errInvalid, once: true},
		{name: "strange", fails: repeat(errors.New("no credentials")), once: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &service{fails: map[string][]error{"Execute": tt.fails}}
				begin := time.Now()
				_, err := open(t, s, nil).Exec(t.Context(), exec.Statement{SQL: "INSERT"})
				if exec.SafeToRetry(err) != tt.notStarted || exec.OutcomeUnknown(err) != tt.unknown {
					t.Errorf("never started %v, unknown %v: %v", exec.SafeToRetry(err), exec.OutcomeUnknown(err), err)
				}
				if tt.is != nil && !errors.Is(err, tt.is) {
					t.Errorf("error %v, want %v in it", err, tt.is)
				}
				if tt.once && s.count("Execute") != 1 {
					t.Errorf("%d requests, want one", s.count("Execute"))
				}
				if took := time.Since(begin); took > 10*time.Minute {
					t.Errorf("gave up after %v, want 10 minutes at most", took)
				}
				if s.statements() > 1 {
					t.Errorf("%d statements were started", s.statements())
				}
			})
		})
	}
}

func TestSubmitTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{hang: 2}
		begin := time.Now()
		if _, err := open(t, s, nil).Exec(t.Context(), exec.Statement{SQL: "INSERT"}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took < time.Minute || took > 2*time.Minute {
			t.Errorf("took %v, want two requests of 30 s and a little", took)
		}
		if s.statements() != 1 {
			t.Errorf("%d statements were started, want 1", s.statements())
		}
	})
}

// TestSubmitOutlivesContext: a request in flight is not cut off, or nobody would
// know the id of what it started.
func TestSubmitOutlivesContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{hang: 1, takes: time.Hour}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := open(t, s, nil).Exec(ctx, exec.Statement{SQL: "INSERT"})
		if !errors.Is(err, context.DeadlineExceeded) || !exec.OutcomeUnknown(err) {
			t.Errorf("error %v, want an unknown outcome: the only answer was lost", err)
		}
		s = &service{takes: time.Hour}
		ctx, cancel = context.WithCancel(t.Context())
		cancel()
		_, err = open(t, s, nil).Exec(ctx, exec.Statement{SQL: "INSERT"})
		if !exec.SafeToRetry(err) || s.statements() != 0 {
			t.Errorf("error %v after %d statements, want none started", err, s.statements())
		}
	})
}

func TestWhatIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(service)
		e, err := dataapi.New(s, dataapi.Target{ClusterID: "c", Database: "dev", User: "u"}, &dataapi.Options{Token: func() string { return "token" }})
		if err != nil {
			t.Fatal(err)
		}
		st := exec.Statement{SQL: "SELECT $1, ':p', a::int", Args: []any{"it's"}, Label: "a */ label"}
		if _, err := e.Exec(t.Context(), st); err != nil {
			t.Fatal(err)
		}
		in := s.inputs[0]
		got := map[string]any{
			"Sql": *in.Sql, "ClientToken": *in.ClientToken, "StatementName": *in.StatementName, "ClusterIdentifier": *in.ClusterIdentifier,
			"Database": *in.Database, "DbUser": *in.DbUser, "Parameters": len(in.Parameters),
			"others": in.WorkgroupName != nil || in.SecretArn != nil || in.SessionId != nil || in.SessionKeepAliveSeconds != nil || in.WithEvent != nil,
		}
		want := map[string]any{
			"Sql": "/* a _/ label */ SELECT  'it''s' , ':p', a::int", "ClientToken": "token", "StatementName": "a _/ label", "ClusterIdentifier": "c",
			"Database": "dev", "DbUser": "u", "Parameters": 0, "others": false,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

func TestTooLong(t *testing.T) {
	s := new(service)
	e := open(t, s, nil)
	long := "SELECT '" + strings.Repeat("x", 200<<10) + "'"
	_, err := e.Exec(t.Context(), exec.Statement{SQL: long})
	if err == nil || s.count("Execute") != 0 || strings.Contains(err.Error(), "xxx") {
		t.Errorf("error %v after %d requests, want an error of the length alone, before any", err, s.count("Execute"))
	}
	_, err = e.ExecBatch(t.Context(), []exec.Statement{{SQL: "SELECT 1"}, {SQL: long, Label: "long"}})
	if failure, ok := errors.AsType[*exec.Error](err); !ok || failure.Label != "long" || s.count("Batch") != 0 {
		t.Errorf("error %v after %d requests, want one that names the statement", err, s.count("Batch"))
	}
}

func TestTargetIsChecked(t *testing.T) {
	for name, tt := range map[string]dataapi.Target{
		"empty":                 {},
		"both":                  {Workgroup: "w", ClusterID: "c", Database: "d"},
		"no database":           {Workgroup: "w"},
		"user of a workgroup":   {Workgroup: "w", Database: "d", User: "u"},
		"user besides a secret": {ClusterID: "c", Database: "d", User: "u", SecretARN: "arn"},
	} {
		if _, err := dataapi.New(new(service), tt, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
