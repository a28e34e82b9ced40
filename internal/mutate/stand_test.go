package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// met is a package of which each test reaches one function, or none.
const met = `package p

const all = 1 + 1

func boundary(n int) bool { return n > 1 }

func sum() int { return 1 + 2 }

func product() int { return 2 * 2 }

func long() bool { return all > 1 }

func nobody(n int) bool { return n > 3 || all + 4 > n }
`

const metTest = `package p

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestBoundary(t *testing.T) {
	if boundary(0) {
		t.Error()
	}
}

func TestSum(t *testing.T) {
	if sum() < 0 {
		t.Error()
	}
}

func ExampleProduct() {
	fmt.Println(product())
	// Output: 4
}

func TestLong(t *testing.T) {
	long()
	t.Error()
}

// TestText fails for each mutant that it meets, and reaches none.
func TestText(t *testing.T) {
	text, err := os.ReadFile("p.go")
	if err != nil || strings.Count(string(text), "\n") != 13 {
		t.Error(err)
	}
}
`

// TestStandIn: what gremlins is told of a mutant, by exit status: 1 is killed,
// 2 is not viable, 0 lives. It meets only the tests that reach it.
func TestStandIn(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(envGo, goTool)
	root := t.TempDir()
	t.Chdir(root)
	write(t, "go.mod", "module example.com/p\n")
	write(t, "p.go", met)
	write(t, "p_test.go", metTest)
	s, err := build(t.Context(), t.TempDir(), root, ".", "^TestLong$")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(envSchema, s.file())
	for _, tt := range []struct {
		name, code, mutant string
		want               int
	}{
		{"none", "", "", 0},
		{"lives", "n > 1", "n >= 1", 0},
		{"killed", "n > 1", "n <= 1", 1},
		{"lives, compiled alone", "1 + 2", "1 * 2", 0},
		{"killed, compiled alone", "1 + 2", "1 - 2", 1},
		{"does not compile", "1 + 2", `1 + "2"`, notViable},
		{"panics", "1 + 2", `func() int { panic("no") }()`, 1},
		{"killed by an example", "2 * 2", "2 / 2", 1},
		{"lives without the test", "all > 1", "all <= 1", 0},
		{"reached by no test", "n > 3", "n <= 3", 0},
		{"reached by no test, compiled alone", "all + 4", "all - 4", 0},
		{"in no function", "1 + 1", "1 * 1", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			mutated := strings.Replace(met, tt.code, tt.mutant, 1)
			if tt.code != "" {
				mutated += "\n" // for TestText
			}
			write(t, filepath.Join(dir, "go.mod"), "module example.com/p\n")
			write(t, filepath.Join(dir, "p.go"), mutated)
			write(t, filepath.Join(dir, "p_test.go"), metTest)
			if got := standIn([]string{"test", "-timeout", "1m0s", "-failfast", "example.com/p"}); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

// TestNothingKnown: a mutant that could not be tested does not count as killed.
func TestNothingKnown(t *testing.T) {
	t.Setenv(envSchema, filepath.Join(t.TempDir(), "none"))
	if got := standIn([]string{"test", "-timeout", "1m0s", "-failfast", "example.com/p"}); got != notMet {
		t.Errorf("got %d", got)
	}
}
