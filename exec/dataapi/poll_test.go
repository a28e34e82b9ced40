package dataapi_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata/types"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/dataapi"
)

func TestPollSurvives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fails := []error{nil, errThrottled, errLost, errServer, errGateway, nil, errThrottled}
		s := &service{takes: time.Hour, fails: map[string][]error{"Describe": fails}}
		begin := time.Now()
		result, err := open(t, s, nil).Exec(t.Context(), exec.Statement{SQL: "COPY"})
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took < time.Hour || took > time.Hour+6*time.Second || result.Elapsed != took {
			t.Errorf("noticed after %v and reported %v, want an hour and at most one pause", took, result.Elapsed)
		}
		if s.statements() != 1 || s.count("Execute") != 1 {
			t.Errorf("%d statements, %d submissions; want one", s.statements(), s.count("Execute"))
		}
	})
}

func TestPollPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{takes: time.Minute}
		e := open(t, s, &dataapi.Options{Rand: func() float64 { return 1 }})
		if _, err := e.Exec(t.Context(), exec.Statement{SQL: "COPY"}); err != nil {
			t.Fatal(err)
		}
		want := []time.Duration{50, 100, 200, 400, 800, 1600, 3200, 5000, 5000}
		for i, pause := range want {
			if got := s.times[i+1].Sub(s.times[i]); got != pause*time.Millisecond {
				t.Errorf("pause %d is %v, want %v", i+1, got, pause*time.Millisecond)
			}
		}
	})
}

func TestPollGivenUp(t *testing.T) {
	many := make([]error, 10000)
	for i := range many {
		many[i] = errLost
	}
	tests := []struct {
		name   string
		fails  []error
		within time.Duration
	}{
		{"no answer", many, 11 * time.Minute},
		{"denied", []error{nil, errDenied}, time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &service{takes: 5 * time.Hour, fails: map[string][]error{"Describe": tt.fails}}
				begin := time.Now()
				_, err := open(t, s, nil).Exec(t.Context(), exec.Statement{SQL: "COPY"})
				if !exec.OutcomeUnknown(err) || exec.SafeToRetry(err) {
					t.Errorf("error %v, want an unknown outcome", err)
				}
				if failure, ok := errors.AsType[*exec.Error](err); !ok || failure.QueryID != "id-1" {
					t.Errorf("error %v, want the id of the statement in it", err)
				}
				if took := time.Since(begin); took > tt.within {
					t.Errorf("gave up after %v, want %v", took, tt.within)
				}
			})
		})
	}
}

func TestContextEnds(t *testing.T) {
	tests := []struct {
		name    string
		service *service
		ok      bool
		unknown bool
		within  time.Duration
	}{
		{name: "aborted", service: &service{takes: time.Hour}, within: 2 * time.Second},
		{name: "cancelling throttled", service: &service{takes: time.Hour, fails: map[string][]error{"Cancel": {errThrottled, errLost}}}, within: 3 * time.Second},
		{name: "finished first", service: &service{takes: time.Second + time.Millisecond, unstoppable: true}, ok: true, within: 3 * time.Second},
		{name: "finished, cancelling refused", service: &service{takes: time.Second + time.Millisecond, unstoppable: true, fails: map[string][]error{"Cancel": {errInvalid}}}, ok: true, within: 3 * time.Second},
		{name: "failed first", service: &service{takes: time.Second + time.Millisecond, unstoppable: true, ends: types.StatusStringFailed, text: "ERROR: no"}, within: 3 * time.Second},
		{name: "runs on", service: &service{takes: time.Hour, unstoppable: true}, unknown: true, within: 32 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				begin := time.Now()
				_, err := open(t, tt.service, nil).Exec(ctx, exec.Statement{SQL: "INSERT"})
				if tt.ok != (err == nil) || !tt.ok && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v, want success %v or else the context's error", err, tt.ok)
				}
				if exec.OutcomeUnknown(err) != tt.unknown || exec.SafeToRetry(err) {
					t.Errorf("unknown %v, want %v: %v", exec.OutcomeUnknown(err), tt.unknown, err)
				}
				if took := time.Since(begin); took > tt.within {
					t.Errorf("returned after %v, want %v", took, tt.within)
				}
				if tt.service.count("Cancel") == 0 {
					t.Error("the statement was not cancelled")
				}
				for _, err := range tt.service.contextErr {
					if err != nil {
						t.Errorf("CancelStatement got a context that has ended: %v", err)
					}
				}
			})
		})
	}
}

