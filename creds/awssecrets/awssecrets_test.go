package awssecrets_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awssecrets"
	"github.com/redferry/redferry/creds/credstest"
)

const canary = "canary-password"

// answer is a Client that always says the same. The tests of testkit/fakeaws run
// this package over the wire.
type answer struct {
	out secretsmanager.GetSecretValueOutput
	err error
}

func (a answer) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	if *in.SecretId != "ferry/login" {
		return nil, errors.New("another secret was asked for: " + *in.SecretId)
	}
	return &a.out, errors.Join(a.err, ctx.Err())
}

func text(s string) answer {
	return answer{out: secretsmanager.GetSecretValueOutput{SecretString: &s}}
}

func TestLogin(t *testing.T) {
	want := creds.Login{User: "ferry", Password: creds.NewSecret(canary), Source: "secret ferry/login"}
	equal := func(a, b creds.Login) bool { return cmp.Equal(a, b) }
	for _, secret := range []string{
		`{"username": "ferry", "password": "canary-password"}`,
		`{"username": "ferry", "password": "canary-password", "engine": "redshift", "host": "h", "port": 5439, "dbClusterIdentifier": "c"}`,
	} {
		credstest.TestProvider(t, awssecrets.Login(text(secret), "ferry/login"), want, equal, canary)
	}
}

func TestKeys(t *testing.T) {
	want := creds.Keys{AccessKeyID: "AKIAX", SecretAccessKey: creds.NewSecret(canary), Source: "secret ferry/login"}
	p := awssecrets.Keys(text(`{"access_key_id": "AKIAX", "secret_access_key": "canary-password"}`), "ferry/login")
	credstest.TestProvider(t, p, want, func(a, b creds.Keys) bool { return cmp.Equal(a, b) }, canary)
}

func TestMissingSecretIsAbsent(t *testing.T) {
	missing := answer{err: &types.ResourceNotFoundException{}}
	credstest.TestAbsent(t, awssecrets.Login(missing, "ferry/login"))
	credstest.TestAbsent(t, awssecrets.Keys(missing, "ferry/login"))
}

func TestBrokenSecrets(t *testing.T) {
	tests := []struct {
		name   string
		client awssecrets.Client
		want   string
	}{
		{"refused", answer{err: errors.New("AccessDeniedException")}, "AccessDeniedException"},
		{"binary", answer{out: secretsmanager.GetSecretValueOutput{SecretBinary: []byte(canary)}}, "is binary"},
		{"plain text", text(canary), "is no JSON object"},
		{"a list", text(`["canary-password"]`), "is no JSON object"},
		{"null", text(`null`), `no text in its member "username"`},
		{"broken JSON", text(`{"username": "ferry", "password": "canary-password`), "is no JSON object"},
		{"no password", text(`{"username": "ferry", "pass": "canary-password"}`), `no text in its member "password"`},
		{"empty password", text(`{"username": "ferry", "password": ""}`), `no text in its member "password"`},
		{"password is a list", text(`{"username": "ferry", "password": ["canary-password"]}`), `no text in its member "password"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := awssecrets.Login(test.client, "ferry/login")
			credstest.TestBroken(t, p, canary)
			_, err := p.Retrieve(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "secret ferry/login") {
				t.Errorf("error = %v, want the name of the secret and %q", err, test.want)
			}
		})
	}
}

// No secret, however broken, comes back in an error.
func FuzzLogin(f *testing.F) {
	f.Add(`{"username": "ferry", "password": "`, `"}`)
	f.Add(`{"username": "ferry", "password": ["`, `"]}`)
	f.Add(`{"username": "ferry", "password": "`, ``)
	f.Add(`{"`, `": 1}`)
	f.Fuzz(func(t *testing.T, before, after string) {
		login, err := awssecrets.Login(text(before+canary+after), "ferry/login").Retrieve(t.Context())
		if err == nil && (login.User == "" || login.Password.IsZero()) {
			t.Error("an empty user or password was taken")
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("error %v holds the secret", err)
		}
	})
}
