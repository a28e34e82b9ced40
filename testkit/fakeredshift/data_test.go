package fakeredshift_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakeredshift"
)

const allowAll = `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`

// data serves the Data API and returns a client of a user with this policy.
func (h *house) data(t *testing.T, name, policy string) *redshiftdata.Client {
	t.Helper()
	user, err := h.account.CreateUser(name, fakeaws.MustParsePolicy(policy))
	if err != nil {
		t.Fatal(err)
	}
	return h.client(t, user.CreateAccessKey())
}

func (h *house) client(t *testing.T, keys creds.Keys) *redshiftdata.Client {
	t.Helper()
	transport := &http.Transport{DialContext: h.network.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return redshiftdata.New(redshiftdata.Options{
		Region:           h.Region(),
		BaseEndpoint:     aws.String("http://" + dataHost),
		HTTPClient:       &http.Client{Transport: transport},
		Credentials:      awscreds.Provider(creds.Static(keys)),
		RetryMaxAttempts: 1,
	})
}

func (h *house) startData(t *testing.T) {
	t.Helper()
	h.StartDataAPI(h.listen(t, dataHost+":80"), nil)
}

// secret stores the login of awsuser and returns its ARN.
func (h *house) secret(t *testing.T, value string) string {
	t.Helper()
	arn, err := h.account.PutSecret(h.Region(), "login", value)
	if err != nil {
		t.Fatal(err)
	}
	return arn
}

const goodSecret = `{"username": "awsuser", "password": "Secret1"}`

func input(sql string) *redshiftdata.ExecuteStatementInput {
	return &redshiftdata.ExecuteStatementInput{
		Sql: aws.String(sql), WorkgroupName: aws.String("default"), Database: aws.String("dev"),
	}
}

func batch(sqls ...string) *redshiftdata.BatchExecuteStatementInput {
	return &redshiftdata.BatchExecuteStatementInput{
		Sqls: sqls, WorkgroupName: aws.String("default"), Database: aws.String("dev"),
	}
}

// await polls until the statement has ended. It is for bubbles, where the sleep
// takes no time.
func await(t *testing.T, client *redshiftdata.Client, id *string) *redshiftdata.DescribeStatementOutput {
	t.Helper()
	for {
		out, err := client.DescribeStatement(t.Context(), &redshiftdata.DescribeStatementInput{Id: id})
		if err != nil {
			t.Fatal(err)
		}
		switch out.Status {
		case types.StatusStringFinished, types.StatusStringFailed, types.StatusStringAborted:
			return out
		}
		time.Sleep(time.Second)
	}
}

func execute(t *testing.T, client *redshiftdata.Client, in *redshiftdata.ExecuteStatementInput) *redshiftdata.DescribeStatementOutput {
	t.Helper()
	copied := *in // the SDK writes its ClientToken into the input
	out, err := client.ExecuteStatement(t.Context(), &copied)
	if err != nil {
		t.Fatal(err)
	}
	return await(t, client, out.Id)
}

// code returns the exception's name and the message.
func code(t *testing.T, err error) (string, string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Fatalf("got %v, want an error of the API", err)
	}
	return api.ErrorCode(), api.ErrorMessage()
}

// inBubble runs a test of the Data API with a client that may do all.
func inBubble(t *testing.T, opts *fakeredshift.Options, test func(t *testing.T, h *house, client *redshiftdata.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, opts)
		h.startData(t)
		test(t, h, h.data(t, "admin", allowAll))
	})
}

