package memdisk_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/memdisk"
)

func Example() {
	disk := new(memdisk.Disk)
	var last memdisk.Op
	process := disk.Start(func(op memdisk.Op) error { last = op; return nil })
	files, err := process.Files("state")
	if err != nil {
		panic(err)
	}
	for _, content := range []string{"first", "second"} {
		if err := files.Write("record", []byte(content)); err != nil {
			panic(err)
		}
	}
	fmt.Println("last:", last)
	disk.Crash(func(n int) int { return n - 1 }) // what was not synced is lost
	fmt.Println("left:", disk.Files())
	_, err = files.Read("record")
	fmt.Println(err)
	// Output:
	// last: fsync directory state
	// left: map[state/record:second]
	// read state/record: memdisk: the process is dead
}

// must fails the test with the first error.
func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// put makes a file, without syncing anything.
func put(t *testing.T, p *memdisk.Process, path, content string) *memdisk.File {
	t.Helper()
	f, err := p.Create(path)
	must(t, err)
	_, err = f.Write([]byte(content))
	must(t, err)
	return f
}

// TestOperationsArePrinted: each asks the boundary, once, in words that do not
// change from run to run.
func TestOperationsArePrinted(t *testing.T) {
	var got []string
	p := new(memdisk.Disk).Start(func(op memdisk.Op) error { got = append(got, op.String()); return nil })
	files, err := p.Files("state")
	must(t, err, files.Write("a", []byte("12345")), files.Remove("a"), files.Create("b", nil))
	_, err = files.Read("a")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	want := []string{
		"look for state", "look for .", "fsync directory .", "mkdir state", "fsync directory .", "list state", "fsync directory state",
		"create state/.redferry-*.new", "write 5 bytes to state/.redferry-1.new", "fsync state/.redferry-1.new", "close state/.redferry-1.new",
		"rename state/.redferry-1.new to state/a", "fsync directory state",
		"remove state/a", "fsync directory state",
		"create state/.redferry-*.new", "write 0 bytes to state/.redferry-2.new", "fsync state/.redferry-2.new", "close state/.redferry-2.new",
		"link state/.redferry-2.new to state/b", "remove state/.redferry-2.new", "fsync directory state",
		"read state/a",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
}

// TestBoundaryFails: an operation that the boundary refuses has no effect.
func TestBoundaryFails(t *testing.T) {
	full := errors.New("disk full")
	for _, kind := range []memdisk.Kind{
		memdisk.Exists, memdisk.Mkdir, memdisk.Create, memdisk.Write, memdisk.Sync, memdisk.Close, memdisk.Rename, memdisk.Link,
		memdisk.Remove, memdisk.SyncDir, memdisk.Read, memdisk.ReadDir,
	} {
		t.Run(string(kind), func(t *testing.T) {
			disk := new(memdisk.Disk)
			files, err := disk.Start(nil).Files("state")
			must(t, err, files.Write("a", []byte("old")), files.Write("b", nil))
			failed := false
			p := disk.Start(func(op memdisk.Op) error {
				if op.Kind != kind {
					return nil
				}
				failed = true
				return full
			})
			if files, err = p.Files("state"); err == nil {
				_, read := files.Read("a")
				_, made := p.Files("new")
				err = errors.Join(files.Write("a", []byte("new")), files.Create("c", nil), files.Remove("b"), read, made)
			}
			if !failed || !errors.Is(err, full) {
				t.Errorf("asked: %t, got %v, want %v", failed, err, full)
			}
		})
	}
}

// TestKill: a killed process does nothing more, not even what was waiting at its
// boundary; the others go on, and nothing is lost.
func TestKill(t *testing.T) {
	disk := new(memdisk.Disk)
	waiting, goOn := make(chan struct{}), make(chan struct{})
	p := disk.Start(func(op memdisk.Op) error {
		if op.Kind == memdisk.Rename {
			close(waiting)
			<-goOn
		}
		return nil
	})
	f := put(t, p, "a", "kept")
	renamed := make(chan error)
	go func() { renamed <- p.Rename("a", "b") }()
	<-waiting
	p.Kill()
	close(goOn)
	_, write := f.Write([]byte("x"))
	_, read := p.ReadFile("a")
	for op, err := range map[string]error{"Rename": <-renamed, "Write": write, "Sync": f.Sync(), "Close": f.Close(), "ReadFile": read} {
		if !errors.Is(err, memdisk.ErrDead) {
			t.Errorf("%s = %v, want ErrDead", op, err)
		}
	}
	if got, err := disk.Start(nil).ReadFile("a"); err != nil || string(got) != "kept" {
		t.Errorf("the next process reads %q, %v", got, err)
	}
}

// TestCrashKillsAll: after a loss of power no process of before does anything.
func TestCrashKillsAll(t *testing.T) {
	disk := new(memdisk.Disk)
	p := disk.Start(nil)
	f := put(t, p, "a", "x")
	disk.Crash(func(int) int { return 0 })
	if diff := cmp.Diff(map[string]string{"a": "x"}, disk.Files()); diff != "" {
		t.Errorf("nothing was to be lost (-want +got):\n%s", diff)
	}
	for op, err := range map[string]error{"Sync": f.Sync(), "Mkdir": p.Mkdir("d")} {
		if !errors.Is(err, memdisk.ErrDead) {
			t.Errorf("%s = %v, want ErrDead", op, err)
		}
	}
	must(t, disk.Start(nil).Mkdir("d"))
}
