package blob_test

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/redferry/redferry/testkit/fakes3/internal/blob"
)

func write(t *testing.T, s blob.Store, content []byte) *blob.Blob {
	t.Helper()
	w, err := s.Create()
	if err != nil {
		t.Fatal(err)
	}
	for len(content) > 0 { // in uneven pieces
		n := min(len(content), 3001)
		if _, err := w.Write(content[:n]); err != nil {
			t.Fatal(err)
		}
		content = content[n:]
	}
	b, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(t *testing.T, b *blob.Blob, offset, length int64) []byte {
	t.Helper()
	r, err := b.Open(offset, length)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return content
}

func files(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func content(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7 >> 3)
	}
	return b
}

func TestStores(t *testing.T) {
	stores := map[string]blob.Store{"memory": blob.Memory{}, "disk": blob.NewDisk(t.TempDir())}
	for name, store := range stores {
		t.Run(name, func(t *testing.T) {
			want := content(3<<20 + 17)
			b := write(t, store, want)
			if b.Size() != int64(len(want)) {
				t.Fatalf("got size %d, want %d", b.Size(), len(want))
			}
			for _, piece := range [][2]int64{{0, b.Size()}, {0, 0}, {1, 1}, {4095, 2}, {b.Size(), 0}, {b.Size() - 5, 5}, {70000, 2 << 20}} {
				got := read(t, b, piece[0], piece[1])
				if !bytes.Equal(got, want[piece[0]:piece[0]+piece[1]]) {
					t.Errorf("%d bytes from %d on differ", piece[1], piece[0])
				}
			}
		})
	}
}

func TestJoinReadsAcrossItsParts(t *testing.T) {
	for name, store := range map[string]blob.Store{"memory": blob.Memory{}, "disk": blob.NewDisk(t.TempDir())} {
		t.Run(name, func(t *testing.T) {
			want := content(10000)
			var parts []*blob.Blob
			for _, cut := range [][2]int{{0, 100}, {100, 100}, {100, 5000}, {5000, 10000}} {
				parts = append(parts, write(t, store, want[cut[0]:cut[1]]))
			}
			b := blob.Join(parts)
			for _, piece := range [][2]int64{{0, 10000}, {99, 2}, {100, 4900}, {9999, 1}, {10000, 0}, {0, 0}} {
				got := read(t, b, piece[0], piece[1])
				if !bytes.Equal(got, want[piece[0]:piece[0]+piece[1]]) {
					t.Errorf("%d bytes from %d on differ", piece[1], piece[0])
				}
			}
		})
	}
}

func TestFilesGoWithTheLastReference(t *testing.T) {
	dir := t.TempDir()
	store := blob.NewDisk(dir)
	part := write(t, store, content(1000))
	whole := blob.Join([]*blob.Blob{part})
	part.Release()
	r, err := whole.Open(0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	whole.Release()
	if got := files(t, dir); got != 1 {
		t.Errorf("%d files while a reader is open, want 1", got)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content(1000)) {
		t.Errorf("the open reader does not read what was there: %v", err)
	}
	for range 2 { // the second Close does nothing
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := files(t, dir); got != 0 {
		t.Errorf("%d files are left, want 0", got)
	}
}

func TestDiscardLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	w, err := blob.NewDisk(dir).Create()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content(100)); err != nil {
		t.Fatal(err)
	}
	w.Discard()
	if got := files(t, dir); got != 0 {
		t.Errorf("%d files are left, want 0", got)
	}
}

func TestCreateInAMissingDirectory(t *testing.T) {
	if _, err := blob.NewDisk(t.TempDir() + "/missing").Create(); err == nil {
		t.Error("no error")
	}
}
