package boltstate

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// ErrDamaged means that the file is no state, or that parts of it are lost.
var ErrDamaged = errors.New("it is no state, or it is damaged: name another file, or move this one away")

// guard runs what reads the file. The database panics over pages that are not what they
// should be, and a file that is shorter than it says is a fault of memory.
func guard(run func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if found := recover(); found != nil {
			err = fmt.Errorf("%w (%v)", ErrDamaged, found)
		}
	}()
	return run()
}
