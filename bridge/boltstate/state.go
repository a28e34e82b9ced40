// Package boltstate keeps the state of a bridge in one file of its own on a disk,
// an embedded database: which uploads are open and what was copied. It survives a
// kill and a loss of power at any moment.
package boltstate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// A State is an open file. One program at a time has it open; within that, it is
// safe for concurrent use. The caller must close it.
type State struct {
	db   *bolt.DB
	path string
	file *os.File // of db

	writing sync.Mutex            // held by who writes: nobody waits within db, which may never let go
	broken  atomic.Pointer[error] // why db is of no use any more
}

// ErrLocked means that another program has the file open.
var ErrLocked = errors.New("another program has the file open")

// lockTimeout is how long Open waits for a program that is about to end.
const lockTimeout = 2 * time.Second

// The tables in the file. Their keys are the bucket of a destination, a zero byte
// and its key: no bucket's name has one, and the order is that of S3.
var (
	uploads = []byte("uploads")
	entries = []byte("entries")
)

// Open opens the file at path, or makes it, readable by its owner alone. The
// error wraps [ErrLocked] if another program has it open, and [ErrDamaged] if it is no
// state any more; that may also be noticed later, by what reads the part that is lost. It
// holds no secrets.
func Open(path string) (*State, error) {
	if err := create(path); err != nil {
		return nil, fmt.Errorf("boltstate: make %s: %w", path, err)
	}
	s := &State{path: path}
	err := guard(func() (err error) {
		s.db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTimeout, OpenFile: s.openFile})
		return err
	})
	if errors.Is(err, ErrDamaged) { // in the middle of it, which has left the file open
		err = errors.Join(err, s.letGo())
	}
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("boltstate: open %s: %w", path, ErrLocked)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch), errors.Is(err, bolterrors.ErrChecksum):
		return nil, fmt.Errorf("boltstate: open %s: %w: %w", path, ErrDamaged, err)
	case err != nil:
		return nil, fmt.Errorf("boltstate: open %s: %w", path, err)
	}
	err = s.write("make tables in", func(tx *bolt.Tx) error {
		for _, table := range [][]byte{uploads, entries} {
			if _, err := tx.CreateBucketIfNotExists(table); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// openFile is os.OpenFile, and remembers the file.
func (s *State) openFile(name string, flag int, perm os.FileMode) (*os.File, error) {
	file, err := os.OpenFile(name, flag, perm)
	s.file = file
	return file, err
}

// Close closes the file. Nothing may use the State any more.
func (s *State) Close() error {
	if s.broken.Load() != nil { // the database may hold locks for ever; with the file goes that of other programs
		return s.letGo()
	}
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("boltstate: close %s: %w", s.path, err)
	}
	return nil
}

// letGo closes the file alone. What the database has of it in memory keeps it locked, if
// nobody unlocks it.
func (s *State) letGo() error { return errors.Join(unlock(s.file), s.file.Close()) }

// Journal returns the uploads that are open.
func (s *State) Journal() bridge.Journal { return journal{s} }

// Ledger returns what was copied.
func (s *State) Ledger() bridge.Ledger { return ledger{s} }

func keyOf(dst redferry.URI) []byte { return []byte(dst.Bucket + "\x00" + dst.Key) }

func (s *State) write(what string, change func(tx *bolt.Tx) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.use(func() error { return s.db.Update(change) }); err != nil {
		return fmt.Errorf("boltstate: %s %s: %w", what, s.path, err)
	}
	return nil
}

func (s *State) view(read func(tx *bolt.Tx) error) error {
	return s.use(func() error { return s.db.View(read) })
}

// use runs a transaction, unless one has found the file damaged: it may hold locks of the
// database since then.
func (s *State) use(run func() error) error {
	if err := s.broken.Load(); err != nil {
		return *err
	}
	err := guard(run)
	if errors.Is(err, ErrDamaged) {
		s.broken.Store(&err)
	}
	return err
}

// find reads the record of dst in a table into v.
func (s *State) find(ctx context.Context, table []byte, dst redferry.URI, v any) (ok bool, err error) {
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	err = s.view(func(tx *bolt.Tx) error {
		data := tx.Bucket(table).Get(keyOf(dst))
		if data == nil {
			return nil
		}
		ok = true
		return json.Unmarshal(data, v)
	})
	if err != nil {
		return false, fmt.Errorf("boltstate: read %q of %s: %w", dst, s.path, err)
	}
	return ok, nil
}
