package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// What the process that stands in for go is told.
const (
	envGo      = "MUTATE_GO"      // the real one
	envPackage = "MUTATE_PACKAGE" // relative to the module
	envNever   = "MUTATE_NEVER"   // see plan
	envSchema  = "MUTATE_SCHEMA"  // a file
)

// notViable is the exit status that gremlins takes for a mutant that does not
// compile. The go command has not used it for that since Go 1.20 or so: all
// failures are 1 now, and each such mutant would count as killed.
const notViable = 2

// notMet is what gremlins takes for a mutant that lives: nothing is known of it.
const notMet = 3

// memory bounds what a test may use, in KiB of address space: a mutated loop may
// never end and grow. Some systems have no such limit.
const memory = 8 << 20

// coverTime is the least time of the run that measures coverage. Gremlins gives
// each mutant twice as long. One that lives meets its tests in several
// processes, and on a busy machine would count as one that never ends.
const coverTime = 20 * time.Second

// standIn does what gremlins asks of go, and returns the exit status.
func standIn(args []string) int {
	switch {
	case len(args) == 0 || args[0] != "test":
		return goRun(args)
	case slices.Contains(args, "-coverprofile"):
		return cover(args[slices.Index(args, "-coverprofile")+1])
	}
	status, err := meet(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return notMet
	}
	return status
}

// meet runs the tests that reach a mutant until one fails, the quick ones first.
// If none reaches it, it lives.
func meet(args []string) (status int, err error) {
	s, err := readSchema(os.Getenv(envSchema))
	if err != nil {
		return 0, err
	}
	timeout, err := time.ParseDuration(args[slices.Index(args, "-timeout")+1])
	if err != nil {
		return 0, err
	}
	end := time.Now().Add(timeout)
	mutant := s.find()
	program := s.Program
	if mutant.Number == 0 {
		dir, err := os.MkdirTemp(filepath.Dir(s.Program), "mutant-")
		if err != nil {
			return 0, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		program = filepath.Join(dir, "mutant.test")
		if goRun([]string{"test", "-c", "-vet=off", "-ldflags=-s", "-o", program, "."}) != 0 {
			return notViable, nil
		}
	}
	for _, group := range s.groups(mutant.Mark) {
		if len(group) == 0 {
			continue
		}
		args := []string{"-test.run=^(" + strings.Join(group, "|") + ")$", "-test.failfast", "-test.timeout=" + max(time.Until(end), 1).String()}
		if status := limited(program, args, fmt.Sprintf("%s=%d", envMutant, mutant.Number)); status != 0 {
			return status, nil
		}
	}
	return 0, nil
}

// cover writes the profile of the tests that mutants meet, completed.
func cover(profile string) int {
	end := time.After(coverTime)
	pkg := os.Getenv(envPackage)
	flags := []string{"test", "-count=1", "-coverprofile", profile}
	if never := os.Getenv(envNever); never != "" {
		flags = append(flags, "-skip="+never)
	}
	if status := goRun(append(flags, "./"+pkg)); status != 0 {
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
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		return 1
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}