func TestDataResult(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *house, client *redshiftdata.Client) {
		in := input("SELECT 1, 'two\n', NULL, TRUE, 2.5, 3.20, :p, :q")
		in.Parameters = []types.SqlParameter{
			{Name: aws.String("q"), Value: aws.String("Q")}, {Name: aws.String("p"), Value: aws.String("it's")},
		}
		in.StatementName = aws.String("a label")
		out := execute(t, client, in)
		if out.Status != types.StatusStringFinished || !aws.ToBool(out.HasResultSet) || out.ResultRows != 1 || out.ResultSize != 18 {
			t.Errorf("got %+v", out)
		}
		if aws.ToString(out.QueryString) != *in.Sql || aws.ToString(out.DbUser) != "IAM:admin" || out.RedshiftPid == 0 || out.RedshiftQueryId == 0 {
			t.Errorf("got %+v", out)
		}
		result, err := client.GetStatementResult(t.Context(), &redshiftdata.GetStatementResultInput{Id: out.Id})
		if err != nil {
			t.Fatal(err)
		}
		want := [][]types.Field{{
			&types.FieldMemberLongValue{Value: 1},
			&types.FieldMemberStringValue{Value: "two\n"},
			&types.FieldMemberIsNull{Value: true},
			&types.FieldMemberBooleanValue{Value: true},
			&types.FieldMemberDoubleValue{Value: 2.5},
			&types.FieldMemberStringValue{Value: "3.20"},
			&types.FieldMemberStringValue{Value: "it's"},
			&types.FieldMemberStringValue{Value: "Q"},
		}}
		if diff := cmp.Diff(want, result.Records, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
		var names []string
		for _, c := range result.ColumnMetadata {
			names = append(names, aws.ToString(c.TypeName))
		}
		if diff := cmp.Diff([]string{"int4", "varchar", "int4", "bool", "float8", "numeric", "varchar", "varchar"}, names); diff != "" {
			t.Errorf("types (-want +got):\n%s", diff)
		}
		if n := result.ColumnMetadata[5]; n.Precision != 5 || n.Scale != 2 {
			t.Errorf("numeric(%d,%d)", n.Precision, n.Scale)
		}
		if got := h.History()[0]; got.Label != "a label" || got.Wire != fakeredshift.DataAPI || got.User != "IAM:admin" {
			t.Errorf("history: %+v", got)
		}
	})
}

func TestDataResultPages(t *testing.T) {
	inBubble(t, &fakeredshift.Options{ResultPage: 3}, func(t *testing.T, _ *house, client *redshiftdata.Client) {
		out := execute(t, client, input("SERIES 7"))
		pages := redshiftdata.NewGetStatementResultPaginator(client, &redshiftdata.GetStatementResultInput{Id: out.Id})
		var sizes []int
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if page.TotalNumRows != 7 {
				t.Errorf("TotalNumRows is %d", page.TotalNumRows)
			}
			sizes = append(sizes, len(page.Records))
		}
		if diff := cmp.Diff([]int{3, 3, 1}, sizes); diff != "" {
			t.Errorf("pages (-want +got):\n%s", diff)
		}
		_, err := client.GetStatementResult(t.Context(), &redshiftdata.GetStatementResultInput{Id: out.Id, NextToken: aws.String("bogus")})
		if got, _ := code(t, err); got != "ValidationException" {
			t.Error(err)
		}
	})
}

func TestDataWithoutResult(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *house, client *redshiftdata.Client) {
		out := execute(t, client, input("PUT 'x';"))
		if out.Status != types.StatusStringFinished || aws.ToBool(out.HasResultSet) || out.ResultRows != 1 || out.ResultSize != 0 {
			t.Errorf("got %+v", out)
		}
		_, err := client.GetStatementResult(t.Context(), &redshiftdata.GetStatementResultInput{Id: out.Id})
		if got, message := code(t, err); got != "ResourceNotFoundException" || !strings.Contains(message, "Query does not have result") {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"x"}, h.toy.committed()); diff != "" {
			t.Errorf("table (-want +got):\n%s", diff)
		}
	})
}

func TestDataFailure(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *house, client *redshiftdata.Client) {
		tests := []struct{ name, sql, want string }{
			{"plain", "FAIL '42P01' 0 'relation \"t\" does not exist'", "ERROR: relation \"t\" does not exist\n  Detail: a detail"},
			{"several", "SELECT 1; SELECT 2", "ERROR: cannot insert multiple commands into a prepared statement"},
			{"COPY from the client", "COPY t FROM STDIN", "ERROR: LOAD source is not supported. (Hint: only S3 or DynamoDB or EMR based load is allowed)"},
		}
		for _, test := range tests {
			out := execute(t, client, input(test.sql))
			if out.Status != types.StatusStringFailed || aws.ToString(out.Error) != test.want {
				t.Errorf("%s: %s with %q, want FAILED with %q", test.name, out.Status, aws.ToString(out.Error), test.want)
			}
		}
		out := execute(t, client, input("FAIL 'XX000' 15007 'Spectrum Scan Error'"))
		for _, line := range []string{"ERROR: Spectrum Scan Error\n  Detail: \n", "  code:      15007\n", "  context:   a detail\n"} {
			if !strings.Contains(aws.ToString(out.Error), line) {
				t.Errorf("error %q lacks %q", aws.ToString(out.Error), line)
			}
		}
	})
}

