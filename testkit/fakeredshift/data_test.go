package fakeredshift_test

import (
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
