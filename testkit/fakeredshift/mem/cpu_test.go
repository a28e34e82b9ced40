//go:build unix

package mem_test

import (
	"syscall"
	"testing"
	"time"
)

// reportCPU adds what the process spends per operation, on all cores, to the
// results of a benchmark, from here to the call of stop.
func reportCPU(b *testing.B) (stop func()) {
	start := cpu(b)
	return func() {
		b.ReportMetric(float64(cpu(b)-start)/float64(b.N)/float64(time.Millisecond), "cpu-ms/op")
	}
}

func cpu(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
