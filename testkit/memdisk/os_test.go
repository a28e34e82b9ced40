package memdisk_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/redferry/redferry/testkit/memdisk"
)

// A filesystem is what a Process and the operating system both have.
type filesystem interface {
	mkdir(path string) error
	create(path string) (file, error)
	rename(from, to string) error
	link(from, to string) error
	remove(path string) error
	syncDir(path string) error
	exists(path string) (bool, error)
	read(path string) ([]byte, error)
	list(path string) ([]string, error)
}

type file interface {
	io.WriteCloser
	Sync() error
}

type simulated struct{ *memdisk.Process }

func (s simulated) mkdir(path string) error          { return s.Mkdir(path) }
func (s simulated) create(path string) (file, error) { return s.Create(path) }
func (s simulated) rename(from, to string) error     { return s.Rename(from, to) }
func (s simulated) link(from, to string) error       { return s.Link(from, to) }
func (s simulated) remove(path string) error         { return s.Remove(path) }
func (s simulated) syncDir(path string) error        { return s.SyncDir(path) }
func (s simulated) exists(path string) (bool, error) { return s.Exists(path) }
func (s simulated) read(path string) ([]byte, error) { return s.ReadFile(path) }

func (s simulated) list(path string) ([]string, error) {
	entries, err := s.ReadDir(path)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
	}
	return names, err
}

// real is the operating system's, below a directory.
type real string

func (r real) at(path string) string            { return filepath.Join(string(r), path) }
func (r real) mkdir(path string) error          { return os.Mkdir(r.at(path), 0o700) }
func (r real) create(path string) (file, error) { return os.Create(r.at(path)) }
func (r real) rename(from, to string) error     { return os.Rename(r.at(from), r.at(to)) }
func (r real) link(from, to string) error       { return os.Link(r.at(from), r.at(to)) }
func (r real) remove(path string) error         { return os.Remove(r.at(path)) }
func (r real) read(path string) ([]byte, error) { return os.ReadFile(r.at(path)) }

func (r real) syncDir(path string) error {
	_, err := os.ReadDir(r.at(path))
	return err
}

func (r real) exists(path string) (bool, error) {
	_, err := os.Stat(r.at(path))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (r real) list(path string) ([]string, error) {
	entries, err := os.ReadDir(r.at(path))
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

// TestAsTheOperatingSystem: while nothing crashes, the disk does what a real one
// does, and refuses what a real one refuses.
func TestAsTheOperatingSystem(t *testing.T) {
	outcomes := make(map[string]int)
	for seed := range uint64(60) {
		got := play(seed, simulated{new(memdisk.Disk).Start(nil)})
		want := play(seed, real(t.TempDir()))
		for i := range want {
			outcomes[want[i].outcome]++
			if got[i] != want[i] {
				t.Fatalf("seed %d, step %d: got %v, the operating system %v", seed, i, got[i], want[i])
			}
		}
	}
	for _, outcome := range []string{"ok", "not there", "there already", "closed", "refused"} {
		if outcomes[outcome] == 0 {
			t.Errorf("no step was %s: %v", outcome, outcomes)
		}
	}
}

// A step is an operation, and what came of it.
type step struct{ op, result, outcome string }

// play does 60 operations, drawn from the seed.
func play(seed uint64, f filesystem) []step {
	draw := rand.New(rand.NewPCG(seed, 1))
	paths := []string{"a", "b", "d", "d/a", "d/b", "d/e", "d/e/a", "a/x", "missing/a"}
	var open []file
	var steps []step
	for range 60 {
		path := paths[draw.IntN(len(paths))]
		beside := filepath.Join(filepath.Dir(path), []string{"a", "b", "e"}[draw.IntN(3)])
		var op, result string
		var err error
		switch kind := draw.IntN(12); {
		case kind == 0 || len(open) == 0 && kind < 4:
			op = "create " + path
			var opened file
			if opened, err = f.create(path); err == nil {
				open = append(open, opened)
			}
		case kind == 1:
			op = "write"
			_, err = open[draw.IntN(len(open))].Write([]byte(fmt.Sprint(draw.IntN(1000))))
		case kind == 2:
			op, err = "sync", open[draw.IntN(len(open))].Sync()
		case kind == 3:
			op, err = "close", open[draw.IntN(len(open))].Close()
		case kind == 4:
			op, err = "mkdir "+path, f.mkdir(path)
		case kind == 5:
			if _, err := f.list(path); err == nil {
				continue // directories are not renamed here
			}
			op, err = "rename "+path+" "+beside, f.rename(path, beside)
		case kind == 11:
			op, err = "link "+path+" "+beside, f.link(path, beside)
		case kind == 6:
			op, err = "remove "+path, f.remove(path)
		case kind == 7:
			op, err = "sync directory "+path, f.syncDir(path)
		case kind == 8:
			op = "exists " + path
			var there bool
			there, err = f.exists(path)
			result = fmt.Sprint(there)
		case kind == 9:
			op = "read " + path
			var data []byte
			data, err = f.read(path)
			result = string(data)
		default:
			op = "list " + path
			var names []string
			names, err = f.list(path)
			result = fmt.Sprint(slices.Sorted(slices.Values(names)))
		}
		steps = append(steps, step{op, result, outcome(err)})
	}
	for _, opened := range open {
		_ = opened.Close()
	}
	return steps
}

func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, fs.ErrNotExist):
		return "not there"
	case errors.Is(err, fs.ErrExist):
		return "there already"
	case errors.Is(err, fs.ErrClosed):
		return "closed"
	default:
		return "refused"
	}
}
