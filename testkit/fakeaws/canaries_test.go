package fakeaws_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/canary"
	"github.com/redferry/redferry/testkit/fakeaws"
)

// TestSecrets: all that is secret is in the list, what is gone included, in an
// order that does not change.
func TestSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fakeaws.NewCloud(nil)
		a := account(t, cloud, accountA)
		reader := user(t, a, "reader")
		keys := reader.CreateAccessKey()
		r := newRequest(t, "GET", "http://s3.test/bucket/key", "")
		signS3(t, r, sdkKeys(keys), "UNSIGNED-PAYLOAD", time.Now())
		if err := verifyS3(t, cloud, r); err != nil {
			t.Fatal(err)
		}
		if err := reader.DeleteAccessKey(keys.AccessKeyID); err != nil {
			t.Fatal(err)
		}
		role, err := a.CreateRole("copier", []string{"redshift.amazonaws.com"})
		if err != nil {
			t.Fatal(err)
		}
		session := retrieve(t, role.Credentials("redshift.amazonaws.com"))
		for _, value := range []string{`{"username": "ferry", "password": "old password"}`, `{"secret_access_key": "new secret", "password": 7}`, "plain text"} {
			if _, err := a.PutSecret(region, "login", value); err != nil {
				t.Fatal(err)
			}
		}
		secrets := cloud.Secrets()
		var kinds, texts []string
		for _, s := range secrets {
			kinds, texts = append(kinds, s.Kind), append(texts, s.Text.Reveal())
		}
		want := []string{
			"secret access key of 111122223333:user/reader",
			"signing key of 111122223333:user/reader",
			"secret access key of 111122223333:role/copier",
			"session token of 111122223333:role/copier",
			"value of secret 111122223333:login",
			"password in secret 111122223333:login",
			"value of secret 111122223333:login",
			"secret_access_key in secret 111122223333:login",
			"value of secret 111122223333:login",
		}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Errorf("kinds (-want +got):\n%s", diff)
		}
		for _, text := range []string{keys.SecretAccessKey.Reveal(), session.SecretAccessKey, session.SessionToken, "old password", "new secret", "plain text"} {
			if !slices.Contains(texts, text) {
				t.Errorf("%q is not among them", text)
			}
		}
		var set canary.Set
		if err := set.Watch(secrets...); err != nil {
			t.Error(err)
		}
		if hits := set.Scan("the request", []byte(r.Header.Get("Authorization"))); len(hits) > 0 {
			t.Errorf("a signature is no secret key: %v", hits)
		}
	})
}
