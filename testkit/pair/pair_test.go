package pair_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/creds/awssecrets"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/direct"
	"github.com/redferry/redferry/testkit/canary"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
	"github.com/redferry/redferry/testkit/memnet"
	"github.com/redferry/redferry/testkit/pair"
)

// A world is a pair on a network in memory.
type world struct {
	*pair.Pair
	network memnet.Network
}

func inWorld(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := new(world)
		var err error
		w.Pair, err = pair.New(pair.Options{
			Engine:      func(string) (fakeredshift.Engine, error) { return mem.New(nil), nil },
			Listen:      func(name string) (net.Listener, error) { return w.network.Listen(name + ":443") },
			DialContext: w.network.DialContext,
			LookupHost:  w.network.LookupHost,
		})
		check(t, err)
		f(t, w)
		check(t, w.Close())
		time.Sleep(time.Minute) // virtual: connections that idle come to their end
	})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// secrets is a client of the account's Secrets Manager, with the Runner's keys.
func (w *world) secrets(a *pair.Account) *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{
		Region: a.Region, BaseEndpoint: aws.String(a.SecretsEndpoint), HTTPClient: w.HTTPClient(),
		Credentials: awscreds.Provider(creds.Static(a.Runner)),
	})
}

func (w *world) list(a *pair.Account, keys creds.Keys) error {
	client := s3.New(s3.Options{
		Region: a.Region, BaseEndpoint: aws.String(a.S3Endpoint), UsePathStyle: true, HTTPClient: &http.Client{Transport: w.HTTPClient().Transport},
		Credentials: awscreds.Provider(creds.Static(keys)), Retryer: aws.NopRetryer{},
	})
	if a == w.A {
		_, err := client.ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: &a.Stage.Bucket, Prefix: &a.Stage.Key})
		return err
	}
	_, err := client.ListMultipartUploads(context.Background(), &s3.ListMultipartUploadsInput{Bucket: &a.Stage.Bucket, Prefix: &a.Stage.Key})
	return err
}

// login opens a session and runs a statement in it.
func (w *world) login(t *testing.T, a *pair.Account, login creds.Login, sql ...string) error {
	t.Helper()
	host, port, err := a.PGEndpoint()
	check(t, err)
	e, err := direct.Open(t.Context(), direct.Target{Host: host, Port: port, Database: a.Database}, creds.Static(login), &direct.Options{
		Plaintext: true, DialContext: w.network.DialContext, LookupHost: w.network.LookupHost,
	})
	if err != nil {
		return err
	}
	for _, s := range append(sql, "SELECT 1") {
		if _, failed := e.Exec(t.Context(), exec.Statement{SQL: s}); failed != nil {
			err = errors.Join(err, failed)
		}
	}
	return errors.Join(err, e.Close())
}

func TestRotateKeys(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for _, r := range []struct {
			account *pair.Account
			old     creds.Keys
			secret  string
			rotate  func() (creds.Keys, error)
		}{
			{w.A, w.Reader, w.ReaderSecret, w.RotateReader},
			{w.B, w.Writer, w.WriterSecret, w.RotateWriter},
		} {
			provider := awssecrets.Keys(w.secrets(r.account), r.secret)
			for range 2 {
				check(t, w.list(r.account, r.old))
				rotated, err := r.rotate()
				check(t, err)
				var refused smithy.APIError
				if err := w.list(r.account, r.old); !errors.As(err, &refused) || refused.ErrorCode() != "InvalidAccessKeyId" {
					t.Errorf("the old key of %s: %v", r.secret, err)
				}
				stored, err := provider.Retrieve(t.Context())
				check(t, err)
				if stored.AccessKeyID != rotated.AccessKeyID || !stored.SecretAccessKey.Equal(rotated.SecretAccessKey) {
					t.Errorf("%s has key %s, want %s", r.secret, stored.AccessKeyID, rotated.AccessKeyID)
				}
				r.old = rotated
			}
		}
	})
}

func TestRotateLogin(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		check(t, w.login(t, w.B, w.B.Login))
		rotated, err := w.B.RotateLogin()
		check(t, err)
		if err := w.login(t, w.B, w.B.Login); err == nil || !strings.Contains(err.Error(), "password authentication failed") {
			t.Errorf("the old password: %v", err)
		}
		stored, err := awssecrets.Login(w.secrets(w.B), w.B.LoginSecret).Retrieve(t.Context())
		check(t, err)
		if stored.User != rotated.User || !stored.Password.Equal(rotated.Password) {
			t.Errorf("the secret has user %s and another password than the new one", stored.User)
		}
		check(t, w.login(t, w.B, stored))
		check(t, w.login(t, w.A, w.A.Login))
	})
}

// TestSecrets: the list has all that is secret after an UNLOAD and a rotation of
// everything, each of it can be watched, and two worlds have the same.
func TestSecrets(t *testing.T) {
	var runs [][]canary.Secret
	for range 2 {
		inWorld(t, func(t *testing.T, w *world) {
			check(t, w.login(t, w.A, w.A.Login, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)",
				fmt.Sprintf("UNLOAD ('SELECT a FROM t') TO '%st/' IAM_ROLE '%s' FORMAT PARQUET", w.A.Stage, w.A.Role.ARN())))
			check(t, w.list(w.A, w.Reader))
			check(t, w.list(w.B, w.Writer))
			reader, err := w.RotateReader()
			check(t, err)
			login, err := w.B.RotateLogin()
			check(t, err)
			secrets := w.Secrets()
			for _, text := range []creds.Secret{
				w.Reader.SecretAccessKey, w.Writer.SecretAccessKey, w.Auditor.SecretAccessKey, w.Remover.SecretAccessKey, reader.SecretAccessKey,
				w.A.Admin.SecretAccessKey, w.B.Admin.SecretAccessKey, w.A.Runner.SecretAccessKey, w.B.Runner.SecretAccessKey,
				w.A.Login.Password, w.B.Login.Password, login.Password,
			} {
				if !slices.ContainsFunc(secrets, func(s canary.Secret) bool { return s.Text.Equal(text) }) {
					t.Errorf("a secret is not in the list")
				}
			}
			runs = append(runs, secrets)
		})
	}
	var set canary.Set
	check(t, set.Watch(runs[0]...))
	want := []string{
		"password of warehouse a", "password hash of warehouse a", "password of warehouse b", "password hash of warehouse b",
		"secret access key of 111111111111:user/admin", "secret access key of 111111111111:user/runner",
		"value of secret 111111111111:redferry/login", "secret access key of 222222222222:user/admin",
		"secret access key of 222222222222:user/runner", "value of secret 222222222222:redferry/login",
		"secret access key of 111111111111:user/bridge-reader", "secret access key of 222222222222:user/bridge-writer",
		"secret access key of 222222222222:user/auditor", "secret access key of 222222222222:user/remover", "value of secret 111111111111:redferry/reader",
		"value of secret 222222222222:redferry/writer", "secret access key of 111111111111:role/redshift-a",
		"session token of 111111111111:role/redshift-a", "signing key of 111111111111:role/redshift-a",
		"signing key of 111111111111:user/bridge-reader", "signing key of 222222222222:user/bridge-writer",
	}
	if diff := cmp.Diff(want, set.Kinds()); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
	if !slices.EqualFunc(runs[0], runs[1], func(a, b canary.Secret) bool { return a.Kind == b.Kind && a.Text.Equal(b.Text) }) {
		t.Error("two worlds have different secrets")
	}
}
