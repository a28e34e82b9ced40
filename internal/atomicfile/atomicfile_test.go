package atomicfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/internal/atomicfile"
	"github.com/redferry/redferry/testkit/memdisk"
)

func ExampleWrite() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "record.json")
	for _, content := range []string{"first", "second"} {
		if err := atomicfile.Write(path, []byte(content)); err != nil {
			panic(err)
		}
	}
	data, err := os.ReadFile(path)
	fmt.Printf("%s %v\n", data, err)
	// Output:
	// second <nil>
}

// names lists what is in dir.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{}
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return all
}

func TestWriteLeavesNothingAside(t *testing.T) {
	dir := t.TempDir()
	if err := atomicfile.Write(filepath.Join(dir, "a"), []byte("x")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "a"))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("the file is %v, %v, want mode 0600", info, err)
	}
	if diff := cmp.Diff([]string{"a"}, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// TestWriteFails: a directory cannot be replaced, and is not.
func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(path, []byte("x")); err == nil {
		t.Error("a directory was replaced")
	}
	if diff := cmp.Diff([]string{"a"}, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if err := atomicfile.Write(filepath.Join(dir, "missing", "a"), nil); err == nil {
		t.Error("a file in no directory was written")
	}
}

// TestWritersDoNotMix: whatever the order, the file is one of those written.
func TestWritersDoNotMix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	var writers sync.WaitGroup
	for n := range 8 {
		writers.Go(func() {
			content := bytes.Repeat([]byte{byte('a' + n)}, 1000*(n+1))
			if err := atomicfile.Write(path, content); err != nil {
				t.Error(err)
			}
			got, err := os.ReadFile(path)
			if err != nil || len(got) == 0 || !bytes.Equal(got, bytes.Repeat(got[:1], 1000*int(got[0]-'a'+1))) {
				t.Errorf("%d bytes are not what one writer wrote: %v", len(got), err)
			}
		})
	}
	writers.Wait()
}

// TestOneCreates: of many, in one program or several, one creates the file, and the
// others leave it as it is.
func TestOneCreates(t *testing.T) {
	dir := t.TempDir()
	var creators sync.WaitGroup
	var created atomic.Int32
	for n := range 8 {
		d := open(t, dir)
		creators.Go(func() {
			switch err := d.Create("a", bytes.Repeat([]byte{byte('a' + n)}, 1000)); {
			case err == nil:
				created.Add(1 + int32(n)<<8)
			case !errors.Is(err, fs.ErrExist):
				t.Errorf("Create = %v, want fs.ErrExist", err)
			}
		})
	}
	creators.Wait()
	got, err := open(t, dir).Read("a")
	if count, n := created.Load()&0xff, created.Load()>>8; err != nil || count != 1 || !bytes.Equal(got, bytes.Repeat([]byte{byte('a' + n)}, 1000)) {
		t.Errorf("%d created the file, the last of them %d; it has %.9q, %v", count, n, got, err)
	}
	info, err := os.Stat(filepath.Join(dir, "a"))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("the file is %v, %v, want mode 0600", info, err)
	}
	if diff := cmp.Diff([]string{"a"}, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// TestCreateWithoutLinks: where there are no hard links, a file is created all the
// same, and one that is there stays.
func TestCreateWithoutLinks(t *testing.T) {
	for _, refused := range []error{syscall.EPERM, syscall.EOPNOTSUPP, syscall.ENOSYS, syscall.EMLINK} {
		t.Run(refused.Error(), func(t *testing.T) {
			disk := new(memdisk.Disk)
			d, err := disk.Start(func(op memdisk.Op) error {
				if op.Kind == memdisk.Link {
					return refused
				}
				return nil
			}).Files("d")
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Create("a", []byte("first")); err != nil {
				t.Error(err)
			}
			if err := d.Create("a", []byte("second")); !errors.Is(err, fs.ErrExist) {
				t.Errorf("Create = %v, want fs.ErrExist", err)
			}
			if diff := cmp.Diff(map[string]string{"d/a": "first"}, disk.Files()); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

func open(t *testing.T, dir string) *atomicfile.Dir {
	t.Helper()
	d, err := atomicfile.Open(atomicfile.OS, dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDir(t *testing.T) {
	path := filepath.Join(t.TempDir(), "made", "on the way")
	d := open(t, path)
	if _, err := d.Read("a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read before Write: %v, want fs.ErrNotExist", err)
	}
	for _, content := range []string{"first", "second"} {
		if err := d.Write("a", []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := open(t, path).Read("a"); err != nil || string(got) != content {
			t.Errorf("Read = %q, %v, want %q", got, err, content)
		}
	}
	for range 2 {
		if err := d.Remove("a"); err != nil {
			t.Error(err)
		}
	}
	if left := names(t, path); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// TestDirRefusesPaths: a Dir reaches no other directory, and not the files that
// it sweeps.
func TestDirRefusesPaths(t *testing.T) {
	d := open(t, t.TempDir())
	for _, name := range []string{"", ".", "..", "../a", "a/b", "a/", "/", ".redferry-1.new"} {
		_, read := d.Read(name)
		for op, err := range map[string]error{"Read": read, "Write": d.Write(name, nil), "Create": d.Create(name, nil), "Remove": d.Remove(name)} {
			if !errors.Is(err, fs.ErrInvalid) {
				t.Errorf("%s(%q) = %v, want fs.ErrInvalid", op, name, err)
			}
		}
	}
}

// TestOpenSweeps: what a killed writer left goes; what may be alive, and what is
// somebody else's, stays.
func TestOpenSweeps(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-2 * time.Hour)
	for name, at := range map[string]time.Time{
		".redferry-1.new": old, ".redferry-2.new": time.Now(), "a.json": old, ".redferry-config": old, "x.new": old,
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	open(t, dir)
	if diff := cmp.Diff([]string{".redferry-2.new", ".redferry-config", "a.json", "x.new"}, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestOpenNeedsADirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(file, "b")} {
		if _, err := atomicfile.Open(atomicfile.OS, path); err == nil {
			t.Errorf("%s was opened as a directory", path)
		}
	}
}

// TestOpenBelowWhatIsNotOurs: that the directory above cannot be synced matters
// only for a directory that was made.
func TestOpenBelowWhatIsNotOurs(t *testing.T) {
	disk := new(memdisk.Disk)
	if err := disk.Start(nil).Mkdir("theirs"); err != nil {
		t.Fatal(err)
	}
	for _, refused := range []error{fs.ErrPermission, errors.ErrUnsupported} {
		p := disk.Start(func(op memdisk.Op) error {
			if op.Kind == memdisk.SyncDir && op.Path == "." {
				return refused
			}
			return nil
		})
		if _, err := p.Files("theirs"); err != nil {
			t.Errorf("a directory that was there: %v", err)
		}
		if _, err := p.Files("ours"); !errors.Is(err, refused) {
			t.Errorf("a directory that was made: %v, want %v", err, refused)
		}
		if err := p.Remove("ours"); err != nil {
			t.Fatal(err)
		}
	}
}