func TestDataValidation(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *house, client *redshiftdata.Client) {
		parameter := func(name, value string) []types.SqlParameter {
			return []types.SqlParameter{{Name: &name, Value: &value}}
		}
		tests := []struct {
			name   string
			change func(in *redshiftdata.ExecuteStatementInput)
			words  string
		}{
			{"two targets", func(in *redshiftdata.ExecuteStatementInput) { in.ClusterIdentifier = aws.String("c") }, "cannot both"},
			{"no target", func(in *redshiftdata.ExecuteStatementInput) { in.WorkgroupName = nil }, "Either"},
			{"a cluster", func(in *redshiftdata.ExecuteStatementInput) {
				in.WorkgroupName, in.ClusterIdentifier = nil, aws.String("c")
			}, "endpoint doesn't exist"},
			{"other workgroup", func(in *redshiftdata.ExecuteStatementInput) { in.WorkgroupName = aws.String("other") }, "endpoint doesn't exist"},
			{"no database", func(in *redshiftdata.ExecuteStatementInput) { in.Database = nil }, "Database"},
			{"database user", func(in *redshiftdata.ExecuteStatementInput) { in.DbUser = aws.String("u") }, "DbUser"},
			{"empty SQL", func(in *redshiftdata.ExecuteStatementInput) { in.Sql = aws.String("") }, "empty"},
			{"long SQL", func(in *redshiftdata.ExecuteStatementInput) { in.Sql = aws.String(strings.Repeat("x", 200<<10+1)) }, "200kB"},
			{"long name", func(in *redshiftdata.ExecuteStatementInput) { in.StatementName = aws.String(strings.Repeat("x", 2049)) }, "2048"},
			{"long token", func(in *redshiftdata.ExecuteStatementInput) { in.ClientToken = aws.String(strings.Repeat("x", 65)) }, "64"},
			{"long session", func(in *redshiftdata.ExecuteStatementInput) { in.SessionKeepAliveSeconds = aws.Int32(86401) }, "86400"},
			{"CSV", func(in *redshiftdata.ExecuteStatementInput) { in.ResultFormat = types.ResultFormatStringCsv }, "ResultFormat"},
			{"empty parameter", func(in *redshiftdata.ExecuteStatementInput) { in.Parameters = parameter("p", "") }, "must not be empty"},
			{"hostile parameter", func(in *redshiftdata.ExecuteStatementInput) { in.Parameters = parameter("p;", "x") }, "must match"},
			{"unused parameter", func(in *redshiftdata.ExecuteStatementInput) { in.Parameters = parameter("p", "x") }, "not in the SQL"},
			{"unknown placeholder", func(in *redshiftdata.ExecuteStatementInput) {
				in.Sql, in.Parameters = aws.String("SELECT :p, :q"), parameter("p", "x")
			}, "Cannot find parameter: q"},
			{"quoted placeholder", func(in *redshiftdata.ExecuteStatementInput) {
				in.Sql, in.Parameters = aws.String("SELECT ':p' -- :p"), parameter("p", "x")
			}, "not in the SQL"},
		}
		for _, test := range tests {
			in := input("SELECT 1")
			test.change(in)
			_, err := client.ExecuteStatement(t.Context(), in)
			if got, message := code(t, err); got != "ValidationException" || !strings.Contains(message, test.words) {
				t.Errorf("%s: got %v, want ValidationException with %q", test.name, err, test.words)
			}
		}
		for n, sqls := range map[string][]string{"empty batch": {}, "41 statements": make([]string, 41)} {
			_, err := client.BatchExecuteStatement(t.Context(), batch(sqls...))
			if got, _ := code(t, err); got != "ValidationException" {
				t.Errorf("%s: %v", n, err)
			}
		}
		if got := h.History(); len(got) != 0 {
			t.Errorf("statements ran: %v", got)
		}
	})
}

