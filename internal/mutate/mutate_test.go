package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const source = `package p

const limit = 2 * 3

func f(n int) int {
	switch {
	case n > limit:
		return 1
	case n < 0:
		return 2
	}
	return 3
}

func g(n int) bool {
	switch {
	case n > 1:
		return true
	}
	return false
}

var h = func() int { return 1 + 1 }
`

// TestUnseen: of code that the cover tool puts into no block, what runs counts
// as covered, and what does not run does not.
func TestUnseen(t *testing.T) {
	covered := []block{{place{5, 19}, place{6, 9}}, {place{12, 2}, place{12, 10}}} // f, but none of its cases; not g
	found, err := unseen([]byte(source), covered)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range found {
		got = append(got, b.String())
	}
	want := []string{"3.1,3.20", "7.2,7.16", "9.2,9.12"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("blocks (-want +got):\n%s", diff)
	}
}

func TestComplete(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "p.go"), source)
	profile := filepath.Join(dir, "profile")
	before := "mode: set\nexample.com/p/p.go:5.19,6.9 1 1\nexample.com/p/p.go:8.3,8.11 1 0\n"
	write(t, profile, before)
	if err := complete(profile, dir); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(profile)
	if err != nil {
		t.Fatal(err)
	}
	want := before + "example.com/p/p.go:3.1,3.20 1 1\nexample.com/p/p.go:7.2,7.16 1 1\nexample.com/p/p.go:9.2,9.12 1 1\n"
	if diff := cmp.Diff(want, string(after)); diff != "" {
		t.Errorf("profile (-want +got):\n%s", diff)
	}
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestReport: a package passes only if it reaches the efficacy and each mutant
// that lives is in the list.
func TestReport(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "p.go", source)
	write(t, "result.json", `{"files":[{"file_name":"p.go","mutations":[
		{"type":"CONDITIONALS_BOUNDARY","status":"LIVED","line":7,"column":9},
		{"type":"CONDITIONALS_NEGATION","status":"KILLED","line":7,"column":9},
		{"type":"CONDITIONALS_NEGATION","status":"KILLED","line":9,"column":9},
		{"type":"ARITHMETIC_BASE","status":"NOT COVERED","line":23,"column":31},
		{"type":"ARITHMETIC_BASE","status":"TIMED OUT","line":3,"column":17}]}]}`)
	r, err := readResult("result.json", ".")
	if err != nil {
		t.Fatal(err)
	}
	r.took = time.Minute
	const lives = "`p.go` conditionals boundary `case n »> limit:`"
	if want := []string{lives}; !slices.Equal(r.lived, want) {
		t.Errorf("got %q, want %q", r.lived, want)
	}
	for _, tt := range []struct {
		name  string
		least float64
		list  string
		ok    bool
	}{
		{"reached, in the list", 66, "- " + lives + ": harmless", true},
		{"not reached", 67, "- " + lives + ": harmless", false},
		{"not in the list", 66, "", false},
	} {
		if err := os.MkdirAll("docs", 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, list, tt.list)
		var b strings.Builder
		ok, err := report(&b, []*result{r}, tt.least)
		if err != nil || ok != tt.ok {
			t.Errorf("%s: got %t, %v", tt.name, ok, err)
		}
		if row := "| . | 2 | 1 | 1 | 1 | 0 | 66.6 % | 80.0 % | 1m0s |"; !strings.Contains(b.String(), row) {
			t.Errorf("no row %q in\n%s", row, b.String())
		}
	}
}

func TestChoose(t *testing.T) {
	t.Chdir("../..")
	all, err := choose(nil)
	if err != nil || len(all) != len(plans) {
		t.Errorf("got %v, %v", all, err)
	}
	for _, p := range all {
		if _, err := os.Stat(p.pkg); err != nil {
			t.Error(err)
		}
	}
	some, err := choose([]string{"./bridge/", "ddl"})
	if want := []plan{plans[slices.IndexFunc(plans, func(p plan) bool { return p.pkg == "bridge" })], {pkg: "ddl"}}; err != nil || !slices.Equal(some, want) {
		t.Errorf("got %v, %v, want %v", some, err, want)
	}
	if _, err := choose([]string{"brigde"}); err == nil {
		t.Error("a package that is not there is accepted")
	}
}
