//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package boltstate

import (
	"os"
	"syscall"
)

// unlock takes away the lock that the database has put on its file.
func unlock(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_UN) }
