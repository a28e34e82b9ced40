package boltstate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/bridge/boltstate"
	"github.com/redferry/redferry/bridge/bridgetest"
)

// open opens the file at path until the test ends.
func open(t *testing.T, path string) *boltstate.State {
	t.Helper()
	s, err := boltstate.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestJournal(t *testing.T) {
	open, reopen := suite((*boltstate.State).Journal)
	bridgetest.TestJournal(t, open, reopen)
}

func TestLedger(t *testing.T) {
	open, reopen := suite((*boltstate.State).Ledger)
	bridgetest.TestLedger(t, open, reopen)
}

// suite opens one side of a new State, and of the same file once more after it was
// closed.
func suite[T comparable](side func(*boltstate.State) T) (first func(*testing.T) T, again func(*testing.T, T) T) {
	states := make(map[T]*boltstate.State)
	paths := make(map[T]string)
	opened := func(t *testing.T, path string) T {
		s := open(t, path)
		v := side(s)
		states[v], paths[v] = s, path
		return v
	}
	first = func(t *testing.T) T { return opened(t, filepath.Join(t.TempDir(), "state")) }
	again = func(t *testing.T, v T) T {
		if err := states[v].Close(); err != nil {
			t.Fatal(err)
		}
		return opened(t, paths[v])
	}
	return first, again
}

// TestOneProgramAtATime: a file that is open is not opened again, and says why.
func TestOneProgramAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	open(t, path)
	if _, err := boltstate.Open(path); !errors.Is(err, boltstate.ErrLocked) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want ErrLocked and the path", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, []byte(strings.Repeat("this is no database\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	zeros := filepath.Join(dir, "zeros") // as a loss of power may leave a file
	if err := os.WriteFile(zeros, make([]byte, 16<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir: "open " + dir, filepath.Join(dir, "none", "state"): "make " + filepath.Join(dir, "none", "state"),
		other: "move this one away", zeros: "move this one away",
	} {
		if s, err := boltstate.Open(path); err == nil || !strings.Contains(err.Error(), "boltstate: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v, want %q", path, s, err, want)
		}
	}
}

// TestMadeWhole: nobody sees a file under the name of the state that is not one yet; of
// two who make it at the same time one does; and nothing is left beside it.
func TestMadeWhole(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		path := filepath.Join(dir, "state")
		seen := make(chan []byte)
		go func() {
			for {
				if content, err := os.ReadFile(path); err == nil {
					seen <- content
					return
				}
			}
		}()
		var opening sync.WaitGroup
		var opened atomic.Int32
		for range 2 {
			opening.Go(func() {
				s, err := boltstate.Open(path)
				if err != nil {
					t.Error(err)
					return
				}
				opened.Add(1)
				if err := s.Close(); err != nil { // for the other, who waits
					t.Error(err)
				}
			})
		}
		opening.Wait()
		if content := <-seen; len(content) < 8<<10 || bytes.Count(content[:4<<10], []byte{0}) == 4<<10 {
			t.Fatalf("there was a file of %d bytes that is no state", len(content))
		}
		left, err := os.ReadDir(dir)
		if err != nil || len(left) != 1 || opened.Load() != 2 {
			t.Fatalf("%d opened it, and left %v, %v", opened.Load(), left, err)
		}
	}
}

// childVariable is set in the process that is killed.
const childVariable = "BOLTSTATE_TEST_CHILD"

