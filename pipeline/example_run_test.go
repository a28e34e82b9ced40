//go:build cgo

package pipeline_test

import (
	"context"
	"fmt"
	"os"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/direct"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/duck"
	"github.com/redferry/redferry/testkit/pair"
)

// Two fake accounts on loopback, and one table that moves between them.
func ExampleRun() {
	accounts, err := pair.New(pair.Options{Engine: func(string) (fakeredshift.Engine, error) { return duck.New(nil) }})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = accounts.Close() }()
	a, closeA := warehouse(accounts.A)
	defer closeA()
	b, closeB := warehouse(accounts.B)
	defer closeB()
	for _, sql := range []string{"CREATE SCHEMA sales", "CREATE TABLE sales.orders (id bigint, note varchar(20))", "INSERT INTO sales.orders VALUES (1, 'first'), (2, NULL)"} {
		if _, err := a.Exec(context.Background(), exec.Statement{SQL: sql}); err != nil {
			fmt.Println(err)
			return
		}
	}
	report, err := pipeline.Run(context.Background(), &pipeline.Config{
		Run:    "example",
		Source: pipeline.Side{DB: a, Stage: accounts.A.Stage, Role: creds.Static(accounts.A.Role)},
		Target: pipeline.Side{DB: b, Stage: accounts.B.Stage, Role: creds.Static(accounts.B.Role)},
		Bridge: copier(accounts),
		Cloner: ddl.New(nil),
		Tables: ddl.Selector{Schemas: []string{"sales"}},
	})
	for _, t := range report.Tables {
		fmt.Println(t.Source, t.Rows, "rows")
		_, _ = t.Checks.WriteTo(os.Stdout)
	}
	fmt.Println(err)
	// Output:
	// "sales"."orders" 2 rows
	//   "sales"."orders": source rows: 2, equal
	//   "sales"."orders": loaded rows: 2, equal
	//   "sales"."orders": target rows: 2, equal
	//   "sales"."orders": files: not checked: no key may list the target's bucket
	// <nil>
}

// warehouse connects to an account's Redshift.
func warehouse(a *pair.Account) (e exec.Executor, closed func()) {
	host, port, err := a.PGEndpoint()
	if err != nil {
		panic(err)
	}
	d, err := direct.Open(context.Background(), direct.Target{Host: host, Port: port, Database: a.Database},
		creds.Static(a.Login), &direct.Options{Plaintext: true})
	if err != nil {
		panic(err)
	}
	return d, func() { _ = d.Close() }
}

// copier is the bridge, with its two keys.
func copier(p *pair.Pair) *bridge.Copier {
	reader, err := bridge.NewClient(bridge.Access{Region: p.A.Region, Endpoint: p.A.S3Endpoint, Credentials: awscreds.Provider(creds.Static(p.Reader))})
	if err != nil {
		panic(err)
	}
	writer, err := bridge.NewClient(bridge.Access{Region: p.B.Region, Endpoint: p.B.S3Endpoint, Credentials: awscreds.Provider(creds.Static(p.Writer))})
	if err != nil {
		panic(err)
	}
	return bridge.New(writer, reader, nil)
}
