package main

import (
	"bytes"
	"encoding/json"
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
	envLate    = "MUTATE_LATE"    // see plan
	envLast    = "MUTATE_LAST"
	envNever   = "MUTATE_NEVER"
	envSchema  = "MUTATE_SCHEMA" // a file; empty if there is none
)

// notViable is the exit status that gremlins takes for a mutant that does not
// compile. The go command has not used it for that since Go 1.20 or so: all
// failures are 1 now, and each such mutant would count as killed.
const notViable = 2

// memory bounds what a test may use, in KiB of address space: a mutated loop may
// never end and grow. Some systems have no such limit.
const memory = 8 << 20

// coverTime is the least time of the run that measures coverage. Gremlins gives
// each mutant three times as long. One that lives meets the longest tests, too, and
// on a busy machine would count as one that never ends.
const coverTime = 20 * time.Second

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

// meet runs tests against a mutant until one fails, the quick ones first. Examples
// come last: go test runs them after a test that failed, too, and not in virtual
// time.
func meet(flags []string) int {
	late, last, never := os.Getenv(envLate), os.Getenv(envLast), os.Getenv(envNever)
	test := goRun
	if program, mutant, ok := inSchema(); ok {
		test = func(flags []string) int { return schemaRun(program, mutant, flags) }
	}
	status := test(running(flags, "^(Test|Fuzz)", either(either(last, never), late)))
	if status == 0 && late != "" {
		status = test(running(flags, late, either(last, never)))
	}
	if status == 0 {
		status = test(running(flags, either("^Example", last), ""))
	}
	return status
}

// inSchema returns the program that has the mutant in the working directory, and
// its number there.
func inSchema() (program string, mutant int, ok bool) {
	data, err := os.ReadFile(os.Getenv(envSchema))
	if err != nil {
		return "", 0, false
	}
	var s schema
	if err := json.Unmarshal(data, &s); err != nil {
		return "", 0, false
	}
	mutant, ok = s.find()
	return s.Program, mutant, ok
}

// schemaRun runs a test program as go test does.
func schemaRun(program string, mutant int, flags []string) int {
	var args []string
	for _, flag := range flags {
		for _, name := range []string{"-run", "-skip", "-timeout", "-failfast"} {
			if flag == name || strings.HasPrefix(flag, name+"=") {
				args = append(args, "-test."+flag[1:])
			}
		}
		if _, err := time.ParseDuration(flag); err == nil { // of -timeout
			args = append(args, flag)
		}
	}
	return limited(program, args, fmt.Sprintf("%s=%d", envMutant, mutant))
}

// running adds the patterns of tests that are run and, of these, of those that are
// not; a pattern may be empty. In one of those that are not, names of subtests come
// last: a test whose name is the beginning of one is run, whatever follows.
func running(flags []string, run, skip string) []string {
	if skip != "" {
		flags = slices.Insert(slices.Clone(flags), 1, "-skip="+skip)
	}
	if run != "" {
		flags = slices.Insert(slices.Clone(flags), 1, "-run="+run)
	}
	return flags
}

// cover writes the profile of the tests that meet all mutants, completed.
func cover(profile string) int {
	end := time.After(coverTime)
	pkg := os.Getenv(envPackage)
	flags := running([]string{"test", "-count=1", "-coverprofile", profile, "./" + pkg}, "", either(os.Getenv(envLast), os.Getenv(envNever)))
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
	return limited(os.Getenv(envGo), args, "CGO_ENABLED=0")
}

func limited(program string, args []string, env string) int {
	script := fmt.Sprintf(`ulimit -v %d 2>/dev/null; exec "$@"`, memory)
	cmd := exec.Command("sh", append([]string{"-c", script, "sh", program}, args...)...)
	cmd.Env = append(os.Environ(), env)
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
