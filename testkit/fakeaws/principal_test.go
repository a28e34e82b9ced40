package fakeaws_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/fakeaws"
)

// TestRotatedAccessKeys: a key that is inactive or gone is refused as if it had
// never been, the new one is good at once, and an inactive one can be put back.
func TestRotatedAccessKeys(t *testing.T) {
	cloud := fakeaws.NewCloud(nil)
	a := account(t, cloud, accountA)
	reader := user(t, a, "reader")
	first, second := reader.CreateAccessKey(), reader.CreateAccessKey()
	if first.AccessKeyID == second.AccessKeyID || first.SecretAccessKey.Equal(second.SecretAccessKey) {
		t.Fatal("two access keys are the same")
	}
	check := func(when string, keys creds.Keys, code string) {
		t.Helper()
		r := newRequest(t, "GET", "http://s3.test/bucket/key", "")
		signS3(t, r, sdkKeys(keys), "UNSIGNED-PAYLOAD", time.Now())
		switch err := verifyS3(t, cloud, r); {
		case code != "":
			checkCode(t, err, code, "")
		case err != nil:
			t.Errorf("%s: %v", when, err)
		}
	}
	change := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	found, err := a.User("reader")
	change(err)
	change(found.SetAccessKeyActive(first.AccessKeyID, false))
	both := []string{first.AccessKeyID, second.AccessKeyID}
	slices.Sort(both)
	if diff := cmp.Diff(both, found.AccessKeys()); diff != "" {
		t.Errorf("access keys (-want +got):\n%s", diff)
	}
	check("inactive", first, "InvalidAccessKeyId")
	check("the other one", second, "")
	change(found.SetAccessKeyActive(first.AccessKeyID, true))
	check("active again", first, "")
	change(found.DeleteAccessKey(first.AccessKeyID))
	check("deleted", first, "InvalidAccessKeyId")
	check("the one that is left", second, "")
	if diff := cmp.Diff([]string{second.AccessKeyID}, found.AccessKeys()); diff != "" {
		t.Errorf("access keys (-want +got):\n%s", diff)
	}
	check("the new one", found.CreateAccessKey(), "")
}

func TestKeysOfOthers(t *testing.T) {
	cloud := fakeaws.NewCloud(nil)
	a := account(t, cloud, accountA)
	reader, other := user(t, a, "reader"), user(t, a, "other")
	key := reader.CreateAccessKey().AccessKeyID
	checkCode(t, other.DeleteAccessKey(key), "NoSuchEntity", key)
	checkCode(t, other.SetAccessKeyActive(key, false), "NoSuchEntity", key)
	checkCode(t, reader.DeleteAccessKey("AKIAX"), "NoSuchEntity", "AKIAX")
	if _, err := a.CreateRole("copier", nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"nobody", "copier"} {
		_, err := a.User(name)
		checkCode(t, err, "NoSuchEntity", name)
	}
	_, err := account(t, cloud, accountB).User("reader")
	checkCode(t, err, "NoSuchEntity", "reader")
}

func TestRoleSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fakeaws.NewCloud(nil)
		role, err := account(t, cloud, accountA).CreateRole("copier", []string{"redshift.amazonaws.com"})
		if err != nil {
			t.Fatal(err)
		}
		provider := role.Credentials("redshift.amazonaws.com")
		first := retrieve(t, provider)
		if !strings.HasPrefix(first.AccessKeyID, "ASIA") || first.SessionToken == "" || !first.Expires.Equal(time.Now().Add(time.Hour)) {
			t.Errorf("keys %s expire at %s, want temporary ones for an hour", first.AccessKeyID, first.Expires)
		}
		check := func(keys aws.Credentials, code string) *fakeaws.Signature {
			r := newRequest(t, "GET", "http://s3.test/bucket/key", "")
			signS3(t, r, keys, "UNSIGNED-PAYLOAD", time.Now())
			signature, err := cloud.Verify(received(t, r), "s3")
			if code != "" {
				checkCode(t, err, code, "")
			} else if err != nil {
				t.Errorf("Verify: %v", err)
			}
			return signature
		}
		want := fakeaws.Identity{
			ARN:         "arn:aws:sts::111122223333:assumed-role/copier/redshift",
			Principal:   "arn:aws:iam::111122223333:role/copier",
			Account:     accountA,
			AccessKeyID: first.AccessKeyID,
		}
		if diff := cmp.Diff(want, check(first, "").Identity); diff != "" {
			t.Errorf("identity (-want +got):\n%s", diff)
		}
		time.Sleep(54 * time.Minute)
		if again := retrieve(t, provider); again != first {
			t.Error("the keys were renewed before it was time")
		}
		time.Sleep(time.Minute)
		second := retrieve(t, provider)
		if second.AccessKeyID == first.AccessKeyID {
			t.Error("the keys were not renewed five minutes before their end")
		}
		check(first, "")
		time.Sleep(5 * time.Minute)
		check(first, "ExpiredToken")
		check(second, "")
		noToken, wrongToken := second, second
		noToken.SessionToken, wrongToken.SessionToken = "", first.SessionToken
		check(noToken, "InvalidAccessKeyId")
		check(wrongToken, "InvalidToken")
	})
}

func retrieve(t *testing.T, p aws.CredentialsProvider) aws.Credentials {
	t.Helper()
	keys, err := p.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestRoleTrustsNobodyElse(t *testing.T) {
	role, err := account(t, fakeaws.NewCloud(nil), accountA).CreateRole("copier", []string{"redshift.amazonaws.com"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = role.Credentials("glue.amazonaws.com").Retrieve(context.Background())
	checkCode(t, err, "AccessDenied", "glue.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/copier")
}
