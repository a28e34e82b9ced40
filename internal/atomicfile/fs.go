package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// An FS is what this package asks of a filesystem. Errors are those of package
// os: what is not there wraps fs.ErrNotExist, what is there already
// fs.ErrExist. It is safe for concurrent use. [OS] is the one that users have.
type FS interface {
	// Exists reports whether there is a file or a directory at path.
	Exists(path string) (bool, error)
	// Mkdir makes one directory, with the mode 0700.
	Mkdir(dir string) error
	// CreateTemp makes a new file in dir, with the mode 0600, and opens it for
	// writing. Its name is pattern with something of its own for the asterisk.
	CreateTemp(dir, pattern string) (File, error)
	// Rename gives the file at from the name to, in place of a file of that name.
	Rename(from, to string) error
	// Link gives the file at from another name, to; there must be no file of that name.
	Link(from, to string) error
	// Remove removes a file.
	Remove(path string) error
	// SyncDir returns when what names there are in dir, and what files they stand
	// for, survives a loss of power.
	SyncDir(dir string) error
	// ReadFile returns the content of a file.
	ReadFile(path string) ([]byte, error)
	// ReadDir lists dir, sorted by name.
	ReadDir(dir string) ([]Entry, error)
}

// A File is one that an [FS] opened for writing.
type File interface {
	io.WriteCloser
	// Sync returns when the content survives a loss of power. The name of a file
	// is not part of its content: that is for SyncDir.
	Sync() error
	// Name is the path of the file, as it was when it was opened.
	Name() string
}

// An Entry is one name in a directory.
type Entry struct {
	Name    string
	ModTime time.Time // of the last write
}

// OS is the filesystem of the operating system.
var OS FS = osFS{}

type osFS struct{}

func (osFS) Mkdir(dir string) error               { return os.Mkdir(dir, 0o700) }
func (osFS) Rename(from, to string) error         { return os.Rename(from, to) }
func (osFS) Link(from, to string) error           { return os.Link(from, to) }
func (osFS) Remove(path string) error             { return os.Remove(path) }
func (osFS) ReadFile(path string) ([]byte, error) { return os.ReadFile(path) }

func (osFS) Exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (osFS) CreateTemp(dir, pattern string) (File, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err // not f: a nil *os.File is not a nil File
	}
	return f, nil
}

func (osFS) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (osFS) ReadDir(dir string) ([]Entry, error) {
	listed, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(listed))
	for _, l := range listed {
		info, err := l.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		entries = append(entries, Entry{Name: l.Name(), ModTime: info.ModTime()})
	}
	return entries, nil
}
