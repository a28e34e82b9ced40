package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// A Dir keeps small files in one directory, each whole and on the disk, or not
// at all. It is safe for concurrent use, also by several programs: of two that
// write one file, one comes last, and its file is there.
type Dir struct {
	fsys FS
	path string
}

// Open returns the Dir at path in the filesystem fsys. It makes the directory if
// need be, and sweeps it: what killed writers left an hour ago or earlier goes.
// What is younger may belong to a writer that is alive. When Open returns, the
// directory is on the disk, and so is what a killed writer had put in place there
// but not yet synced: what Read returns will not be undone by a crash, unless
// another program is writing it.
func Open(fsys FS, path string) (*Dir, error) {
	if err := makeDir(fsys, path); err != nil {
		return nil, err
	}
	if err := sweep(fsys, path); err != nil {
		return nil, err
	}
	if err := fsys.SyncDir(path); err != nil {
		return nil, err
	}
	return &Dir{fsys: fsys, path: path}, nil
}

// makeDir makes the directory at path, and those above it, if need be, and their
// names durable: each before there is one below it. So of what a killed makeDir
// left, only the last may have a name that is not durable, and it is the first
// that the next makeDir finds.
func makeDir(fsys FS, path string) error {
	above := filepath.Dir(path)
	found, err := fsys.Exists(path)
	if err != nil {
		return err
	}
	if found || above == path {
		return syncFound(fsys, above)
	}
	if err := makeDir(fsys, above); err != nil {
		return err
	}
	if err := fsys.Mkdir(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return fsys.SyncDir(above)
}

// syncFound syncs a directory that need not be ours: one that we may not read, or
// that cannot be synced, is above one that somebody else made.
func syncFound(fsys FS, dir string) error {
	err := fsys.SyncDir(dir)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// Path is where the file of that name is, for messages to people.
func (d *Dir) Path(name string) string { return filepath.Join(d.path, name) }

// Read returns the content of a file. The error for one that is not there wraps
// fs.ErrNotExist.
func (d *Dir) Read(name string) ([]byte, error) {
	if err := d.check("read", name); err != nil {
		return nil, err
	}
	return d.fsys.ReadFile(d.Path(name))
}

// Write is [Write] for the file of that name.
func (d *Dir) Write(name string, data []byte) error {
	if err := d.check("write", name); err != nil {
		return err
	}
	return write(d.fsys, d.Path(name), data)
}

// Create is Write for a file that is not there: if there is one, it stays, and the
// error wraps fs.ErrExist. Of those who create a file at the same time, whatever
// program they are in, one succeeds; but not on a filesystem without hard links, where
// both of two may.
func (d *Dir) Create(name string, data []byte) error {
	if err := d.check("create", name); err != nil {
		return err
	}
	return create(d.fsys, d.Path(name), data)
}

// Remove removes a file, for good when it returns. A file that is not there is
// no error.
func (d *Dir) Remove(name string) error {
	if err := d.check("remove", name); err != nil {
		return err
	}
	return remove(d.fsys, d.Path(name))
}

// check refuses what is not the name of a file of this directory.
func (d *Dir) check(op, name string) error {
	if _, last := filepath.Split(name); last != name || name == "" || name == "." || name == ".." || isAside(name) {
		return &fs.PathError{Op: op, Path: d.Path(name), Err: fmt.Errorf("%w: not a plain file name", fs.ErrInvalid)}
	}
	return nil
}
