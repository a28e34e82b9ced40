package bridge

import "testing"

// TestCommon: what two keys have in common is whole characters.
func TestCommon(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"a", "", 0},
		{"", "a", 0},
		{"a", "a", 1},
		{"a", "ab", 1},
		{"ab", "a", 1},
		{"abc", "abd", 2},
		{"\u00e9", "\u00e8", 0}, // they differ in the last byte
		{"x\u00e9", "x\u00e8", 1},
		{"\u4e00", "\u4e01", 0},
		{"\u00e9", "\u00e9b", 2},
	} {
		if got := common(tt.a, tt.b); got != tt.want {
			t.Errorf("%q and %q have %d bytes in common, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
