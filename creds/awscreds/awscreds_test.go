package awscreds_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
)

func TestProvider(t *testing.T) {
	end := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := []struct {
		name string
		keys creds.Keys
		want aws.Credentials
	}{
		{
			"long-lived",
			creds.Keys{AccessKeyID: "AKIAX", SecretAccessKey: creds.NewSecret("secret"), Source: "test"},
			aws.Credentials{AccessKeyID: "AKIAX", SecretAccessKey: "secret", Source: "test"},
		},
		{
			"temporary",
			creds.Keys{AccessKeyID: "ASIAX", SecretAccessKey: creds.NewSecret("secret"), SessionToken: creds.NewSecret("token"), Expires: end},
			aws.Credentials{AccessKeyID: "ASIAX", SecretAccessKey: "secret", SessionToken: "token", CanExpire: true, Expires: end},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := awscreds.Provider(creds.Static(test.keys)).Retrieve(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("credentials (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProviderPassesErrorsOn(t *testing.T) {
	got, err := awscreds.Provider(creds.EnvKeys("NOT_SET")).Retrieve(t.Context())
	if !errors.Is(err, creds.ErrAbsent) || got.HasKeys() {
		t.Errorf("Retrieve = %v, want ErrAbsent and no keys", err)
	}
}

// TestInvalidate: what a client was refused is forgotten by a cache beneath, too.
func TestInvalidate(t *testing.T) {
	asked := 0
	source := creds.ProviderFunc[creds.Keys](func(context.Context) (creds.Keys, error) {
		asked++
		return creds.Keys{AccessKeyID: fmt.Sprint("AKIA", asked), SecretAccessKey: creds.NewSecret("secret")}, nil
	})
	p := awscreds.Provider(creds.Cache(source, 0))
	invalidate := p.(interface{ Invalidate() }).Invalidate
	invalidate() // nothing was given out yet
	for i, want := range []string{"AKIA1", "AKIA1", "AKIA2", "AKIA2"} {
		if i == 2 {
			invalidate()
		}
		got, err := p.Retrieve(t.Context())
		if err != nil || got.AccessKeyID != want {
			t.Errorf("Retrieve %d = %s, %v, want %s", i, got.AccessKeyID, err, want)
		}
	}
}
