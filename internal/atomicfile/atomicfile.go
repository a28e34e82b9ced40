// Package atomicfile writes small files that a crash leaves as they were or as
// they were to be, never in between.
package atomicfile

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"
	"time"
)

// Aside is what the names of files that are still being written match. Each
// writer has a name of its own, so that two of them do not mix.
const Aside = ".redferry-*.new"

// abandoned is the age at which a file that is still being written has lost its
// writer. Writing takes milliseconds.
const abandoned = time.Hour

// Write gives the file at path the content data, and the mode 0600. The file
// appears whole, in place of any older one, and is on the disk when Write
// returns. After an error the older file is there as it was, except that an
// error in making the new name durable leaves open which of the two a crash
// brings back. A killed Write leaves a file that [Open] sweeps.
func Write(path string, data []byte) error { return write(OS, path, data) }

func write(fsys FS, path string, data []byte) error { return put(fsys, path, data, fsys.Rename) }

// create is [Write] for a file that is not there: if there is one, it stays, and the
// error wraps fs.ErrExist. Of those who create a file at the same time, whatever
// program they are in, one succeeds: the file gets its name by a hard link. Where the
// filesystem has none, create looks whether there is a file and then renames, and of
// two who do that at the same time both may succeed. An error that comes
// after that leaves the file there.
func create(fsys FS, path string, data []byte) error {
	return put(fsys, path, data, func(from, to string) error { return nameNew(fsys, from, to) })
}

// nameNew gives a file a name that no other has.
func nameNew(fsys FS, from, to string) error {
	err := fsys.Link(from, to)
	if err == nil {
		return fsys.Remove(from)
	}
	if !linkless(err) {
		return err
	}
	found, err := fsys.Exists(to)
	if found {
		err = &fs.PathError{Op: "create", Path: to, Err: fs.ErrExist}
	}
	if err != nil {
		return err
	}
	return fsys.Rename(from, to)
}

// Place gives the file from, which others have written and synced in the same directory,
// the name to: for good when it returns. If there is a file of that name, it stays, and the
// error wraps fs.ErrExist. The name from is gone then, too.
func Place(from, to string) error {
	return place(OS, from, to, func(from, to string) error { return nameNew(OS, from, to) })
}

// place has name give a file its name.
func place(fsys FS, from, to string, name func(from, to string) error) error {
	if err := name(from, to); err != nil {
		return errors.Join(err, fsys.Remove(from))
	}
	return fsys.SyncDir(filepath.Dir(to))
}

// linkless reports whether err is that of a filesystem without hard links. A new file
// has one link, so that one more is too many only where there are none.
func linkless(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EMLINK)
}

// put writes a file aside, and then has name give it its name.
func put(fsys FS, path string, data []byte, name func(from, to string) error) error {
	dir := filepath.Dir(path)
	f, err := fsys.CreateTemp(dir, Aside)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		return errors.Join(err, fsys.Remove(f.Name()))
	}
	return place(fsys, f.Name(), path, name)
}

// remove removes the file at path, for good when it returns. A file that is not
// there is no error; the one who removed it may have been killed before the disk
// knew, so the directory is synced all the same.
func remove(fsys FS, path string) error {
	if err := fsys.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return fsys.SyncDir(filepath.Dir(path))
}

// sweep removes from dir what killed writers left there an hour ago or earlier.
// What is younger may belong to a writer that is alive.
func sweep(fsys FS, dir string) error {
	entries, err := fsys.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !isAside(entry.Name) || time.Since(entry.ModTime) < abandoned {
			continue
		}
		err := fsys.Remove(filepath.Join(dir, entry.Name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // gone: another one sweeps, or its writer is done
			return err
		}
	}
	return nil
}

// isAside reports whether name is one of a file that is still being written.
func isAside(name string) bool {
	match, err := filepath.Match(Aside, name)
	return match && err == nil
}