func TestFailed(t *testing.T) {
	tests := []struct {
		text    string
		state   string
		code    string
		is      error
		unknown bool
	}{
		{text: `ERROR: relation "public.x" does not exist`, state: "42P01", is: fs.ErrNotExist},
		{text: `ERROR: Relation "x" does not exist [ErrorId: 1-65]`, state: "42P01", is: fs.ErrNotExist},
		{text: `ERROR: schema "s" does not exist`, state: "3F000", is: fs.ErrNotExist},
		{text: `FATAL: database "d" does not exist`, state: "3D000", is: fs.ErrNotExist},
		{text: `ERROR: column "c" does not exist in t`, state: "42703"},
		{text: `ERROR: column c of relation "t" does not exist`, state: "42703"},
		{text: `ERROR: function f(integer) does not exist`, state: "42883"},
		{text: `ERROR: Relation "x" already exists`, state: "42P07", is: fs.ErrExist},
		{text: `ERROR: schema "x" already exists`, state: "42P06", is: fs.ErrExist},
		{text: `ERROR: permission denied for relation x`, state: "42501", is: fs.ErrPermission},
		{text: `ERROR: must be owner of relation x`, state: "42501", is: fs.ErrPermission},
		{text: `ERROR: syntax error at or near "SELEKT"`, state: "42601"},
		{text: `ERROR: current transaction is aborted, commands ignored until end of transaction block`, state: "25P02"},
		{text: `ERROR: Query (12) cancelled on user's request`, state: "57014"},
		{text: `ERROR: strange (SQLSTATE: 42P07)`, state: "42P07", is: fs.ErrExist},
		{text: "ERROR: 1023\nDETAIL: Serializable isolation violation on table - 1", code: "1023"},
		{text: "ERROR: Spectrum Scan Error\n  code: 15007", code: "15007"},
		{text: "Connection to the warehouse was lost", unknown: true},
		{text: "ERROR: relation is fine", state: ""},
		{text: ""},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &service{ends: types.StatusStringFailed, text: tt.text}
				_, err := open(t, s, nil).Exec(t.Context(), exec.Statement{SQL: "x", Label: "label"})
				failure, ok := errors.AsType[*exec.Error](err)
				if !ok {
					t.Fatalf("error %v, want an *exec.Error", err)
				}
				if failure.SQLState != tt.state || failure.Code != tt.code || failure.Label != "label" || failure.QueryID != "id-1" {
					t.Errorf("got %+v, want SQLSTATE %q and code %q", failure, tt.state, tt.code)
				}
				if tt.is != nil && !errors.Is(err, tt.is) {
					t.Errorf("error %v, want %v in it", err, tt.is)
				}
				if exec.OutcomeUnknown(err) != tt.unknown || exec.SafeToRetry(err) {
					t.Errorf("unknown %v, want %v", exec.OutcomeUnknown(err), tt.unknown)
				}
			})
		})
	}
}

func TestAbortedByOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{ends: types.StatusStringAborted}
		_, err := open(t, s, nil).Exec(t.Context(), exec.Statement{SQL: "x"})
		if failure, ok := errors.AsType[*exec.Error](err); !ok || failure.SQLState != "57014" || exec.OutcomeUnknown(err) {
			t.Errorf("error %v, want SQLSTATE 57014 and a known outcome", err)
		}
	})
}

func TestBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{subs: []types.SubStatementData{
			{Id: aws.String("id-1:1"), ResultRows: 2, Duration: 5, Status: types.StatementStatusStringFinished},
			{Id: aws.String("id-1:2"), ResultRows: -1, Status: types.StatementStatusStringFinished},
		}, fails: map[string][]error{"Batch": {errThrottled}}}
		results, err := open(t, s, nil).ExecBatch(t.Context(), []exec.Statement{{SQL: "INSERT $1", Args: []any{nil}, Label: "first"}, {SQL: "b"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(results) != 2 || results[0] != (exec.Result{RowsAffected: 2, QueryID: "id-1:1", Elapsed: 5}) || results[1].RowsAffected != -1 {
			t.Errorf("results %+v", results)
		}
		in := s.batches[1]
		if in.Sqls[0] != "/* first */ INSERT  NULL " || in.Sqls[1] != "b" || *in.StatementName != "first" || *in.ClientToken != *s.batches[0].ClientToken {
			t.Errorf("sent %q as %q", in.Sqls, *in.StatementName)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := &service{ends: types.StatusStringFailed, text: `ERROR: relation "x" does not exist`, subs: []types.SubStatementData{
			{Status: types.StatementStatusStringFinished}, {Status: types.StatementStatusStringFailed},
		}}
		_, err := open(t, s, nil).ExecBatch(t.Context(), []exec.Statement{{SQL: "a"}, {SQL: "b"}})
		want := `exec: batch (query id-1): statement 2 of 2: ERROR: relation "x" does not exist (SQLSTATE 42P01)`
		if err == nil || err.Error() != want || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if failure, ok := errors.AsType[*exec.Error](err); !ok || failure.Statement != 2 {
			t.Errorf("the error does not say that statement 2 failed: %#v", failure)
		}
	})
}
