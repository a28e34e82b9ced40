package main

import (
	"context"
	"errors"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/examples/internal/flights"
	"github.com/redferry/redferry/exec/direct"
	"github.com/redferry/redferry/testkit/pair"
)

// fill loads the flights into the Redshift of account A.
func fill(ctx context.Context, p *pair.Pair, rows int64) (err error) {
	host, port, err := p.A.PGEndpoint()
	if err != nil {
		return err
	}
	e, err := direct.Open(ctx, direct.Target{Host: host, Port: port, Database: p.A.Database},
		creds.Static(p.A.Login), &direct.Options{Plaintext: p.Authority == nil, TLSConfig: p.TLSConfig()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	return flights.Fill(ctx, e, p.A.Engine.(flights.Loader), rows)
}
