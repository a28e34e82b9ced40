package boltstate

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"github.com/redferry/redferry/internal/atomicfile"
)

// create makes the file if it is not there: aside, and then under its name. A loss of power
// leaves all of it or none, and not a file of zeros that nobody can open again.
func create(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil // what it is shows when it is opened
	}
	file, err := os.CreateTemp(filepath.Dir(path), atomicfile.Aside) // readable by its owner alone
	if err != nil {
		return err
	}
	if err := errors.Join(file.Close(), format(file.Name())); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	if err := atomicfile.Place(file.Name(), path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil // another program was faster
}

// format makes an empty file a database without tables, and syncs it.
func format(path string) error {
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	return db.Close()
}
