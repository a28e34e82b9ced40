package main

import (
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/redferry/redferry/internal/rival/hollow"
)

// TestMain is the program itself in the processes of servers.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == serveCommand {
		main()
	}
	goleak.VerifyTestMain(m)
}

var tiny = []hollow.Set{
	{Name: "parts", Count: 1, Size: 40<<20 + 1},
	{Name: "few", Count: 20, Size: 3<<20 - 1},
	{Name: "empty", Count: 3},
	{Name: same, Count: 2500, Size: 1},
}

// contestOf is a contest of programs on the tiny sets that has no uncounted rounds.
func contestOf(t *testing.T, secure bool, programs ...program) *contest {
	t.Helper()
	e, err := start(t.TempDir(), secure, tiny)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.close)
	return &contest{ends: e, programs: programs, rounds: 1, progress: t.Output()}
}

// TestCopies copies with bridgecopy and with pipe, over HTTP and HTTPS, and prints the
// table.
func TestCopies(t *testing.T) {
	for _, name := range []string{ours, "pipe"} {
		p, err := settings{}.find(t.Context(), name, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for _, scheme := range []string{"HTTP", "HTTPS"} {
			t.Run(name+"/"+scheme, func(t *testing.T) { copies(t, *p, scheme) })
		}
	}
}

func copies(t *testing.T, p program, scheme string) {
	c := contestOf(t, scheme == "HTTPS", p)
	for _, set := range tiny {
		if set.Name == same && p.name == "pipe" {
			continue // it copies what is there already
		}
		var rows strings.Builder
		results, err := c.run(t.Context(), set)
		if err != nil {
			t.Error(err)
			continue
		}
		writeRows(&rows, set.Name, c.ends.scheme(), results)
		if want := "| " + set.Name + " | " + scheme + " | " + p.name + " | "; !strings.HasPrefix(rows.String(), want) {
			t.Errorf("the row is %q, want one that begins with %q", &rows, want)
		}
	}
}

// TestNoCopy: a program that says all is well and did nothing, or fails, has no figure.
func TestNoCopy(t *testing.T) {
	script := func(text string) program {
		return program{"script", "/bin/sh", func(*ends, hollow.Set, string) []string { return []string{"-c", text} }}
	}
	for _, tt := range []struct{ name, text, want string }{
		{"nothing was done", "exit 0", "few, script: it is no copy: 0 objects at the target, want 20"},
		{"it fails", "echo why; exit 3", "few, script: exit status 3\nwhy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := contestOf(t, false, script(tt.text)).run(t.Context(), tiny[1])
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("run = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	set, all := hollow.Set{Name: "few", Count: 3, Size: 10}, hollow.Report{Objects: 3, Bytes: 30, Listed: 3}
	listed := hollow.Report{Listed: 3}
	for _, tt := range []struct {
		name           string
		set            hollow.Set
		source, target hollow.Report
		want           string
	}{
		{"a copy", set, listed, all, ""},
		{"the source was listed twice", set, hollow.Report{Listed: 6}, all, ""},
		{"an object is missing", set, listed, hollow.Report{Objects: 2, Bytes: 20}, "2 objects at the target, want 3; 20 bytes"},
		{"an object is short", set, listed, hollow.Report{Objects: 3, Bytes: 29}, "29 bytes at the target, want 30"},
		{"an object differs", set, listed, hollow.Report{Objects: 3, Bytes: 30, Wrong: []string{"b/few/1"}}, "differ from the source: b/few/1"},
		{"an upload is open", set, listed, hollow.Report{Objects: 3, Bytes: 30, Open: 1}, "1 open uploads"},
		{"the source was not listed", set, hollow.Report{}, all, "0 keys listed at the source"},
		{"nothing to do", hollow.Set{Name: same, Count: 3, Size: 10}, listed, listed, ""},
		{"the target was not listed", hollow.Set{Name: same, Count: 3, Size: 10}, listed, hollow.Report{}, "0 keys listed at the target"},
		{"something was sent again", hollow.Set{Name: same, Count: 3, Size: 10}, listed, all, "3 objects at the target, want 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := check(tt.set, tt.source, tt.target)
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
			} else if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("check = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestChoose(t *testing.T) {
	if _, err := choose([]string{"big", "huge"}); err == nil || !strings.Contains(err.Error(), `"huge" is no set`) || !strings.Contains(err.Error(), "128 x 16 MiB") {
		t.Errorf("choose = %v, want an error that lists the sets", err)
	}
	if _, err := (settings{programs: "theirs"}).install(t.Context(), ""); err == nil {
		t.Error("a program that nobody knows takes part")
	}
}