func TestDataUnknownStatement(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *house, client *redshiftdata.Client) {
		mine := execute(t, client, input("SELECT 1")).Id
		other := h.data(t, "other", allowAll)
		tests := []struct {
			name   string
			client *redshiftdata.Client
			id     string
			want   string
		}{
			{"no such id", client, "00000000-0000-4000-8000-000000000000", "ResourceNotFoundException"},
			{"malformed", client, "abc", "ValidationException"},
			{"a part of no batch", client, *mine + ":1", "ResourceNotFoundException"},
			{"another caller's", other, *mine, "ResourceNotFoundException"},
		}
		for _, test := range tests {
			_, err := test.client.DescribeStatement(t.Context(), &redshiftdata.DescribeStatementInput{Id: &test.id})
			if got, _ := code(t, err); got != test.want {
				t.Errorf("%s: got %v, want %s", test.name, err, test.want)
			}
			_, err = test.client.CancelStatement(t.Context(), &redshiftdata.CancelStatementInput{Id: &test.id})
			if got, _ := code(t, err); got != test.want {
				t.Errorf("%s: cancel: got %v, want %s", test.name, err, test.want)
			}
		}
		time.Sleep(24*time.Hour + time.Second)
		_, err := client.DescribeStatement(t.Context(), &redshiftdata.DescribeStatementInput{Id: mine})
		if got, _ := code(t, err); got != "ResourceNotFoundException" {
			t.Errorf("after a day: %v", err)
		}
	})
}

func TestDataBatch(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *house, client *redshiftdata.Client) {
		in := batch("PUT :v", "SELECT 1, :v", "GET")
		in.Parameters = []types.SqlParameter{{Name: aws.String("v"), Value: aws.String("x")}}
		out, err := client.BatchExecuteStatement(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		described := await(t, client, out.Id)
		if described.Status != types.StatusStringFinished || !aws.ToBool(described.HasResultSet) {
			t.Errorf("got %+v", described)
		}
		var got []string
		for _, s := range described.SubStatements {
			got = append(got, strings.TrimPrefix(*s.Id, *out.Id)+" "+string(s.Status)+" "+aws.ToString(s.QueryString)+" "+itoa(int(s.ResultRows)))
		}
		want := []string{":1 FINISHED PUT :v 1", ":2 FINISHED SELECT 1, :v 1", ":3 FINISHED GET 1"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("sub-statements (-want +got):\n%s", diff)
		}
		result, err := client.GetStatementResult(t.Context(), &redshiftdata.GetStatementResultInput{Id: described.SubStatements[2].Id})
		if err != nil || len(result.Records) != 1 {
			t.Errorf("result of the third: %v, %v", result, err)
		}
		_, err = client.GetStatementResult(t.Context(), &redshiftdata.GetStatementResultInput{Id: out.Id})
		if got, _ := code(t, err); got != "ResourceNotFoundException" {
			t.Errorf("result of the batch itself: %v", err)
		}
		if diff := cmp.Diff([]string{"x"}, h.toy.committed()); diff != "" {
			t.Errorf("table (-want +got):\n%s", diff)
		}
	})
}

func TestDataBatchIsOneTransaction(t *testing.T) {
	for _, last := range []string{"FAIL '22000' 0 'no'", "TRUNCATE t", "VACUUM t", "ALTER TABLE a APPEND FROM b"} {
		inBubble(t, nil, func(t *testing.T, h *house, client *redshiftdata.Client) {
			out, err := client.BatchExecuteStatement(t.Context(), batch("PUT 'x'", last, "PUT 'y'"))
			if err != nil {
				t.Fatal(err)
			}
			described := await(t, client, out.Id)
			var statuses []string
			for _, s := range described.SubStatements {
				statuses = append(statuses, string(s.Status))
			}
			if diff := cmp.Diff([]string{"FINISHED", "FAILED", "ABORTED"}, statuses); diff != "" {
				t.Errorf("%s: statuses (-want +got):\n%s", last, diff)
			}
			if described.Status != types.StatusStringFailed || aws.ToString(described.Error) != aws.ToString(described.SubStatements[1].Error) {
				t.Errorf("%s: %s %q", last, described.Status, aws.ToString(described.Error))
			}
			if got := h.toy.committed(); len(got) != 0 {
				t.Errorf("%s: table has %q", last, got)
			}
		})
	}
}

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
		if got, _ := code(t, err); got != "ResourceNotFoundException" {
			t.Errorf("another caller: %v", err)
		}
		time.Sleep(61 * time.Second)
		_, err = next("COMMIT")
		if got, _ := code(t, err); got != "ResourceNotFoundException" {
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

func TestDataSecret(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *house, client *redshiftdata.Client) {
		in := input("SELECT 1")
		in.SecretArn = aws.String(h.secret(t, goodSecret))
		out := execute(t, client, in)
		if out.Status != types.StatusStringFinished || aws.ToString(out.DbUser) != "awsuser" || aws.ToString(out.SecretArn) != *in.SecretArn {
			t.Errorf("got %+v", out)
		}
		if err := h.SetPassword("awsuser", "rotated"); err != nil {
			t.Fatal(err)
		}
		out = execute(t, client, in)
		if want := `FATAL: password authentication failed for user "awsuser"`; out.Status != types.StatusStringFailed || aws.ToString(out.Error) != want {
			t.Errorf("after the rotation: %s %q", out.Status, aws.ToString(out.Error))
		}
		h.secret(t, `{"username": "awsuser"}`)
		_, err := client.ExecuteStatement(t.Context(), in)
		if got, message := code(t, err); got != "ValidationException" || message != "username and password in secret cannot be empty" {
			t.Error(err)
		}
		in.SecretArn = aws.String("nowhere")
		_, err = client.ExecuteStatement(t.Context(), in)
		if got, _ := code(t, err); got != "ResourceNotFoundException" {
			t.Error(err)
		}
		wrong := input("SELECT 1")
		wrong.Database = aws.String("prod")
		if out := execute(t, client, wrong); aws.ToString(out.Error) != `FATAL: database "prod" does not exist` {
			t.Errorf("unknown database: %s %q", out.Status, aws.ToString(out.Error))
		}
	})
}

