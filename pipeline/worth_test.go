package pipeline

import "testing"

// TestWorthSaving: of few files each copy is remembered at once; of many, not more
// is written than is sent.
func TestWorthSaving(t *testing.T) {
	for _, tt := range []struct {
		files int
		size  int64 // of each
		saves int
	}{
		{files: 4, size: 1, saves: 4},
		{files: 90, size: 1, saves: 90},
		{files: 2000, size: 1, saves: 0},
		{files: 2000, size: 14_000, saves: 20},
		{files: 2000, size: 2_000_000, saves: 2000},
	} {
		var saves int
		var forgot int64
		for range tt.files {
			if forgot += tt.size; worthSaving(tt.files, forgot) {
				saves, forgot = saves+1, 0
			}
		}
		if saves != tt.saves {
			t.Errorf("%d files of %d bytes: got %d saves, want %d", tt.files, tt.size, saves, tt.saves)
		}
	}
}
