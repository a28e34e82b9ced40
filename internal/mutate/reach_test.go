package main

import (
	"cmp"
	"go/token"
	"slices"
	"strings"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"
)

const marked = `package p

import "os/exec"

const size = 2 * 3

func f(n int) int {
	if n > 1 {
		func() {
			if n == 2 && size > n {
				n += 1
			}
		}()
	}
	return n - 1
}

func child(program string) error { return exec.Command(program, "-test.run=^TestChild$").Run() }

func both(a, b int) bool { return a < b }

var atStart = both(1, 2)
`

const markedTest = `package p

import (
	"os"
	"sync"
	"testing"
	"testing/synctest"
)

func TestNone(t *testing.T) {}

func TestOne(t *testing.T) { f(1) }

func TestTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { f(2) })
		}
		all.Wait()
	})
}

func TestChild(t *testing.T) {
	if os.Getenv("KILLED") == "" {
		t.Setenv("KILLED", "yes")
		if err := child(os.Args[0]); err == nil {
			t.Error("it ends")
		}
		return
	}
	f(1)
	p, _ := os.FindProcess(os.Getpid())
	p.Kill()
	select {}
}

func BenchmarkOf(b *testing.B) { b.Error() }

func TestNever(t *testing.T) { t.Error() }
`

// TestReach: of each test, run alone, is recorded what it reaches, in whatever
// process.
func TestReach(t *testing.T) {
	root := t.TempDir()
	t.Chdir(root)
	write(t, "go.mod", "module example.com/p\n\ngo 1.25\n")
	write(t, "p/p.go", marked)
	write(t, "p/p_test.go", markedTest)
	if _, err := build(t.Context(), t.TempDir(), root, "p", ""); err == nil || !strings.Contains(err.Error(), "TestNever fails, alone") {
		t.Errorf("a program that fails a test is taken for a schema, or it is not named: %v", err)
	}
	s, err := build(t.Context(), t.TempDir(), root, "p", "^TestNever$")
	if err != nil {
		t.Fatal(err)
	}
	read, err := readSchema(s.file())
	if err != nil {
		t.Fatal(err)
	}
	if d := diff.Diff(s, read); d != "" {
		t.Errorf("written and read:\n%s", d)
	}
	for _, tt := range []struct {
		place    string
		operator token.Token
		number   bool // whether it is compiled with others
		want     string
	}{
		{"> 1", token.GEQ, true, "TestOne TestTwo TestChild"},
		{"== 2", token.NEQ, true, "TestTwo"},
		{"> n ", token.GEQ, true, "TestTwo"},
		{"< b", token.LEQ, true, "TestNone TestOne TestTwo TestChild"},
		{"+= 1", token.SUB_ASSIGN, false, "TestOne TestTwo TestChild"},
		{"- 1", token.ADD, false, "TestOne TestTwo TestChild"},
		{"* 3", token.QUO, false, "TestNone TestOne TestTwo TestChild"},
	} {
		v := read.at("p.go", strings.Index(marked, tt.place), tt.operator)
		var names []string
		for _, group := range read.groups(v.Mark) {
			names = append(names, group...)
		}
		order := strings.Fields("TestNone TestOne TestTwo TestChild")
		slices.SortFunc(names, func(a, b string) int { return cmp.Compare(slices.Index(order, a), slices.Index(order, b)) })
		if got := strings.Join(names, " "); got != tt.want || (v.Number > 0) != tt.number {
			t.Errorf("%s for %s: number %d, reached by %s, want %s", tt.operator, tt.place, v.Number, got, tt.want)
		}
	}
}

// TestGroups: quick tests come first, and examples last.
func TestGroups(t *testing.T) {
	s := schema{Tests: []test{
		{"TestSlow", slow, []int{1}},
		{"ExampleA", time.Millisecond, []int{1}},
		{"TestQuick", time.Millisecond, []int{1, 2}},
		{"FuzzMiddle", quick, []int{1}},
		{"TestOther", time.Millisecond, []int{2}},
		{"TestNothing", time.Millisecond, nil},
		{"TestMiddle", slow - 1, []int{1}},
	}}
	for mark, want := range map[int][4][]string{
		0: {{"TestQuick", "TestOther", "TestNothing"}, {"FuzzMiddle", "TestMiddle"}, {"TestSlow"}, {"ExampleA"}},
		1: {{"TestQuick"}, {"FuzzMiddle", "TestMiddle"}, {"TestSlow"}, {"ExampleA"}},
		2: {{"TestQuick", "TestOther"}, nil, nil, nil},
		3: {},
	} {
		if d := diff.Diff(want, s.groups(mark)); d != "" {
			t.Errorf("mark %d (-want +got):\n%s", mark, d)
		}
	}
}