func TestDataPermissions(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *house, _ *redshiftdata.Client) {
		secret := h.secret(t, goodSecret)
		statement := func(action, resource string) string {
			return `{"Effect": "Allow", "Action": "` + action + `", "Resource": "` + resource + `"}`
		}
		submit := statement("redshift-data:ExecuteStatement", h.ARN())
		tests := []struct {
			name    string
			grants  []string
			secret  bool
			refused string // the action, empty if allowed
		}{
			{"nothing", nil, false, "redshift-data:ExecuteStatement"},
			{"no credentials", []string{submit}, false, "redshift-serverless:GetCredentials"},
			{"credentials", []string{submit, statement("redshift-serverless:GetCredentials", h.ARN())}, false, ""},
			{"no secret", []string{submit}, true, "secretsmanager:GetSecretValue"},
			{"secret", []string{submit, statement("secretsmanager:GetSecretValue", secret)}, true, ""},
			{"other workgroup", []string{statement("redshift-data:ExecuteStatement", h.ARN()+"x")}, false, "redshift-data:ExecuteStatement"},
		}
		for i, test := range tests {
			policy := `{"Version": "2012-10-17", "Statement": [` + strings.Join(append(test.grants, statement("x:Y", "*")), ",") + `]}`
			client := h.data(t, "user"+itoa(i), policy)
			in := input("SELECT 1")
			if test.secret {
				in.SecretArn = &secret
			}
			out, err := client.ExecuteStatement(t.Context(), in)
			if test.refused == "" {
				if err != nil {
					t.Errorf("%s: %v", test.name, err)
					continue
				}
				_, err = client.DescribeStatement(t.Context(), &redshiftdata.DescribeStatementInput{Id: out.Id})
				test.refused = "redshift-data:DescribeStatement on resource: *"
			}
			if got, message := code(t, err); got != "AccessDeniedException" || !strings.Contains(message, test.refused) {
				t.Errorf("%s: got %v, want a refusal of %s", test.name, err, test.refused)
			}
		}
		foreign, err := h.cloud.Account("444455556666")
		if err != nil {
			t.Fatal(err)
		}
		stranger, err := foreign.CreateUser("stranger", fakeaws.MustParsePolicy(allowAll))
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.client(t, stranger.CreateAccessKey()).ExecuteStatement(t.Context(), input("SELECT 1"))
		if got, _ := code(t, err); got != "AccessDeniedException" {
			t.Errorf("a user of another account: %v", err)
		}
	})
}

func TestDataSignature(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *house, _ *redshiftdata.Client) {
		user, err := h.account.CreateUser("signer", fakeaws.MustParsePolicy(allowAll))
		if err != nil {
			t.Fatal(err)
		}
		keys := user.CreateAccessKey()
		keys.SecretAccessKey = creds.NewSecret("wrong")
		_, err = h.client(t, keys).ExecuteStatement(t.Context(), input("SELECT 1"))
		if got, _ := code(t, err); got != "InvalidSignatureException" {
			t.Errorf("wrong key: %v", err)
		}
		client := h.client(t, user.CreateAccessKey())
		_, err = client.ExecuteStatement(t.Context(), input("SELECT 1"), func(o *redshiftdata.Options) { o.Region = "eu-west-1" })
		if err == nil {
			t.Error("signed for another region, and accepted")
		}
	})
}

