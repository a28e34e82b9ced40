package fakeredshift_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata/types"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

func TestDataCancel(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *house, client *redshiftdata.Client) {
		out, err := client.ExecuteStatement(t.Context(), input("WAIT"))
		if err != nil {
			t.Fatal(err)
		}
		<-h.toy.waiting
		described, err := client.DescribeStatement(t.Context(), &redshiftdata.DescribeStatementInput{Id: out.Id})
		if err != nil || described.Status != types.StatusStringStarted || described.Duration != -1 {
			t.Errorf("while it runs: %+v, %v", described, err)
		}
		_, err = client.GetStatementResult(t.Context(), &redshiftdata.GetStatementResultInput{Id: out.Id})
		if got, _ := code(t, err); got != "ResourceNotFoundException" {
			t.Errorf("result while it runs: %v", err)
		}
		time.Sleep(time.Minute)
		canceled, err := client.CancelStatement(t.Context(), &redshiftdata.CancelStatementInput{Id: out.Id})
		if err != nil || !aws.ToBool(canceled.Status) {
			t.Fatal(canceled, err)
		}
		end := await(t, client, out.Id)
		if end.Status != types.StatusStringAborted || time.Duration(end.Duration).Round(time.Second) != time.Minute {
			t.Errorf("got %s after %s", end.Status, time.Duration(end.Duration))
		}
		_, err = client.CancelStatement(t.Context(), &redshiftdata.CancelStatementInput{Id: out.Id})
		if got, message := code(t, err); got != "ValidationException" || !strings.Contains(message, "already in ABORTED state") {
			t.Errorf("the second time: %v", err)
		}
	})
}

func TestDataStatementLivesADay(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *house, client *redshiftdata.Client) {
		out, err := client.ExecuteStatement(t.Context(), input("WAIT"))
		if err != nil {
			t.Fatal(err)
		}
		<-h.toy.waiting
		time.Sleep(24*time.Hour - time.Second)
		if end := await(t, client, out.Id); end.Status != types.StatusStringFailed {
			t.Errorf("after a day it is %s", end.Status)
		}
	})
}

func TestDataClientToken(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *house, client *redshiftdata.Client) {
		in := input("PUT 'x'")
		in.ClientToken = aws.String("token")
		first := execute(t, client, in)
		again := execute(t, client, in)
		if *first.Id != *again.Id {
			t.Error("the same token ran the statement again")
		}
		other := input("PUT 'y'")
		other.ClientToken = in.ClientToken
		_, err := client.ExecuteStatement(t.Context(), other)
		if got, _ := code(t, err); got != "ValidationException" {
			t.Errorf("other content: %v", err)
		}
		time.Sleep(8*time.Hour + time.Second)
		if late := execute(t, client, in); *late.Id == *first.Id {
			t.Error("the token is remembered for more than 8 hours")
		}
		if n := len(h.toy.committed()); n != 2 {
			t.Errorf("%d rows, want 2", n)
		}
	})
}

func TestDataSession(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *house, client *redshiftdata.Client) {
		in := input("BEGIN")
		in.SessionKeepAliveSeconds = aws.Int32(60)
		out, err := client.ExecuteStatement(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if out.SessionId == nil {
			t.Fatal("no session id")
		}
		await(t, client, out.Id)
		next := func(sql string) (*redshiftdata.ExecuteStatementOutput, error) {
			return client.ExecuteStatement(t.Context(), &redshiftdata.ExecuteStatementInput{Sql: &sql, SessionId: out.SessionId})
		}
		put, err := next("PUT 'x'")
		if err != nil {
			t.Fatal(err)
		}
		if end := await(t, client, put.Id); end.RedshiftPid == 0 || aws.ToString(end.SessionId) != *out.SessionId || aws.ToString(end.Database) != "dev" {
			t.Errorf("got %+v", end)
		}
		if got := h.toy.committed(); len(got) != 0 {
			t.Errorf("before COMMIT the table has %q", got)
		}
		waiting, err := next("WAIT")
		if err != nil {
			t.Fatal(err)
		}
		<-h.toy.waiting
		_, err = next("SELECT 1")
		if got, message := code(t, err); got != "ValidationException" || !strings.Contains(message, "in use") {
			t.Errorf("a second statement: %v", err)
		}
		if _, err := client.CancelStatement(t.Context(), &redshiftdata.CancelStatementInput{Id: waiting.Id}); err != nil {
			t.Fatal(err)
		}
		await(t, client, waiting.Id)

		other := h.data(t, "other", allowAll)
		_, err = other.ExecuteStatement(t.Context(), &redshiftdata.ExecuteStatementInput{Sql: aws.String("SELECT 1"), SessionId: out.SessionId})
		if got, message := code(t, err); got != "ValidationException" || !strings.Contains(message, "is invalid") {
			t.Errorf("another caller: %v", err)
		}
		time.Sleep(61 * time.Second)
		_, err = next("COMMIT")
		if got, message := code(t, err); got != "ValidationException" || !strings.Contains(message, "not available") {
			t.Errorf("after its time: %v", err)
		}
		h.toy.mu.Lock()
		defer h.toy.mu.Unlock()
		if h.toy.open != 0 {
			t.Errorf("%d sessions are open", h.toy.open)
		}
	})
}

func TestDataSessionEnds(t *testing.T) {
	inBubble(t, &fakeredshift.Options{MaxSessions: 1}, func(t *testing.T, h *house, client *redshiftdata.Client) {
		open := func() *redshiftdata.DescribeStatementOutput {
			in := input("SELECT 1")
			in.SessionKeepAliveSeconds = aws.Int32(86400)
			return execute(t, client, in)
		}
		first := open()
		in := input("SELECT 1")
		in.SessionKeepAliveSeconds = aws.Int32(1)
		_, err := client.ExecuteStatement(t.Context(), in)
		if got, _ := code(t, err); got != "ActiveSessionsExceededException" {
			t.Errorf("a second session: %v", err)
		}
		execute(t, client, &redshiftdata.ExecuteStatementInput{
			Sql: aws.String("SELECT 1"), SessionId: first.SessionId, SessionKeepAliveSeconds: aws.Int32(0),
		})
		second := open()
		h.Kill(int32(second.RedshiftPid))
		third := open()
		out, err := client.ExecuteStatement(t.Context(), &redshiftdata.ExecuteStatementInput{Sql: aws.String("WAIT"), SessionId: third.SessionId})
		if err != nil {
			t.Fatal(err)
		}
		<-h.toy.waiting
		h.Kill(int32(third.RedshiftPid))
		if end := await(t, client, out.Id); end.Status != types.StatusStringFailed || !strings.HasPrefix(*end.Error, "FATAL: terminating connection") {
			t.Errorf("killed: %s %q", end.Status, aws.ToString(end.Error))
		}
		open()
	})
}

func TestDataActiveStatements(t *testing.T) {
	inBubble(t, &fakeredshift.Options{MaxStatements: 1}, func(t *testing.T, h *house, client *redshiftdata.Client) {
		out, err := client.ExecuteStatement(t.Context(), input("WAIT"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.ExecuteStatement(t.Context(), input("SELECT 1"))
		if got, _ := code(t, err); got != "ActiveStatementsExceededException" {
			t.Error(err)
		}
		if _, err := client.CancelStatement(t.Context(), &redshiftdata.CancelStatementInput{Id: out.Id}); err != nil {
			t.Fatal(err)
		}
		await(t, client, out.Id)
		execute(t, client, input("SELECT 1"))
	})
}
