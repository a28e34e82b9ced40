package fakeaws_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/redferry/redferry/testkit/fakeaws"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	accountA = "111122223333"
	accountB = "444455556666"
	region   = "eu-west-1"
)

func account(t *testing.T, c *fakeaws.Cloud, id string) *fakeaws.Account {
	t.Helper()
	a, err := c.Account(id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func user(t *testing.T, a *fakeaws.Account, name string, policies ...fakeaws.Policy) *fakeaws.User {
	t.Helper()
	u, err := a.CreateUser(name, policies...)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
