// Package awssecrets finds credentials in AWS Secrets Manager.
package awssecrets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/redferry/redferry/creds"
)

// A Client is the part of *secretsmanager.Client that this package calls.
type Client interface {
	GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, opts ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// Login reads a database user from the current version of a secret, anew each
// time. secretID is its ARN or, in the client's own account, its name. The
// secret is the JSON that Secrets Manager keeps for Redshift and RDS, of which
// two members are read:
//
//	{"username": "ferry", "password": "..."}
//
// If the secret does not exist, the error wraps [creds.ErrAbsent]; anything else
// wrong with it does not. No error contains any of the secret.
func Login(client Client, secretID string) creds.Provider[creds.Login] {
	return creds.ProviderFunc[creds.Login](func(ctx context.Context) (creds.Login, error) {
		m, err := members(ctx, client, secretID, "username", "password")
		if err != nil {
			return creds.Login{}, err
		}
		return creds.Login{User: m["username"], Password: creds.NewSecret(m["password"]), Source: "secret " + secretID}, nil
	})
}

// Keys reads an access key from the current version of a secret, anew each time.
// The secret is a JSON object with these members:
//
//	{"access_key_id": "AKIA...", "secret_access_key": "..."}
//
// Its errors are those of [Login].
func Keys(client Client, secretID string) creds.Provider[creds.Keys] {
	return creds.ProviderFunc[creds.Keys](func(ctx context.Context) (creds.Keys, error) {
		m, err := members(ctx, client, secretID, "access_key_id", "secret_access_key")
		if err != nil {
			return creds.Keys{}, err
		}
		return creds.Keys{
			AccessKeyID:     m["access_key_id"],
			SecretAccessKey: creds.NewSecret(m["secret_access_key"]),
			Source:          "secret " + secretID,
		}, nil
	})
}

// members fetches the secret and returns the wanted members of its JSON, each a
// string that is not empty.
func members(ctx context.Context, client Client, secretID string, wanted ...string) (map[string]string, error) {
	out, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &secretID})
	if missing := (*types.ResourceNotFoundException)(nil); errors.As(err, &missing) {
		return nil, fmt.Errorf("%w: secret %s does not exist", creds.ErrAbsent, secretID)
	}
	if err != nil {
		return nil, fmt.Errorf("awssecrets: get secret %s: %w", secretID, err)
	}
	if out.SecretString == nil {
		return nil, fmt.Errorf("awssecrets: secret %s is binary, want JSON text", secretID)
	}
	// The errors of encoding/json quote what they stumble over, so they stay here.
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(*out.SecretString), &object) != nil {
		return nil, fmt.Errorf("awssecrets: secret %s is no JSON object", secretID)
	}
	found := make(map[string]string, len(wanted))
	for _, name := range wanted {
		var value string
		if json.Unmarshal(object[name], &value) != nil || value == "" {
			return nil, fmt.Errorf("awssecrets: secret %s has no text in its member %q", secretID, name)
		}
		found[name] = value
	}
	return found, nil
}