func TestDataList(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *house, client *redshiftdata.Client) {
		for _, name := range []string{"load a", "load b", "other"} {
			in := input("SELECT 1")
			in.StatementName = &name
			execute(t, client, in)
		}
		failing := input("FAIL '22000' 0 'no'")
		failing.StatementName = aws.String("load c")
		execute(t, client, failing)
		tests := []struct {
			name string
			in   redshiftdata.ListStatementsInput
			want []string
		}{
			{"all", redshiftdata.ListStatementsInput{}, []string{"load c", "other", "load b", "load a"}},
			{"prefix", redshiftdata.ListStatementsInput{StatementName: aws.String("load")}, []string{"load c", "load b", "load a"}},
			{"status", redshiftdata.ListStatementsInput{Status: types.StatusStringFailed}, []string{"load c"}},
			{"other database", redshiftdata.ListStatementsInput{Database: aws.String("x"), WorkgroupName: aws.String("default")}, nil},
		}
		for _, test := range tests {
			out, err := client.ListStatements(t.Context(), &test.in)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range out.Statements {
				got = append(got, aws.ToString(s.StatementName))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
		}
		pages := redshiftdata.NewListStatementsPaginator(client, &redshiftdata.ListStatementsInput{MaxResults: 3})
		n := 0
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			n += len(page.Statements)
		}
		if n != 4 {
			t.Errorf("pages hold %d statements, want 4", n)
		}
		out, err := h.data(t, "other", allowAll).ListStatements(t.Context(), &redshiftdata.ListStatementsInput{})
		if err != nil || len(out.Statements) != 0 {
			t.Errorf("another caller sees %d, %v", len(out.Statements), err)
		}
	})
}

func TestDataLargeRow(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, _ *house, client *redshiftdata.Client) {
		half := "'" + strings.Repeat("x", 40<<10) + "'"
		if out := execute(t, client, input("SELECT "+half)); out.Status != types.StatusStringFinished {
			t.Errorf("40 KB: %s %q", out.Status, aws.ToString(out.Error))
		}
		if out := execute(t, client, input("SELECT "+half+", "+half)); out.Status != types.StatusStringFailed {
			t.Errorf("80 KB: %s", out.Status)
		}
	})
}

func TestDataFields(t *testing.T) {
	tests := []struct {
		name string
		oid  uint32
		text string
		want string
	}{
		{"large", 701, "1e+300", `{"doubleValue":1e+300}`},
		{"decimal", 701, "0.1", `{"doubleValue":0.1}`},
		{"infinite", 701, "-Infinity", `{"doubleValue":"-Infinity"}`},
		{"no number", 700, "NaN", `{"doubleValue":"NaN"}`},
		{"integer", 20, "-9223372036854775808", `{"longValue":-9223372036854775808}`},
		{"false", 16, "f", `{"booleanValue":false}`},
		{"markup", 1043, `<"\>`, "{\"stringValue\":\"\\u003c\\\"\\\\\\u003e\"}"},
	}
	for _, test := range tests {
		if got := string(fakeredshift.AppendField(nil, test.oid, []byte(test.text))); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

func TestDataUnknownOperation(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, _ *house, client *redshiftdata.Client) {
		_, err := client.ListDatabases(t.Context(), &redshiftdata.ListDatabasesInput{Database: aws.String("dev"), WorkgroupName: aws.String("default")})
		if got, _ := code(t, err); got != "UnknownOperationException" {
			t.Error(err)
		}
	})
}

func TestDataOverTLSOnLoopback(t *testing.T) {
	h := newHouse(t, nil)
	authority, err := fakeaws.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	server, err := authority.ServerConfig("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	l := loopback(t)
	h.StartDataAPI(l, server)
	user, err := h.account.CreateUser("admin", fakeaws.MustParsePolicy(allowAll))
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: tlsClient(authority, "127.0.0.1")}
	defer transport.CloseIdleConnections()
	client := redshiftdata.New(redshiftdata.Options{
		Region:       h.Region(),
		BaseEndpoint: aws.String("https://" + l.Addr().String()),
		HTTPClient:   &http.Client{Transport: transport},
		Credentials:  awscreds.Provider(creds.Static(user.CreateAccessKey())),
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := client.ExecuteStatement(ctx, input("SELECT 1"))
	if err != nil {
		t.Fatal(err)
	}
	for {
		described, err := client.DescribeStatement(ctx, &redshiftdata.DescribeStatementInput{Id: out.Id})
		if err != nil {
			t.Fatal(err)
		}
		if described.Status == types.StatusStringFinished {
			break
		}
	}
}
