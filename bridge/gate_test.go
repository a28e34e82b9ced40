package bridge

import (
	"testing"
	"time"
)

// TestTransfersUnderABandwidth: so many run at once that each takes ten seconds at most,
// but two at least, and no more than the pace allows.
func TestTransfersUnderABandwidth(t *testing.T) {
	const mebibyte = 1 << 20
	for _, tt := range []struct {
		rate, size int64 // in bytes per second, and in bytes
		want       int
	}{
		{0, 32 * mebibyte, 32},
		{16 * mebibyte, 32 * mebibyte, 5},
		{1 * mebibyte, 32 * mebibyte, shareLeast},
		{1000 * mebibyte, 32 * mebibyte, 32},
		{16 * mebibyte, 4096, 32},
		{16 * mebibyte, 160 * mebibyte, shareLeast},
	} {
		g := newGate(32)
		g.pace.limit = 32
		g.shared = NewBandwidth(tt.rate)
		if got := g.limit(tt.size); got != tt.want {
			t.Errorf("of %d bytes at %d bytes per second %d run at once, want %d", tt.size, tt.rate, got, tt.want)
		}
	}
}

// TestTransfersAreSharedBySize: who waits for bandwidth reckons with the size of those that
// were moved of late, whatever its own is.
func TestTransfersAreSharedBySize(t *testing.T) {
	const mebibyte = 1 << 20
	g := newGate(32)
	g.pace.limit = 32
	g.shared = NewBandwidth(16 * mebibyte)
	g.moved(100*mebibyte, time.Second)
	if g.size != 10*mebibyte {
		t.Errorf("after one transfer of 100 MiB the mean is %v bytes", g.size)
	}
	for range 100 {
		g.moved(32*mebibyte, time.Second)
	}
	if got := g.limit(1); got != 4 && got != 5 { // the mean comes near, and the decimals decide
		t.Errorf("after transfers of 32 MiB %d run at once", got)
	}
	for range 100 {
		g.moved(4096, time.Second)
	}
	g.pace.limit = 32
	if got := g.limit(1); got != 32 {
		t.Errorf("after small transfers %d run at once", got)
	}
}
