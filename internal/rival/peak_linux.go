package main

import (
	"os"
	"syscall"
)

// peakOf is how many bytes a process that has ended had in memory at most, 0 if that
// cannot be told. To Linux it is no less than the most that this process had when it
// started the other one, since both share their memory until the other one is another
// program.
//
// Source: exec_mmap in fs/exec.c of Linux.
func peakOf(state *os.ProcessState) int64 {
	used, ok := state.SysUsage().(*syscall.Rusage)
	var own syscall.Rusage
	if !ok || syscall.Getrusage(syscall.RUSAGE_SELF, &own) != nil || used.Maxrss <= own.Maxrss {
		return 0
	}
	return used.Maxrss << 10 // it is in KiB
}
