package bridge_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/testkit/fakeaws"
)

func TestNewClientRefuses(t *testing.T) {
	keys := credentials.NewStaticCredentialsProvider("AKIA", "s", "")
	for want, access := range map[string]bridge.Access{
		"no region":                  {Credentials: keys},
		`"eu-west-1\n" is no region`: {Region: "eu-west-1\n", Credentials: keys},
		`"eu west" is no region`:     {Region: "eu west", Credentials: keys},
		"no credentials":             {Region: "us-east-1"},
		`"example.com" is no URL`:    {Region: "us-east-1", Credentials: keys, Endpoint: "example.com"},
		`"ftp://h" is no URL`:        {Region: "us-east-1", Credentials: keys, Endpoint: "ftp://h"},
		`"https://" is no URL`:       {Region: "us-east-1", Credentials: keys, Endpoint: "https://"},
	} {
		if _, err := bridge.NewClient(access); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("NewClient = %v, want an error with %q", err, want)
		}
	}
}

// TestRotation deletes the writer's key in mid-run. The provider has a new one,
// and no cache on the way gives out the old one again.
func TestRotation(t *testing.T) {
	for name, provide := range map[string]func(creds.Provider[creds.Keys]) aws.CredentialsProvider{
		"no cache": awscreds.Provider,
		"a cache of package creds": func(p creds.Provider[creds.Keys]) aws.CredentialsProvider {
			return awscreds.Provider(creds.Cache(p, 0))
		},
		"a cache of the SDK": func(p creds.Provider[creds.Keys]) aws.CredentialsProvider {
			return aws.NewCredentialsCache(awscreds.Provider(p))
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) { rotate(t, w, provide) })
		})
	}
}

func rotate(t *testing.T, w *world, provide func(creds.Provider[creds.Keys]) aws.CredentialsProvider) {
	user := must(w.b.iam.CreateUser("rotated", fakeaws.MustParsePolicy(writeOnly)))(t)
	keys := []creds.Keys{user.CreateAccessKey(), user.CreateAccessKey()}
	asked := 0
	access := w.access(w.b, keys[0])
	access.Credentials = provide(creds.ProviderFunc[creds.Keys](func(context.Context) (creds.Keys, error) {
		asked++
		return keys[min(asked, 2)-1], nil
	}))
	w.writer = must(bridge.NewClient(access))(t)
	c := w.copier(nil)
	for _, key := range []string{"before", "after"} {
		w.put(t, key, random(5000), nil)
		_, err := c.Copy(t.Context(), dst(key), unknown(key))
		check(t, err)
		if key == "before" {
			check(t, user.DeleteAccessKey(keys[0].AccessKeyID))
		}
	}
	if asked != 2 {
		t.Errorf("the keys were asked for %d times, want twice", asked)
	}
}
