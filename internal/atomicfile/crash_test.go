package atomicfile_test

import (
	"fmt"
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
