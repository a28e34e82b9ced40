// Package awscreds hands access keys of package creds to the AWS SDK.
package awscreds

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/redferry/redferry/creds"
)

// Provider returns p in the form that the clients of the AWS SDK take. A client
// asks it for every request, so put a [creds.Cache] around a p that asks a
// server.
func Provider(p creds.Provider[creds.Keys]) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		keys, err := p.Retrieve(ctx)
		if err != nil {
			return aws.Credentials{}, err
		}
		return aws.Credentials{
			AccessKeyID:     keys.AccessKeyID,
			SecretAccessKey: keys.SecretAccessKey.Reveal(),
			SessionToken:    keys.SessionToken.Reveal(),
			CanExpire:       !keys.Expires.IsZero(),
			Expires:         keys.Expires,
			Source:          keys.Source,
		}, nil
	})
}
