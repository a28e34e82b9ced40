// Sandbox keeps two AWS accounts running until it is interrupted: in each a
// Redshift, a bucket and a role, Secrets Manager and keys; real flights are
// loaded in the Redshift of account A. It writes the addresses and credentials
// to a file, for psql, the AWS CLI and your own program:
//
//	go run ./examples/sandbox -env sandbox.env
//
// and, in another terminal:
//
//	set -a; . ./sandbox.env; set +a
//	psql "$A_PG_URL" -c 'SELECT count(*) FROM air.flights'
//	AWS_ACCESS_KEY_ID=$A_ADMIN_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY=$A_ADMIN_SECRET_ACCESS_KEY \
//	  aws --region $A_REGION --endpoint-url $A_S3_ENDPOINT s3 ls
//
// The flag -h lists the variables and has more commands.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/redferry/redferry/examples/internal/flights"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/duck"
	"github.com/redferry/redferry/testkit/pair"
)

// A setup is what the flags say.
type setup struct {
	env  string
	tls  bool
	rows int64
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var s setup
	flag.StringVar(&s.env, "env", "", "write KEY=VALUE lines to this `file`, readable by its owner only (default: standard output)")
	flag.BoolVar(&s.tls, "tls", false, "serve TLS, and write the certificate to trust, sandbox-ca.pem, beside the env file")
	flag.Int64Var(&s.rows, "rows", flights.InFile, "how many `flights` to load in account A")
	flag.Usage = usage
	flag.Parse()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, s setup) (err error) {
	if flag.NArg() > 0 || s.rows < 0 {
		return errors.New("usage: sandbox [-env FILE] [-tls] [-rows N]; -h explains")
	}
	p, err := pair.New(pair.Options{
		TLS:    s.tls,
		Engine: func(string) (fakeredshift.Engine, error) { return duck.New(nil) },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := fill(ctx, p, s.rows); err != nil {
		return err
	}
	if err := publish(os.Stdout, p, s); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "sandbox: two accounts are up; interrupt to end them")
	<-ctx.Done()
	return nil
}