// TestKill: what was recorded when a process is killed (SIGKILL) is there for the
// next, and no part of what was not.
func TestKill(t *testing.T) {
	if path := os.Getenv(childVariable); path != "" {
		record(path)
		return
	}
	path := filepath.Join(t.TempDir(), "state")
	for range 5 {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKill$")
		child.Env = append(os.Environ(), childVariable+"="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		said := make([]byte, 1)
		for range 20 { // each byte says that one more pair is recorded
			if _, err := out.Read(said); err != nil {
				t.Fatal(err)
			}
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()
	}
	s := open(t, path)
	sizes := make(map[string]int64)
	for e, err := range s.Ledger().List(t.Context(), redferry.URI{Bucket: "target"}, "") {
		if err != nil {
			t.Fatal(err)
		}
		sizes[e.Dst.Key] = e.Size
	}
	if len(sizes) != 2 || sizes["a"] != sizes["b"] || sizes["a"] < 5*20 {
		t.Errorf("the ledger has %v, want a and b with the same size of at least %d", sizes, 5*20)
	}
}

// record records a pair of entries again and again, each time larger, and says so.
func record(path string) {
	s, err := boltstate.Open(path)
	if err != nil {
		panic(err)
	}
	dst := func(key string) redferry.URI { return redferry.URI{Bucket: "target", Key: key} }
	ctx, l := context.Background(), s.Ledger()
	last, _, err := l.Lookup(ctx, dst("a"))
	for size := last.Size + 1; err == nil; size++ {
		if err = l.Record(ctx, bridge.Entry{Dst: dst("a"), Size: size}, bridge.Entry{Dst: dst("b"), Size: size}); err == nil {
			_, err = os.Stdout.WriteString(".")
		}
	}
	panic(err)
}

// TestDamaged: a file that is cut off or overwritten in any page is an error, wherever that
// is noticed, and never the end of the program.
func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	s := open(t, path)
	for n := range 4 {
		var entries []bridge.Entry
		for m := range 100 {
			entries = append(entries, bridge.Entry{Dst: redferry.URI{Bucket: "bbb", Key: fmt.Sprintf("%04d", 100*n+m)}, ETag: strings.Repeat("e", 100)})
		}
		if err := s.Ledger().Record(t.Context(), entries...); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	noticed := 0
	for at := 0; at < len(whole); at += 4 << 10 {
		overwritten := bytes.Clone(whole)
		copy(overwritten[at:], bytes.Repeat([]byte("damaged!"), 512))
		for name, content := range map[string][]byte{"cut": whole[:at], "overwritten": overwritten} {
			file := filepath.Join(dir, fmt.Sprintf("%s%d", name, at))
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			err := useAll(t, file)
			if errors.Is(err, boltstate.ErrDamaged) {
				noticed++
			}
			if err != nil && !strings.Contains(err.Error(), "boltstate: ") {
				t.Errorf("%s at %d: %v", name, at, err)
			}
		}
	}
	if noticed < 10 { // most pages are free, or what they have is not read again
		t.Errorf("of %d pages that were lost only %d were noticed", 2*len(whole)/(4<<10), noticed)
	}
}

// useAll opens a file, and reads and writes all that is in it.
func useAll(t *testing.T, path string) (err error) {
	s, err := boltstate.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for e, err := range s.Ledger().List(t.Context(), redferry.URI{Bucket: "bbb"}, "") {
		if err != nil {
			return err
		}
		if _, _, err := s.Ledger().Lookup(t.Context(), e.Dst); err != nil {
			return err
		}
	}
	return s.Ledger().Record(t.Context(), bridge.Entry{Dst: redferry.URI{Bucket: "bbb", Key: "new"}})
}

// TestCutWhileOpen: a file that somebody cuts off is an error for each who uses it, and
// nobody waits for ever; when it is closed and put back, it can be opened.
func TestCutWhileOpen(t *testing.T) {
	for _, size := range []int64{0, 8 << 10, 16 << 10} {
		path := filepath.Join(t.TempDir(), "state")
		s, err := boltstate.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		record := func(key string) error {
			return s.Ledger().Record(t.Context(), bridge.Entry{Dst: redferry.URI{Bucket: "bbb", Key: key}})
		}
		if err := record("a"); err != nil {
			t.Fatal(err)
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		first, second := record("b"), record("c")
		if size == 0 && (first == nil || second == nil) {
			t.Errorf("cut to %d: %v, %v", size, first, second)
		}
		_ = s.Close() // that it ends is what counts
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		again := open(t, path)
		if _, ok, err := again.Ledger().Lookup(t.Context(), redferry.URI{Bucket: "bbb", Key: "a"}); err != nil || !ok {
			t.Errorf("put back: %t, %v", ok, err)
		}
	}
}
