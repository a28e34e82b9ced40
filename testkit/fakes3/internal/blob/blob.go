// Package blob keeps the bytes of objects and parts, in memory or on disk.
package blob

import (
	"errors"
	"io"
	"sync/atomic"
)

// A Blob is a sequence of bytes that never changes. Whoever gets one owns a
// reference to it; the bytes go when the last reference is released. Its methods
// are safe for concurrent use.
type Blob struct {
	size    int64
	content content
	refs    atomic.Int64
}

// content is where the bytes are.
type content interface {
	// open returns a reader of length bytes from offset on, which lie within.
	open(offset, length int64) (io.ReadCloser, error)
	remove()
}

func newBlob(size int64, c content) *Blob {
	b := &Blob{size: size, content: c}
	b.refs.Store(1)
	return b
}

// Ghost returns a Blob of so many bytes that are gone: it has a size and cannot be
// opened.
func Ghost(size int64) *Blob { return newBlob(size, ghost{}) }

type ghost struct{}

func (ghost) open(int64, int64) (io.ReadCloser, error) { return nil, errGone }
func (ghost) remove()                                  {}

var errGone = errors.New("fakes3: these bytes are gone")

// Size returns the number of bytes.
func (b *Blob) Size() int64 { return b.size }

// Retain takes another reference. The caller must hold one.
func (b *Blob) Retain() { b.refs.Add(1) }

// Release gives a reference back.
func (b *Blob) Release() {
	if b.refs.Add(-1) == 0 {
		b.content.remove()
	}
}

// Open returns a reader of length bytes from offset on; they must lie within. The
// reader has a reference of its own, which Close releases.
func (b *Blob) Open(offset, length int64) (io.ReadCloser, error) {
	b.Retain()
	r, err := b.content.open(offset, length)
	if err != nil {
		b.Release()
		return nil, err
	}
	return &reader{ReadCloser: r, blob: b}, nil
}

type reader struct {
	io.ReadCloser
	blob   *Blob
	closed bool
}

func (r *reader) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	err := r.ReadCloser.Close()
	r.blob.Release()
	return err
}

// A Writer makes a Blob. Exactly one of Commit and Discard must be called, after
// the last Write.
type Writer interface {
	io.Writer
	Commit() (*Blob, error)
	Discard()
}

// A Store makes Blobs.
type Store interface {
	Create() (Writer, error)
}
