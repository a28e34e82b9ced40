package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestStandIn: what gremlins is told of a mutant, by exit status: 1 is killed,
// 2 is not viable, 0 lives.
func TestStandIn(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, code, late, last, never string
		want                          int
	}{
		{"lives", "return 1", "", "", "", 0},
		{"killed", "return 2", "", "", "", 1},
		{"does not compile", `return "1"`, "", "", "", notViable},
		{"panics", `panic("no")`, "", "", "", 1},
		{"killed by a late test", "return 2", "TestF", "", "", 1},
		{"killed by the last test", "return 2", "", "TestF", "", 1},
		{"lives without the test", "return 2", "", "", "TestF", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			t.Setenv(envGo, goTool)
			t.Setenv(envLate, tt.late)
			t.Setenv(envLast, tt.last)
			t.Setenv(envNever, tt.never)
			write(t, filepath.Join(dir, "go.mod"), "module example.com/p\n")
			write(t, filepath.Join(dir, "p.go"), "package p\n\nfunc f() int { "+tt.code+" }\n")
			write(t, filepath.Join(dir, "p_test.go"), "package p\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) {\n\tif f() != 1 {\n\t\tt.Fail()\n\t}\n}\n")
			if got := standIn([]string{"test", "-timeout", "1m0s", "-failfast", "example.com/p"}); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}
