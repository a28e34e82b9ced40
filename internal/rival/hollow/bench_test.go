package hollow

import (
	"net/http/httptest"
	"testing"
)

// BenchmarkList is a page of a million keys.
func BenchmarkList(b *testing.B) {
	s := New(Set{"same", 1_000_000, 1 << 10})
	for b.Loop() {
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/made?list-type=2&prefix=same/&continuation-token=same/00500000.parquet", nil))
	}
}
