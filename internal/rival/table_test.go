package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{9, 1, 2}, 2},
		{[]float64{4, 1, 9, 2}, 3},
	} {
		if got := median(tt.values); got != tt.want {
			t.Errorf("median(%v) = %v, want %v", tt.values, got, tt.want)
		}
	}
}

// TestRows: the ratio is the median of the ratios, not that of the medians.
func TestRows(t *testing.T) {
	took := func(seconds float64, mebibytes int64) cost {
		return cost{wall: time.Duration(seconds * float64(time.Second)), cpu: time.Second, peak: mebibytes << 20}
	}
	results := []result{
		{ours, []cost{took(1, 25), took(10, 25), took(3, 26)}},
		{"theirs", []cost{took(2, 100), took(40, 100), took(4, 100)}},
	}
	var rows strings.Builder
	writeRows(&rows, "big", "HTTPS", results)
	want := `| big | HTTPS | ours | 3.00 | 1.00 | 25 | | | |
| big | HTTPS | theirs | 4.00 | 1.00 | 100 | 0.50 | 1.00 | 0.25 |
`
	if diff := cmp.Diff(want, rows.String()); diff != "" {
		t.Error(diff)
	}
	rows.Reset()
	results[0].costs[2].peak = 0
	writeRows(&rows, "big", "HTTPS", results)
	want = strings.NewReplacer("| 25 |", "| ? |", "0.25", "?").Replace(want)
	if diff := cmp.Diff(want, rows.String()); diff != "" {
		t.Error(diff)
	}
	rows.Reset()
	writeRows(&rows, "big", "HTTP", results[1:])
	if want := "| big | HTTP | theirs | 4.00 | 1.00 | 100 | | | |\n"; rows.String() != want {
		t.Errorf("without ours it is %q, want %q", &rows, want)
	}
}
