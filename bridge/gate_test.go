package bridge

import "testing"

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
