//go:build cgo

package main

import (
	"maps"
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
		if !ok || len(value) < 3 {
			t.Errorf("line %q", line)
		}
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
