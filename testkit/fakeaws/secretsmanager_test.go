package fakeaws_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/creds/awssecrets"
	"github.com/redferry/redferry/creds/credstest"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/memnet"
)

const readSecrets = `{"Version": "2012-10-17", "Statement": {
	"Effect": "Allow",
	"Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
	"Resource": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:ferry/*"}}`

// secretClient returns a client of the SDK, and what closes its connections.
func secretClient(t *testing.T, endpoint string, transport *http.Transport, keys creds.Keys) *secretsmanager.Client {
	t.Helper()
	t.Cleanup(transport.CloseIdleConnections)
	return secretsmanager.New(secretsmanager.Options{
		Region:           region,
		BaseEndpoint:     aws.String(endpoint),
		HTTPClient:       &http.Client{Transport: transport},
		Credentials:      awscreds.Provider(creds.Static(keys)),
		RetryMaxAttempts: 1,
	})
}

func value(t *testing.T, client *secretsmanager.Client, id string) (string, error) {
	t.Helper()
	out, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &id})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.SecretString), nil
}

func closeServer(t *testing.T, s *fakeaws.SecretsManager) {
	t.Helper()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

func TestGetSecretValuePlainAndTLS(t *testing.T) {
	cloud := fakeaws.NewCloud(nil)
	a := account(t, cloud, accountA)
	arn, err := a.PutSecret(region, "ferry/login", "one")
	if err != nil {
		t.Fatal(err)
	}
	keys := user(t, a, "reader", fakeaws.MustParsePolicy(readSecrets)).CreateAccessKey()
	authority, err := fakeaws.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	config, err := authority.ServerConfig("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}

	server := fakeaws.NewSecretsManager(cloud, region)
	closeServer(t, server)
	for scheme, serverTLS := range map[string]*tls.Config{"http": nil, "https": config} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server.Start(l, serverTLS)
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority.Pool()}, ForceAttemptHTTP2: true}
		client := secretClient(t, scheme+"://"+l.Addr().String(), transport, keys)
		for _, id := range []string{"ferry/login", arn} {
			if got, err := value(t, client, id); err != nil || got != "one" {
				t.Errorf("%s: value of %s = %q, %v, want one", scheme, id, got, err)
			}
		}
	}
}

func TestSecretVersions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, client := memorySecrets(t, readSecrets)
		a := account(t, cloud, accountA)
		for _, v := range []string{"one", "two", "three"} {
			if _, err := a.PutSecret(region, "ferry/login", v); err != nil {
				t.Fatal(err)
			}
		}
		id := aws.String("ferry/login")
		described, err := client.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: id})
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[string]string)
		for versionID, stages := range described.VersionIdsToStages {
			out, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: id, VersionId: &versionID})
			if err != nil {
				t.Fatal(err)
			}
			got[stages[0]] = aws.ToString(out.SecretString)
		}
		if diff := cmp.Diff(map[string]string{"AWSCURRENT": "three", "AWSPREVIOUS": "two"}, got); diff != "" {
			t.Errorf("stages (-want +got):\n%s", diff)
		}
		if !strings.HasPrefix(aws.ToString(described.ARN), "arn:aws:secretsmanager:eu-west-1:111122223333:secret:ferry/login-") {
			t.Errorf("ARN = %s", aws.ToString(described.ARN))
		}
		if !described.CreatedDate.Equal(time.Now()) {
			t.Errorf("CreatedDate = %s, want the bubble's own time %s", described.CreatedDate, time.Now())
		}
	})
}

// memorySecrets starts a server on an in-memory network, and a client of a user
// of account A with this policy.
func memorySecrets(t *testing.T, policy string) (*fakeaws.Cloud, *secretsmanager.Client) {
	t.Helper()
	cloud := fakeaws.NewCloud(nil)
	keys := user(t, account(t, cloud, accountA), "reader", fakeaws.MustParsePolicy(policy)).CreateAccessKey()
	return cloud, serveSecrets(t, cloud, keys)
}

func serveSecrets(t *testing.T, cloud *fakeaws.Cloud, keys creds.Keys) *secretsmanager.Client {
	t.Helper()
	network := new(memnet.Network)
	l, err := network.Listen("secrets.test:80")
	if err != nil {
		t.Fatal(err)
	}
	server := fakeaws.NewSecretsManager(cloud, region)
	server.Start(l, nil)
	closeServer(t, server)
	return secretClient(t, "http://secrets.test", &http.Transport{DialContext: network.DialContext}, keys)
}

func TestSecretsRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(*testing.T, *fakeaws.Cloud, *creds.Keys)
		id     string
		want   string
	}{
		{name: "missing", id: "ferry/nothing", want: "ResourceNotFoundException"},
		{name: "missing and no right", id: "other", want: "AccessDeniedException"},
		{name: "no right", id: "private", want: "AccessDeniedException"},
		{name: "other account", id: "arn:aws:secretsmanager:eu-west-1:444455556666:secret:ferry/login-AAAAAA", want: "AccessDeniedException"},
		{name: "empty id", id: "", want: "ValidationException"},
		{
			name:   "wrong secret key",
			change: func(_ *testing.T, _ *fakeaws.Cloud, k *creds.Keys) { k.SecretAccessKey = creds.NewSecret("wrong") },
			id:     "ferry/login", want: "InvalidSignatureException",
		},
		{
			name:   "unknown key id",
			change: func(_ *testing.T, _ *fakeaws.Cloud, k *creds.Keys) { k.AccessKeyID = "AKIANOBODY" },
			id:     "ferry/login", want: "UnrecognizedClientException",
		},
		{
			name:   "token of nobody",
			change: func(_ *testing.T, _ *fakeaws.Cloud, k *creds.Keys) { k.SessionToken = creds.NewSecret("token") },
			id:     "ferry/login", want: "UnrecognizedClientException",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := fakeaws.NewCloud(nil)
				a := account(t, cloud, accountA)
				for _, name := range []string{"ferry/login", "private"} {
					if _, err := a.PutSecret(region, name, "one"); err != nil {
						t.Fatal(err)
					}
				}
				keys := user(t, a, "reader", fakeaws.MustParsePolicy(readSecrets)).CreateAccessKey()
				if test.change != nil {
					test.change(t, cloud, &keys)
				}
				_, err := value(t, serveSecrets(t, cloud, keys), test.id)
				if got := code(err); got != test.want {
					t.Errorf("code = %q (%v), want %s", got, err, test.want)
				}
			})
		})
	}
}

func code(err error) string {
	if api := smithy.APIError(nil); errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// The SDK has to know a missing secret by its type, since creds goes by it.
func TestMissingSecretHasItsType(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := memorySecrets(t, readSecrets)
		_, err := value(t, client, "ferry/nothing")
		if missing := (*types.ResourceNotFoundException)(nil); !errors.As(err, &missing) {
			t.Errorf("error %v is no ResourceNotFoundException", err)
		}
	})
}

func TestProvidersOnSecretsManager(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, client := memorySecrets(t, readSecrets)
		a := account(t, cloud, accountA)
		put := func(name, value string) {
			if _, err := a.PutSecret(region, name, value); err != nil {
				t.Fatal(err)
			}
		}
		put("ferry/login", `{"username": "ferry", "password": "canary-password", "engine": "redshift", "port": 5439}`)
		put("ferry/keys", `{"access_key_id": "AKIAX", "secret_access_key": "canary-key"}`)
		put("ferry/text", `canary-text`)
		put("ferry/half", `{"username": "ferry", "passwort": "canary-half"}`)
		put("ferry/number", `{"username": "ferry", "password": 77777}`)

		credstest.TestProvider(t, awssecrets.Login(client, "ferry/login"),
			creds.Login{User: "ferry", Password: creds.NewSecret("canary-password"), Source: "secret ferry/login"},
			func(a, b creds.Login) bool { return cmp.Equal(a, b) }, "canary-password")
		credstest.TestProvider(t, awssecrets.Keys(client, "ferry/keys"),
			creds.Keys{AccessKeyID: "AKIAX", SecretAccessKey: creds.NewSecret("canary-key"), Source: "secret ferry/keys"},
			func(a, b creds.Keys) bool { return cmp.Equal(a, b) }, "canary-key")
		credstest.TestAbsent(t, awssecrets.Login(client, "ferry/nothing"))
		credstest.TestBroken(t, awssecrets.Login(client, "private"))
		credstest.TestBroken(t, awssecrets.Login(client, "ferry/text"), "canary")
		credstest.TestBroken(t, awssecrets.Login(client, "ferry/half"), "canary")
		credstest.TestBroken(t, awssecrets.Login(client, "ferry/number"), "77777")
		credstest.TestBroken(t, awssecrets.Keys(client, "ferry/login"), "canary")
	})
}

// A rotation in mid-run: the cache keeps the old password until it is refused.
func TestRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, client := memorySecrets(t, readSecrets)
		a := account(t, cloud, accountA)
		put := func(password string) {
			if _, err := a.PutSecret(region, "ferry/login", `{"username": "ferry", "password": "`+password+`"}`); err != nil {
				t.Fatal(err)
			}
		}
		put("old")
		provider := creds.Cache(awssecrets.Login(client, "ferry/login"), 0)
		old, err := provider.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		put("new")
		kept, err := provider.Retrieve(t.Context())
		if err != nil || kept.Password.Reveal() != "old" {
			t.Errorf("before the refusal: %q, %v, want the old password from the cache", kept.Password.Reveal(), err)
		}
		renewed, err := creds.Renew(t.Context(), provider, old)
		if err != nil || renewed.Password.Reveal() != "new" {
			t.Errorf("after the refusal: %q, %v, want the new password", renewed.Password.Reveal(), err)
		}
	})
}

func TestCloseEndsWaitingRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := new(memnet.Network)
		l, err := network.Listen("secrets.test:80")
		if err != nil {
			t.Fatal(err)
		}
		server := fakeaws.NewSecretsManager(fakeaws.NewCloud(nil), region)
		server.Start(l, nil)
		conn, err := network.DialContext(context.Background(), "tcp", "secrets.test:80")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := server.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		_ = conn.Close()
	})
}
