package blob

import (
	"io"
	"testing"
)

// TestMemoryGrows: a body of many segments comes back as long as it was.
func TestMemoryGrows(t *testing.T) {
	const size = 100 << 20
	w, err := Memory{}.Create()
	if err != nil {
		t.Fatal(err)
	}
	chunk := make([]byte, 1<<20)
	for range size / len(chunk) {
		if n, err := w.Write(chunk); n != len(chunk) || err != nil {
			t.Fatal(n, err)
		}
	}
	b, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Open(0, size)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, r); n != size || err != nil {
		t.Errorf("got %d bytes, %v", n, err)
	}
	for n := range 100 {
		if got := segmentSize(n); got < firstSegment || got > lastSegment {
			t.Fatalf("segment %d has %d bytes", n, got)
		}
	}
}
