// Command mutate runs gremlins, a mutation tester, over packages of this module:
//
//	go run ./internal/mutate [-min percent] [-without pattern] [package ...]
//
// A mutant is the package with one operator changed; it is killed if a test
// fails, and lives if none does. Printed are a table, in Markdown, and the
// mutants that live. The exit status is 1 if the efficacy of a package, killed /
// (killed + lived), is below -min, or if docs/mutation.md does not name one of
// those that live.
//
// Four things differ from gremlins alone, all done by standing in for the go
// command that it calls (see stand.go): the conditions of switch cases and the
// declarations of a package count as covered when they are; a mutant that does
// not compile is not viable, where gremlins would call it killed; most mutants
// are compiled together (see schema.go); and a mutant meets only the tests that
// reach it, quick ones first (see reach.go).
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// gremlins is pinned: its output is read.
const gremlins = "github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0"

// A plan says how a package is mutated.
type plan struct {
	pkg   string
	never string // the names of tests that are too long for a mutant, as a pattern; CI runs them
}

var plans = []plan{
	{pkg: "validate"},
	{pkg: "unload"},
	{pkg: "copyload"},
	{pkg: "pipeline", never: "^TestEachRequestFailsOnce$"},
	{pkg: "bridge"},
}

func main() {
	if strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") == "go" {
		os.Exit(standIn(os.Args[1:]))
	}
	least := flag.Float64("min", 92, "the least efficacy of a package, in percent")
	without := flag.String("without", "", "leave out files whose names this regular expression matches")
	flag.Parse()
	ok, err := run(context.Background(), os.Stdout, flag.Args(), *without, *least)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// run mutates the packages, all that have a plan if none is named, and reports
// whether each is as good as it must be.
func run(ctx context.Context, w io.Writer, packages []string, without string, least float64) (bool, error) {
	root, err := output(ctx, "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return false, err
	}
	if err := os.Chdir(root); err != nil {
		return false, err
	}
	chosen, err := choose(packages)
	if err != nil {
		return false, err
	}
	tools, err := install(ctx)
	if err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(tools) }()
	var results []*result
	for _, p := range chosen {
		r, err := mutate(ctx, tools, p, without)
		if err != nil {
			return false, fmt.Errorf("mutate: %s: %w", p.pkg, err)
		}
		results = append(results, r)
	}
	return report(w, results, least)
}

func choose(packages []string) ([]plan, error) {
	if len(packages) == 0 {
		return plans, nil
	}
	var chosen []plan
	for _, name := range packages {
		name = filepath.ToSlash(filepath.Clean(name))
		if _, err := os.Stat(name); err != nil {
			return nil, fmt.Errorf("mutate: %w", err)
		}
		p := plan{pkg: name}
		if i := slices.IndexFunc(plans, func(p plan) bool { return p.pkg == name }); i >= 0 {
			p = plans[i]
		}
		chosen = append(chosen, p)
	}
	return chosen, nil
}

// install returns a directory of its own with gremlins in it and, in go/, this
// program under the name go.
func install(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "install", gremlins)
	cmd.Env = append(os.Environ(), "GOBIN="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("mutate: go install %s: %w\n%s", gremlins, err, out)
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	data, err := os.ReadFile(self)
	if err != nil {
		return "", err
	}
	if err := os.Mkdir(filepath.Join(dir, "go"), 0o700); err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "go", "go"), data, 0o700)
}

// mutate runs gremlins over one package, with this program in place of go.
func mutate(ctx context.Context, tools string, p plan, without string) (*result, error) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		return nil, err
	}
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	s, err := build(ctx, tools, root, p.pkg, p.never)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "%s: %d mutants compiled together, %d marks, reached by %d tests, in %s\n",
		p.pkg, len(s.Mutants), s.Marks, len(s.Tests), time.Since(start).Round(time.Second))
	file := filepath.Join(tools, strings.ReplaceAll(p.pkg, "/", "-")+".json")
	cmd := exec.CommandContext(ctx, filepath.Join(tools, "gremlins"), "unleash",
		"--workers", "1", "--timeout-coefficient", "2", "--output", file, "--output-statuses", "lctkv",
		"--exclude-files", excluded(without),
		"--invert-logical", "--invert-loopctrl", "--invert-assignments", "--remove-self-assignments",
		"./"+p.pkg)
	cmd.Env = append(os.Environ(),
		"PATH="+filepath.Join(tools, "go")+string(os.PathListSeparator)+os.Getenv("PATH"),
		envGo+"="+goTool, envPackage+"="+p.pkg, envNever+"="+p.never, envSchema+"="+s.file())
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	r, err := readResult(file, p.pkg)
	if err != nil {
		return nil, err
	}
	r.took = time.Since(start).Round(time.Second)
	return r, nil
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return "", fmt.Errorf("mutate: %s %s: %w", name, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

// excluded is the pattern of the files that are left out: what lies below the
// package, which is another one, and what matches without, if it is not empty.
func excluded(without string) string {
	if without == "" {
		return "/"
	}
	return "/|" + without
}
