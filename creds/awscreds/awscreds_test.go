package awscreds_test

import (
	"errors"
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
