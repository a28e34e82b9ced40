package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A test is one of a package's, run alone.
type test struct {
	Name  string
	Took  time.Duration
	Marks []int // that it reaches
}

// envReach names the file to which a program adds the number of each mark, a line
// each, when it first reaches it. Without it, marks do nothing.
const envReach = "MUTATE_REACH"

// What is added to a package, under names that it will not have itself.
const (
	helperFile     = "helper_of_the_mutants.go"
	mutantVariable = "mutantOfThisRun"
	markFunction   = "markReachedByTheMutants"
)

// helper is the text of the file that is added. It writes at once: a test may
// kill the program. Processes that a test starts inherit the environment, and
// add to the same file.
func helper(clause string, marks int) string {
	return fmt.Sprintf(`package %s

import (
	osOfTheMutants "os"
	strconvOfTheMutants "strconv"
	atomicOfTheMutants "sync/atomic"
)

var %s = osOfTheMutants.Getenv(%q)

var marksOfTheMutants [%d]atomicOfTheMutants.Bool

var fileOfTheMutants = func() *osOfTheMutants.File {
	name := osOfTheMutants.Getenv(%q)
	if name == "" {
		return nil
	}
	f, err := osOfTheMutants.OpenFile(name, osOfTheMutants.O_CREATE|osOfTheMutants.O_APPEND|osOfTheMutants.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	return f
}()

func %s(mark int) {
	if fileOfTheMutants == nil || marksOfTheMutants[mark].Load() || marksOfTheMutants[mark].Swap(true) {
		return
	}
	if _, err := fileOfTheMutants.WriteString(strconvOfTheMutants.Itoa(mark) + "\n"); err != nil {
		panic(err)
	}
}
`, clause, mutantVariable, envMutant, marks+1, envReach, markFunction)
}

// record runs each test but those whose names match never alone, and notes how
// long it takes and what it reaches.
func (s *schema) record(ctx context.Context, never string) error {
	out, err := exec.CommandContext(ctx, s.Program, "-test.list=^(Test|Fuzz|Example)").CombinedOutput()
	if err != nil {
		return fmt.Errorf("list the tests: %w\n%s", err, out)
	}
	not, err := regexp.Compile(cmp.Or(never, "^$"))
	if err != nil {
		return err
	}
	for _, name := range regexp.MustCompile(`(?m)^(Test|Fuzz|Example)\S*$`).FindAllString(string(out), -1) {
		if not.MatchString(name) {
			continue
		}
		t, err := s.alone(ctx, name)
		if err != nil {
			return err
		}
		s.Tests = append(s.Tests, t)
	}
	return nil
}

// alone runs one test against what is no mutant.
func (s *schema) alone(ctx context.Context, name string) (test, error) {
	dir, err := os.MkdirTemp(filepath.Dir(s.Program), "reach-")
	if err != nil {
		return test{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "marks")
	cmd := exec.CommandContext(ctx, s.Program, "-test.run=^"+name+"$", "-test.count=1", "-test.timeout=10m")
	cmd.Dir = s.Package
	cmd.Env = append(os.Environ(), envReach+"="+file)
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return test{}, fmt.Errorf("%s fails, alone and with no mutant: %w\n%s", name, err, out)
	}
	t := test{Name: name, Took: time.Since(start)}
	data, err := os.ReadFile(file)
	if err != nil {
		return test{}, err
	}
	for _, line := range strings.Fields(string(data)) {
		mark, err := strconv.Atoi(line)
		if err != nil {
			return test{}, fmt.Errorf("%s: what it reaches: %w", name, err)
		}
		t.Marks = append(t.Marks, mark)
	}
	slices.Sort(t.Marks)
	t.Marks = slices.Compact(t.Marks) // the processes of a test
	return t, nil
}

// quick and slow part the tests that meet a mutant by how long they take alone.
const (
	quick = 100 * time.Millisecond
	slow  = time.Second
)

// groups returns the names of the tests that reach a mark, or of all if it is 0:
// the quick ones, those that are neither, the slow ones, and examples, which the
// testing package runs even after a test that failed. Groups may be empty.
func (s *schema) groups(mark int) [4][]string {
	var groups [4][]string
	for _, t := range s.Tests {
		if mark != 0 && !slices.Contains(t.Marks, mark) {
			continue
		}
		i := 1
		switch {
		case strings.HasPrefix(t.Name, "Example"):
			i = 3
		case t.Took < quick:
			i = 0
		case t.Took >= slow:
			i = 2
		}
		groups[i] = append(groups[i], t.Name)
	}
	return groups
}
