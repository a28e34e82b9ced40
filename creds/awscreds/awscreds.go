// Package awscreds hands access keys of package creds to the AWS SDK.
package awscreds

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/redferry/redferry/creds"
)

// Provider returns p in the form that the clients of the AWS SDK take. A client
// asks it for every request, so put a [creds.Cache] around a p that asks a
// server.
//
// It also has a method Invalidate(), as *aws.CredentialsCache has: for a client
// whose keys were refused. The next request then has them from [creds.Renew], so
// that a Cache in p does not give out the same keys again.
func Provider(p creds.Provider[creds.Keys]) aws.CredentialsProvider {
	return &provider{keys: p}
}

type provider struct {
	keys creds.Provider[creds.Keys]

	mu      sync.Mutex // guards given and refused
	given   creds.Keys // the last ones
	refused bool       // given is no good
}

// Invalidate says that the keys given last were refused.
func (p *provider) Invalidate() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused = p.given != creds.Keys{}
}

func (p *provider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	keys, err := p.find(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	p.mu.Lock()
	p.given, p.refused = keys, false
	p.mu.Unlock()
	return aws.Credentials{
		AccessKeyID:     keys.AccessKeyID,
		SecretAccessKey: keys.SecretAccessKey.Reveal(),
		SessionToken:    keys.SessionToken.Reveal(),
		CanExpire:       !keys.Expires.IsZero(),
		Expires:         keys.Expires,
		Source:          keys.Source,
	}, nil
}

func (p *provider) find(ctx context.Context) (creds.Keys, error) {
	p.mu.Lock()
	given, refused := p.given, p.refused
	p.mu.Unlock()
	if refused {
		return creds.Renew(ctx, p.keys, given)
	}
	return p.keys.Retrieve(ctx)
}
