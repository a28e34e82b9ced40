package bridge_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/redferry/redferry/bridge"
)

// BenchmarkSyncInRanges compares a hundred pages of unchanged keys at either side, which
// a server answers 20 ms after it was asked: in one range, and in eight, without the time
// that it takes to find them.
func BenchmarkSyncInRanges(b *testing.B) {
	const keys = 100_000
	var source, target []string
	for i := range keys {
		source = append(source, fmt.Sprintf("p/orders/%06d.parquet", i))
		target = append(target, fmt.Sprintf("q/orders/%06d.parquet", i))
	}
	from, to := newShelf(1000, source...), newShelf(1000, target...)
	from.delay, to.delay = 20*time.Millisecond, 20*time.Millisecond
	for _, ranges := range []int{1, 8} {
		b.Run(fmt.Sprintf("ranges=%d", ranges), func(b *testing.B) {
			cuts, err := from.lister().Split(b.Context(), src("p/"), ranges)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				s := &bridge.Sync{Src: src("p/"), Dst: dst("q/"), Source: from.lister(), Target: to.lister(), Split: cuts}
				summary, err := bridge.New(nil, nil, nil).Sync(b.Context(), s, func(*bridge.Event) error { return nil })
				if err != nil || summary.Unchanged != keys {
					b.Fatal(summary, err)
				}
			}
			b.ReportMetric(float64(b.N)*keys/b.Elapsed().Seconds(), "keys/s")
		})
	}
}
