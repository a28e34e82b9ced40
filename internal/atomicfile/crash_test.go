package atomicfile_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"testing"

	"github.com/redferry/redferry/internal/crashtest"
)

// number keeps a version as its digits, closed with a point.
func number(files crashtest.Files) crashtest.Store {
	return crashtest.Store{
		Read: func() (int, error) {
			data, err := files.Read("n")
			if err != nil {
				return 0, err
			}
			if len(data) == 0 || data[len(data)-1] != '.' {
				return 0, fmt.Errorf("torn: %q", data)
			}
			return strconv.Atoi(string(data[:len(data)-1]))
		},
		Write:  func(version int) error { return files.Write("n", []byte(strconv.Itoa(version)+".")) },
		Remove: func() error { return files.Remove("n") },
	}
}

func TestCrash(t *testing.T) { crashtest.TestAll(t, number) }

// created is number, but for the first version: that must not be there.
func created(files crashtest.Files) crashtest.Store {
	s := number(files)
	write := s.Write
	s.Creates = true
	s.Write = func(version int) error {
		err := files.Create("n", []byte(strconv.Itoa(version)+"."))
		if errors.Is(err, fs.ErrExist) {
			return write(version)
		}
		return err
	}
	return s
}

func TestCreateCrash(t *testing.T) { crashtest.TestAll(t, created) }
