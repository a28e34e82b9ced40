package bridge

import "testing"

func TestRetries(t *testing.T) {
	for given, want := range map[int]int{0: 10, 3: 3, -1: 0} {
		if got := (&Options{Retries: given}).withDefaults().Retries; got != want {
			t.Errorf("of %d: %d, want %d", given, got, want)
		}
	}
}
