package crashtest

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// kills is how often a process is killed.
const kills = 50

// The environment of the process that is killed.
const (
	envDir  = "REDFERRY_CRASHTEST_DIR"
	envFrom = "REDFERRY_CRASHTEST_FROM"
)

// TestKill checks the Stores that open returns on a directory of the real disk: a
// process that does nothing but write is killed, again and again, and the next one
// finds what was last written, or what was being written. The process is the test
// itself, run once more: TestKill must be all that it does.
func TestKill(t *testing.T, open func(dir string) (Store, error)) {
	if dir := os.Getenv(envDir); dir != "" {
		t.Fatal(writeForever(open, dir))
	}
	dir := filepath.Join(t.TempDir(), "made", "here")
	draw := rand.New(rand.NewPCG(1, 2))
	done, unreported := 0, 0
	for range kills {
		last := writeUntilKilled(t, dir, done+1, draw.IntN(20))
		s, err := open(dir)
		if err != nil {
			t.Fatal(err)
		}
		version, err := s.read()
		if err := (possible{value(s, last), value(s, last+1)}).check(version, err); err != nil {
			t.Fatalf("after a kill: %v", err)
		}
		if version != value(s, last) {
			last, unreported = last+1, unreported+1
		}
		done = last
	}
	t.Logf("killed %d times in %d writes; %d times the one after the last that was reported was done", kills, done, unreported)
	sweepsAll(t, dir, open)
}

// value is the version that change n leaves: every third change removes.
func value(s Store, n int) int {
	if s.Remove != nil && n%3 == 0 {
		return 0
	}
	return n
}

// writeForever makes change after change, and reports each that is done. It
// returns what ended it.
func writeForever(open func(dir string) (Store, error), dir string) error {
	from, err := strconv.Atoi(os.Getenv(envFrom))
	if err != nil {
		return err
	}
	s, err := open(dir)
	if err != nil {
		return err
	}
	for n := from; ; n++ {
		if version := value(s, n); version == 0 {
			err = s.Remove()
		} else {
			err = s.Write(version)
		}
		if err != nil {
			return err
		}
		if _, err := fmt.Printf("done %d.\n", n); err != nil {
			return err
		}
	}
}

// writeUntilKilled lets a process make changes, kills it when it has reported the
// first and then more others, and returns the last that it reported.
func writeUntilKilled(t *testing.T, dir string, from, more int) (last int) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), envDir+"="+dir, envFrom+"="+strconv.Itoa(from))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	last = from - 1
	var said strings.Builder // that is no report
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var n int
		if _, err := fmt.Sscanf(lines.Text(), "done %d.", &n); err != nil {
			fmt.Fprintln(&said, lines.Text())
			continue
		}
		if last = n; n == from+more {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || last < from+more {
		t.Fatalf("the process ended by itself, after change %d: %v\n%s", last, err, said.String())
	}
	return last
}

// sweepsAll checks that on the next day nothing of the killed ones is left.
func sweepsAll(t *testing.T, dir string, open func(dir string) (Store, error)) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	yesterday := time.Now().Add(-24 * time.Hour)
	for _, entry := range left {
		if err := os.Chtimes(filepath.Join(dir, entry.Name()), yesterday, yesterday); err != nil {
			t.Fatal(err)
		}
	}
	s, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	version, err := s.read()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadDir(dir)
	if err != nil || len(kept) != min(version, 1) {
		t.Errorf("version %d is in %v, %v", version, kept, err)
	}
	t.Logf("%d files were left lying, and swept", len(left)-len(kept))
}
