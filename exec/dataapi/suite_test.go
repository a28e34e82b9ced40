//go:build cgo

package dataapi_test

import (
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/dataapi"
	"github.com/redferry/redferry/exec/exectest"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/duck"
)

// warehouse starts a warehouse on DuckDB and returns an Executor for it.
func warehouse(t testing.TB) *dataapi.Executor {
	t.Helper()
	engine, err := duck.New(&duck.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	cloud := fakeaws.NewCloud(nil)
	account, err := cloud.Account("111122223333")
	if err != nil {
		t.Fatal(err)
	}
	w, err := fakeredshift.New(cloud, account, engine, &fakeredshift.Options{ResultPage: 500})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := w.CreateUser("loader", "Canary-Pa55word", true); err != nil {
		t.Fatal(err)
	}
	secret, err := account.PutSecret(w.Region(), "loader", `{"username": "loader", "password": "Canary-Pa55word"}`)
	if err != nil {
		t.Fatal(err)
	}
	user, err := account.CreateUser("program", fakeaws.MustParsePolicy(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": ["redshift-data:ExecuteStatement", "redshift-data:BatchExecuteStatement"], "Resource": "`+w.ARN()+`"},
		{"Effect": "Allow", "Action": ["redshift-data:DescribeStatement", "redshift-data:GetStatementResult", "redshift-data:CancelStatement"], "Resource": "*"},
		{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "`+secret+`"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.StartDataAPI(l, nil)
	e, err := dataapi.New(client(t, w.Region(), "http://"+l.Addr().String(), user.CreateAccessKey()),
		dataapi.Target{Workgroup: w.Workgroup(), Database: w.Database(), SecretARN: secret}, &dataapi.Options{MaxPoll: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func client(t testing.TB, region, endpoint string, keys creds.Keys) *redshiftdata.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return redshiftdata.New(redshiftdata.Options{
		Region:       region,
		BaseEndpoint: aws.String(endpoint),
		HTTPClient:   &http.Client{Transport: transport},
		Credentials:  awscreds.Provider(creds.Static(keys)),
	})
}

func TestExecutor(t *testing.T) {
	e := warehouse(t)
	exectest.TestExecutor(t, func(*testing.T) exec.Executor { return e })
}

func BenchmarkExecutor(b *testing.B) {
	e := warehouse(b)
	exectest.BenchmarkExecutor(b, func(*testing.B) exec.Executor { return e })
}
