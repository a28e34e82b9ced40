package boltstate

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// create makes the file if it is not there: aside, and then under its name. A loss of power
// leaves all of it or none, and not a file of zeros that nobody can open again.
func create(path string) (err error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil // what it is shows when it is opened
	}
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, ".redferry-*.new") // readable by its owner alone
	if err != nil {
		return err
	}
	aside := file.Name()
	defer func() { err = errors.Join(err, os.Remove(aside)) }()
	if err := file.Close(); err != nil {
		return err
	}
	db, err := bolt.Open(aside, 0o600, nil) // it syncs what it makes
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	if os.Link(aside, path) != nil {
		return nil // another program was faster; or a disk without links, where it is made in place
	}
	return syncDir(dir)
}

// syncDir makes what was done in a directory outlive a loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
