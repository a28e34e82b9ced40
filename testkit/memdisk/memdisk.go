// Package memdisk is a disk in memory that loses what was not synced.
//
// A [Disk] is the machine's: it outlives the processes that use it. A [Process]
// has the operations of a filesystem, and its Files are those that
// pipeline.FileState and bridge.NewFileJournal take, kept by the same code that
// keeps them on a real disk:
//
//	disk := new(memdisk.Disk)
//	process := disk.Start(func(op memdisk.Op) error { return nil }) // asked before each operation
//	files, err := process.Files("state")
//	state := pipeline.FileState(files)
//	...
//	process.Kill()                  // the process ends; the disk stays as it is
//	disk.Crash(rand.IntN)           // the power fails; what was not synced may be lost
//	process = disk.Start(nil)       // the next one resumes
//
// [Disk.CrashStates] goes through everything that a power failure can leave of a
// run, after each of its operations.
//
// # What a power failure leaves
//
// It is what POSIX promises, and no more; [Disk.Crash] chooses the rest.
//
//   - The content of a file stays as it was when the file was last synced. Each
//     write after that is kept, lost, or torn at any byte, whatever became of the
//     writes before it. A torn write that made the file longer left it as long as
//     the bytes that arrived, or at its full length with zeros for the rest, as
//     filesystems do that write sizes before data.
//   - The names in a directory stay as they were when the directory was last
//     synced. Each name changed after that stands for any of the files that it
//     has stood for since, or for none if it did not exist at one of these times,
//     whatever became of the other names. So operations on names may be done or
//     not, in any order; a rename never loses what it replaces without putting the
//     new file there, but may leave the old name beside the new one. A link leaves
//     its file either, both or none of its names.
//   - To sync a file does not sync its name, and to sync a directory neither syncs
//     the content of its files nor its own name in the directory above. A
//     directory that loses its name is lost with all below it.
//
// Filesystems with a journal do better: ext4 does operations on names in order
// and with most renames syncs the content of the file, too; what it can leave is
// among the above. Not among it: bytes that were synced and go bad, an earlier
// part of a single write lost while a later one is kept, and disks that say
// synced and are not.
//
// Renames and hard links are within one directory, and links are of files.
package memdisk

import (
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// A Disk is a disk, and the kernel that caches it. The zero Disk is empty and
// ready to use. It is safe for concurrent use, and must not be copied.
type Disk struct {
	mu      sync.Mutex // guards what follows, and all that root leads to
	root    *node
	temps   int      // names of temporary files that were drawn
	boots   int      // power failures
	changed func(Op) // if not nil, called after each change, under mu
}

// Start starts a process on the disk. Before each operation of the process takes
// effect, it calls boundary, if that is not nil, from the goroutine of the
// operation. Boundary may block. If it returns an error, the operation fails with
// that error and has no effect, and likewise if the process was killed meanwhile.
func (d *Disk) Start(boundary func(Op) error) *Process {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &Process{disk: d, boundary: boundary, boot: d.boots}
}

// Files returns the content of every file that is there, as processes see it, by
// path from the root without a slash before it.
func (d *Disk) Files() map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	files := make(map[string]string)
	d.tree().walk("", func(at string, n *node) {
		if !n.isDir() {
			files[at] = string(n.content)
		}
	})
	return files
}

// tree is the root, made on first use.
func (d *Disk) tree() *node {
	if d.root == nil {
		d.root = newDir()
	}
	return d.root
}

// find returns the node at path.
func (d *Disk) find(at string) (*node, error) {
	n := d.tree()
	for _, name := range split(at) {
		if !n.isDir() {
			return nil, syscall.ENOTDIR
		}
		if n = n.get(name); n == nil {
			return nil, fs.ErrNotExist
		}
	}
	return n, nil
}

// split returns the names on the way from the root to path. Relative paths begin
// at the root.
func split(at string) []string {
	at = strings.Trim(path.Clean("/"+filepath.ToSlash(at)), "/")
	if at == "" {
		return nil
	}
	return strings.Split(at, "/")
}

// parent splits path into its directory and its last name.
func parent(at string) (dir, name string) {
	names := split(at)
	if len(names) == 0 {
		return "", ""
	}
	return strings.Join(names[:len(names)-1], "/"), names[len(names)-1]
}
