package bridge

import "testing"

// TestRoom: what passes at once is a twentieth of what passes in a second, so that
// transfers share a limit evenly.
func TestRoom(t *testing.T) {
	for _, tt := range []struct {
		b         *Bandwidth
		len, want int
	}{
		{nil, 1000, 1000},
		{NewBandwidth(0), 1000, 1000},
		{NewBandwidth(2000), 1000, 100},
		{NewBandwidth(2000), 50, 50},
		{NewBandwidth(5), 1000, 1},
		{NewBandwidth(1 << 40), 1000, 1000},
	} {
		if got := len(tt.b.room(make([]byte, tt.len))); got != tt.want {
			t.Errorf("of %d bytes %d pass at once, want %d", tt.len, got, tt.want)
		}
	}
}
