package bridge

import (
	"errors"
	"testing"
)

// TestPiecesOfNoLength: a hash of pieces that have no length says so, and is not cut for ever.
func TestPiecesOfNoLength(t *testing.T) {
	h := &pieceHash{part: md5Algorithm.hash(), sums: md5Algorithm.hash()}
	if n, err := h.Write([]byte("a")); n != 0 || err == nil {
		t.Errorf("Write = %d, %v", n, err)
	}
}

// TestDenied: a source that has differed may not be without a checksum in the next try;
// another version of it may.
func TestDenied(t *testing.T) {
	without := func(etag string) *version { return &version{etag: etag} }
	proven := without(`"a"`)
	proven.stored.hasCRC = true
	for _, tt := range []struct {
		name     string
		differed string
		v        *version
		want     error
	}{
		{"nothing differed", "", without(`"a"`), nil},
		{"this version did", `"a"`, without(`"a"`), ErrChecksum},
		{"another version did", `"b"`, without(`"a"`), nil},
		{"this version did, and can be compared", `"a"`, proven, nil},
	} {
		if err := (&transfer{differed: tt.differed}).denied(tt.v); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
