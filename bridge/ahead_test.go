package bridge

import (
	"context"
	"iter"
	"testing"
	"testing/synctest"
)

// TestAhead: while one page is used, the next is read, and no more.
func TestAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read := 0
		used := 0
		for n, err := range ahead(t.Context(), func(context.Context) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) {
				for read < 5*chunk+1 && yield(read, nil) {
					read++
				}
			}
		}) {
			if err != nil || n != used {
				t.Fatalf("item %d is %d, %v", used, n, err)
			}
			synctest.Wait()
			if page := used/chunk + 2; page <= 5 && read != page*chunk-1 {
				t.Fatalf("after item %d, %d were read, want %d pages", used, read+1, page)
			}
			used++
		}
		if used != 5*chunk+1 {
			t.Errorf("%d items", used)
		}
	})
}
