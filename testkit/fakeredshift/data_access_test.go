package fakeredshift_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata/types"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/testkit/fakeaws"
)

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
