// Package crashtest proves that what is kept in files survives the end of a
// process and a loss of power, at any moment.
package crashtest

import (
	"errors"
	"io/fs"
	"testing"
	"testing/synctest"

	"github.com/redferry/redferry/testkit/memdisk"
)

// Files are small files of one directory.
type Files interface {
	Read(name string) ([]byte, error)
	Write(name string, data []byte) error
	Create(name string, data []byte) error
	Remove(name string) error
}

// A Store keeps one value in Files: a version, from 1 on, or 0 for none.
type Store struct {
	// Read returns the version; an error that wraps fs.ErrNotExist also is 0.
	Read func() (int, error)
	// Write stores a version in place of the one before.
	Write func(version int) error
	// Remove removes the value; nil if the Store cannot.
	Remove func() error
	// Creates says that Write creates the file where there is none.
	Creates bool
}

// read returns the version.
func (s Store) read() (int, error) {
	version, err := s.Read()
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	return version, err
}

// Test checks the Stores that open returns, on the disk of package memdisk:
// whenever the power fails, in one process or in a second one after a first was
// killed, the next process reads the version that was there or the one that was
// being written, never an error or a mixture; what Write or Remove returned is not
// undone, nor is what the first Read of a process returned; and what is left lying
// is swept. Then it checks that these checks find each of the known ways to get it
// wrong.
//
// A file that is being written is torn at every byte, but only one at a time.
func Test(t *testing.T, open func(Files) Store) {
	t.Run("survives", func(t *testing.T) { survives(t, open, (*checker).some) })
	for _, b := range bugs {
		if b.rare || !b.meets(open(nil)) {
			continue
		}
		t.Run(b.name, func(t *testing.T) { finds(t, open, b, (*checker).some) })
	}
}

// TestAll is [Test] for values of a few bytes: it also tears two files at once,
// and lets operations fail, and the power in the recovery.
func TestAll(t *testing.T, open func(Files) Store) {
	t.Run("survives", func(t *testing.T) { survives(t, open, (*checker).all) })
	for _, b := range bugs {
		if !b.meets(open(nil)) {
			continue
		}
		t.Run(b.name, func(t *testing.T) { finds(t, open, b, (*checker).all) })
	}
	t.Run("without a bug", func(t *testing.T) { // the bugs are what is found, not what carries them
		synctest.Test(t, func(t *testing.T) {
			if err := newChecker(open, openWrong(bug{})).all(); err != nil {
				t.Error(err)
			}
		})
	})
}

// fewest is below the number of states that there are for any Store.
const fewest = 1000

func survives(t *testing.T, open func(Files) Store, check func(*checker) error) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecker(open, func(p *memdisk.Process) (Files, error) { return p.Files(dir) })
		if err := check(c); err != nil {
			t.Error(err)
		} else if c.states < fewest {
			t.Errorf("%d states are too few: something is not looked at any more", c.states)
		}
		t.Logf("%d states of the disk after %d runs", c.states, c.runs)
	})
}

func finds(t *testing.T, open func(Files) Store, b bug, check func(*checker) error) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecker(open, openWrong(b))
		err := check(c)
		if err == nil {
			t.Errorf("not found in %d states", c.states)
		}
		t.Logf("found in state %d: %v", c.states, err)
	})
}
