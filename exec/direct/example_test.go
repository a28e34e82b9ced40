package direct_test

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/direct"
)

func ExampleOpen() {
	ctx := context.Background()
	login := creds.Static(creds.Login{User: "loader", Password: creds.NewSecret("from a secret store")})
	target := direct.Target{Host: "wh.111122223333.eu-central-1.redshift-serverless.amazonaws.com", Database: "dev"}
	e, err := direct.Open(ctx, target, login, &direct.Options{
		MaxConns:    16,
		LookupHost:  func(_ context.Context, host string) ([]string, error) { return []string{host}, nil },
		DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no route to host") },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = e.Close() }() // it holds no connection
	_, err = e.Exec(ctx, exec.Statement{SQL: "CALL load_sales()", Label: "load sales"})
	fmt.Println("safe to retry:", exec.SafeToRetry(err))
	// Output: safe to retry: true
}
