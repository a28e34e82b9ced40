package creds_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/credstest"
)

func equal[T any](a, b T) bool {
	return cmp.Equal(a, b, cmp.Comparer(func(a, b creds.Role) bool { return a == b }))
}

func setenv(t *testing.T, env map[string]string) {
	t.Helper()
	for name, value := range env {
		t.Setenv(name, value)
	}
}

func TestStatic(t *testing.T) {
	keys := creds.Keys{AccessKeyID: "AKIAX", SecretAccessKey: creds.NewSecret(canary), Source: "test"}
	credstest.TestProvider(t, creds.Static(keys), keys, equal, canary)
}

func TestEnvLogin(t *testing.T) {
	p := creds.EnvLogin("T_USER", "T_PASSWORD")
	credstest.TestAbsent(t, p)
	for name, value := range map[string]string{"T_USER": "ferry", "T_PASSWORD": canary} {
		t.Run(name+" alone", func(t *testing.T) {
			t.Setenv(name, value)
			credstest.TestBroken(t, p, canary)
		})
	}
	t.Run("both", func(t *testing.T) {
		setenv(t, map[string]string{"T_USER": "ferry", "T_PASSWORD": canary})
		want := creds.Login{User: "ferry", Password: creds.NewSecret(canary), Source: "env T_USER"}
		credstest.TestProvider(t, p, want, equal, canary)
	})
	t.Run("empty", func(t *testing.T) {
		setenv(t, map[string]string{"T_USER": "", "T_PASSWORD": ""})
		credstest.TestAbsent(t, p)
	})
}

func TestEnvKeys(t *testing.T) {
	id, secret, token := "_AWS_ACCESS_KEY_ID", "_AWS_SECRET_ACCESS_KEY", "_AWS_SESSION_TOKEN"
	keys := creds.Keys{AccessKeyID: "AKIAX", SecretAccessKey: creds.NewSecret(canary), Source: "env T_AWS_ACCESS_KEY_ID"}
	temporary := keys
	temporary.SessionToken = creds.NewSecret("canary-token")
	tests := []struct {
		name  string
		env   map[string]string
		want  *creds.Keys
		check func(*testing.T, creds.Provider[creds.Keys])
	}{
		{name: "nothing", check: credstest.TestAbsent[creds.Keys]},
		{name: "pair", env: map[string]string{id: "AKIAX", secret: canary}, want: &keys},
		{name: "temporary", env: map[string]string{id: "AKIAX", secret: canary, token: "canary-token"}, want: &temporary},
		{name: "no secret", env: map[string]string{id: "AKIAX"}, check: broken},
		{name: "no id", env: map[string]string{secret: canary}, check: broken},
		{name: "token alone", env: map[string]string{token: canary}, check: broken},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for name, value := range test.env {
				t.Setenv("T"+name, value)
			}
			p := creds.EnvKeys("T")
			if test.want != nil {
				credstest.TestProvider(t, p, *test.want, equal, canary, "canary-token")
				return
			}
			test.check(t, p)
		})
	}
	t.Run("no prefix", func(t *testing.T) {
		setenv(t, map[string]string{id[1:]: "AKIAX", secret[1:]: canary, token[1:]: ""})
		want := keys
		want.Source = "env AWS_ACCESS_KEY_ID"
		credstest.TestProvider(t, creds.EnvKeys(""), want, equal, canary)
	})
}

func broken(t *testing.T, p creds.Provider[creds.Keys]) {
	t.Helper()
	credstest.TestBroken(t, p, canary)
}

func TestEnvRole(t *testing.T) {
	p := creds.EnvRole("T_ROLE")
	credstest.TestAbsent(t, p)
	t.Run("good", func(t *testing.T) {
		t.Setenv("T_ROLE", "arn:aws:iam::111122223333:role/copier")
		credstest.TestProvider(t, p, creds.MustParseRole("arn:aws:iam::111122223333:role/copier"), equal)
	})
	t.Run("bad", func(t *testing.T) {
		t.Setenv("T_ROLE", "default")
		credstest.TestBroken(t, p)
		if _, err := p.Retrieve(t.Context()); !errors.Is(err, creds.ErrRole) || !strings.Contains(err.Error(), "T_ROLE") {
			t.Errorf("error %v does not wrap ErrRole or does not name the variable", err)
		}
	})
}

func failing(err error) creds.Provider[creds.Login] {
	return creds.ProviderFunc[creds.Login](func(context.Context) (creds.Login, error) { return creds.Login{}, err })
}

func TestChain(t *testing.T) {
	first := creds.Login{User: "first", Password: creds.NewSecret(canary)}
	second := creds.Login{User: "second", Password: creds.NewSecret(canary)}
	absent := creds.EnvLogin("T_USER", "T_PASSWORD")
	errBroken := errors.New("the tier is broken")

	credstest.TestProvider(t, creds.Chain(creds.Static(first), creds.Static(second)), first, equal, canary)
	credstest.TestProvider(t, creds.Chain(absent, creds.Static(second)), second, equal, canary)
	credstest.TestBroken(t, creds.Chain(absent, failing(errBroken), creds.Static(second)), canary)
	credstest.TestAbsent(t, creds.Chain[creds.Login]())

	all := creds.Chain(absent, creds.EnvLogin("U_USER", "U_PASSWORD"))
	credstest.TestAbsent(t, all)
	_, err := all.Retrieve(t.Context())
	if want := "creds: absent: env T_USER and T_PASSWORD are not set; env U_USER and U_PASSWORD are not set"; err.Error() != want {
		t.Errorf("error = %q, want %q", err, want)
	}
	if _, err := creds.Chain(failing(errBroken)).Retrieve(t.Context()); !errors.Is(err, errBroken) {
		t.Errorf("error %v does not wrap the tier's own", err)
	}
}
