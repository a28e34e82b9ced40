package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// What the process that stands in for go is told.
const (
	envGo      = "MUTATE_GO"      // the real one
	envPackage = "MUTATE_PACKAGE" // relative to the module
	envLast    = "MUTATE_LAST"    // see plan
	envNever   = "MUTATE_NEVER"
)

// notViable is the exit status that gremlins takes for a mutant that does not
// compile. The go command has not used it for that since Go 1.20 or so: all
// failures are 1 now, and each such mutant would count as killed.
const notViable = 2

// memory bounds what a test may use, in KiB of address space: a mutated loop may
// never end and grow. Some systems have no such limit.
const memory = 8 << 20

// coverTime is the least time of the run that measures coverage. Gremlins gives
// each mutant five times as long, and on a busy machine building alone takes
// longer than the tests of a small package.
const coverTime = 7 * time.Second

// standIn does what gremlins asks of go, and returns the exit status.
func standIn(args []string) int {
	switch {
	case len(args) == 0 || args[0] != "test":
		return goRun(args)
	case slices.Contains(args, "-coverprofile"):
		return cover(args[slices.Index(args, "-coverprofile")+1])
	}
	return meet(append([]string{"test", "-vet=off", "-ldflags=-s"}, args[1:]...))
}

// meet runs tests against a mutant until one fails, the quick ones first.
func meet(flags []string) int {
	last, never := os.Getenv(envLast), os.Getenv(envNever)
	others := skipping(flags, either(last, never))
	status := goRun(others)
	if status == 0 && last != "" {
		status = goRun(slices.Insert(flags, 1, "-run="+last))
	}
	return status
}

// skipping adds the pattern of tests that are left out, if there is one.
func skipping(flags []string, pattern string) []string {
	if pattern == "" {
		return flags
	}
	return slices.Insert(slices.Clone(flags), 1, "-skip="+pattern)
}

// cover writes the profile of the tests that meet all mutants, completed.
func cover(profile string) int {
	end := time.After(coverTime)
	pkg := os.Getenv(envPackage)
	flags := skipping([]string{"test", "-count=1", "-coverprofile", profile, "./" + pkg}, either(os.Getenv(envLast), os.Getenv(envNever)))
	if status := goRun(flags); status != 0 {
		return status
	}
	if err := complete(profile, pkg); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	<-end
	return 0
}

// goRun runs the real go under a limit of memory, and without cgo: what needs it
// are tests that are there without it, too, on one more engine, and they take a
// minute to link and run.
func goRun(args []string) int {
	limited := fmt.Sprintf(`ulimit -v %d 2>/dev/null; exec "$@"`, memory)
	cmd := exec.Command("sh", append([]string{"-c", limited, "sh", os.Getenv(envGo)}, args...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	_, _ = os.Stdout.Write(out.Bytes())
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case strings.Contains(out.String(), "[build failed]"):
		return notViable
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		return 1
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}
