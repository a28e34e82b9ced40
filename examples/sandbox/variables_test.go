//go:build cgo

package main

import (
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/duck"
	"github.com/redferry/redferry/testkit/pair"
)

// TestVariables: what -h documents is what the file has, and nothing else.
func TestVariables(t *testing.T) {
	p, err := pair.New(pair.Options{TLS: true, Engine: func(string) (fakeredshift.Engine, error) { return duck.New(nil) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	s := setup{env: filepath.Join(t.TempDir(), "sandbox.env"), tls: true}
	if err := publish(os.Stdout, p, s); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(s.env)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(s.env)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read the keys: %v, %v", info.Mode(), err)
	}
	got := make(map[string]bool)
	for line := range strings.Lines(string(content)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || len(value) < 3 || strings.ContainsAny(value, `'"`) {
			t.Errorf("line %q", line)
		}
		checkValue(t, name, value)
		got[name] = true
	}
	want := make(map[string]bool)
	for _, v := range documented {
		if rest, both := strings.CutPrefix(v.name, "X_"); both {
			want["A_"+rest], want["B_"+rest] = true, true
			continue
		}
		want[v.name] = true
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("variables (-documented +written):\n%s", diff)
	}
}

// checkValue holds a value against what its name promises.
func checkValue(t *testing.T, name, value string) {
	t.Helper()
	switch {
	case strings.HasSuffix(name, "_ENDPOINT"), strings.HasSuffix(name, "_URL"):
		u, err := url.Parse(value)
		if err != nil || u.Scheme == "" || u.Port() == "" {
			t.Errorf("%s=%s is no URL with a port: %v", name, value, err)
		}
	case strings.HasSuffix(name, "_ARN"):
		if !strings.HasPrefix(value, "arn:") {
			t.Errorf("%s=%s is no ARN", name, value)
		}
	case name == "CA_FILE", name == "PGSSLROOTCERT":
		if _, err := os.Stat(value); err != nil || filepath.Base(value) != "sandbox-ca.pem" {
			t.Errorf("%s=%s is not the certificate: %v", name, value, err)
		}
	}
}
