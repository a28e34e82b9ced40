package blob

import (
	"bytes"
	"io"
)

// Memory keeps blobs in memory.
type Memory struct{}

var _ Store = Memory{}

// Create returns a Writer of a new blob.
func (Memory) Create() (Writer, error) { return new(memoryWriter), nil }

// The bytes lie in segments of growing size, so that nothing is copied while a
// blob grows.
const (
	firstSegment = 4 << 10
	lastSegment  = 1 << 20
)

type memoryWriter struct {
	segments [][]byte
	size     int64
}

func (w *memoryWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		last := len(w.segments) - 1
		if last < 0 || len(w.segments[last]) == cap(w.segments[last]) {
			w.segments = append(w.segments, make([]byte, 0, segmentSize(len(w.segments))))
			last++
		}
		s := w.segments[last]
		fits := min(len(p), cap(s)-len(s))
		w.segments[last] = append(s, p[:fits]...)
		p = p[fits:]
	}
	w.size += int64(n)
	return n, nil
}

// segmentSize is the size in bytes of the n-th segment, from 0: four times that of
// the one before, up to the last size.
func segmentSize(n int) int {
	size := firstSegment
	for range n {
		if size >= lastSegment {
			return lastSegment
		}
		size *= 4
	}
	return size
}

func (w *memoryWriter) Commit() (*Blob, error) { return newBlob(w.size, segments(w.segments)), nil }

func (w *memoryWriter) Discard() {}

type segments [][]byte

func (s segments) open(offset, length int64) (io.ReadCloser, error) {
	var readers []io.Reader
	for _, segment := range s {
		if length == 0 {
			break
		}
		if size := int64(len(segment)); offset >= size {
			offset -= size
			continue
		}
		piece := segment[offset:]
		piece = piece[:min(length, int64(len(piece)))]
		readers = append(readers, bytes.NewReader(piece))
		offset, length = 0, length-int64(len(piece))
	}
	return io.NopCloser(io.MultiReader(readers...)), nil
}

func (segments) remove() {}
