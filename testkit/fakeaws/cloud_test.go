package fakeaws_test

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/fakeaws"
)

func TestAccountID(t *testing.T) {
	cloud := fakeaws.NewCloud(nil)
	for _, id := range []string{"", "1", "11112222333", "1111222233334", "11112222333x", "arn:aws:iam::111122223333:root"} {
		if _, err := cloud.Account(id); err == nil {
			t.Errorf("account id %q was taken", id)
		}
	}
	if first, again := account(t, cloud, accountA), account(t, cloud, accountA); first != again {
		t.Error("one id gave two accounts")
	}
	if a, b := account(t, cloud, accountA).CanonicalID(), account(t, cloud, accountB).CanonicalID(); a == b || len(a) != 64 {
		t.Errorf("canonical ids are %s and %s", a, b)
	}
}

func TestNamesAreUniqueInAnAccount(t *testing.T) {
	cloud := fakeaws.NewCloud(nil)
	a := account(t, cloud, accountA)
	user(t, a, "ferry")
	user(t, account(t, cloud, accountB), "ferry")
	_, err := a.CreateUser("ferry")
	checkCode(t, err, "EntityAlreadyExists", "user/ferry")
	if _, err := a.CreateRole("ferry", nil); err != nil {
		t.Errorf("a role with a user's name: %v", err)
	}
	_, err = a.CreateRole("ferry", nil)
	checkCode(t, err, "EntityAlreadyExists", "role/ferry")
	_, err = a.CreateUser("a/b")
	checkCode(t, err, "ValidationError", "a/b")
	_, err = a.CreateUser("other", statement(toAll))
	checkCode(t, err, "MalformedPolicyDocument", "principal")
}

// Two runs see the same keys; a seed makes others.
func TestKeysAreReproducible(t *testing.T) {
	keys := func(opts *fakeaws.Options) [4]string {
		a := account(t, fakeaws.NewCloud(opts), accountA)
		u := user(t, a, "reader")
		first, second := u.CreateAccessKey(), u.CreateAccessKey()
		return [4]string{first.AccessKeyID, first.SecretAccessKey.Reveal(), second.AccessKeyID, second.SecretAccessKey.Reveal()}
	}
	first := keys(nil)
	if diff := cmp.Diff(first, keys(&fakeaws.Options{})); diff != "" {
		t.Errorf("two runs differ:\n%s", diff)
	}
	seeded := keys(&fakeaws.Options{Seed: "other"})
	for i := range first {
		if first[i] == seeded[i] {
			t.Errorf("the seed did not change %s", first[i])
		}
	}
	if !regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`).MatchString(first[0]) || len(first[1]) != 40 {
		t.Errorf("the access key %s with a secret of %d characters does not look like AWS's", first[0], len(first[1]))
	}
}

func TestPutSecretKeepsItsARN(t *testing.T) {
	a := account(t, fakeaws.NewCloud(nil), accountA)
	put := func(region, name string) string {
		arn, err := a.PutSecret(region, name, "value")
		if err != nil {
			t.Fatal(err)
		}
		return arn
	}
	first := put(region, "ferry/login")
	if !regexp.MustCompile(`^arn:aws:secretsmanager:eu-west-1:111122223333:secret:ferry/login-[A-Z2-7]{6}$`).MatchString(first) {
		t.Errorf("ARN = %s", first)
	}
	if again := put(region, "ferry/login"); again != first {
		t.Errorf("a new version changed the ARN from %s to %s", first, again)
	}
	if other := put("us-east-1", "ferry/login"); other == first {
		t.Error("two regions share a secret")
	}
	_, err := a.PutSecret(region, "a b", "value")
	checkCode(t, err, "ValidationException", "Invalid name")
}

func TestBucketNamesAreGlobal(t *testing.T) {
	cloud := fakeaws.NewCloud(nil)
	if err := cloud.ClaimBucket("stage", accountA, region); err != nil {
		t.Fatal(err)
	}
	checkCode(t, cloud.ClaimBucket("stage", accountA, region), "BucketAlreadyOwnedByYou", "")
	checkCode(t, cloud.ClaimBucket("stage", accountB, "us-east-1"), "BucketAlreadyExists", "")
	if owner, at, ok := cloud.BucketOwner("stage"); owner != accountA || at != region || !ok {
		t.Errorf("BucketOwner = %s, %s, %t", owner, at, ok)
	}
	cloud.ReleaseBucket("stage")
	if _, _, ok := cloud.BucketOwner("stage"); ok {
		t.Error("the bucket has an owner after its release")
	}
	if err := cloud.ClaimBucket("stage", accountB, region); err != nil {
		t.Errorf("claim after release: %v", err)
	}
}
