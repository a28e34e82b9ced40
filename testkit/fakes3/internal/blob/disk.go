package blob

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

// Disk keeps each blob in a file of a directory.
type Disk struct{ dir string }

var _ Store = (*Disk)(nil)

// NewDisk returns a store in dir, which must exist. It leaves what lies there
// alone.
func NewDisk(dir string) *Disk { return &Disk{dir: dir} }

// writeBuffer joins the small reads of a network to writes of a disk.
const writeBuffer = 64 << 10

// Create returns a Writer of a new blob.
func (d *Disk) Create() (Writer, error) {
	f, err := os.CreateTemp(d.dir, "blob-*")
	if err != nil {
		return nil, fmt.Errorf("fakes3: create a file for an object: %w", err)
	}
	return &diskWriter{file: f, buffer: bufio.NewWriterSize(f, writeBuffer)}, nil
}

type diskWriter struct {
	file   *os.File
	buffer *bufio.Writer
	size   int64
}

func (w *diskWriter) Write(p []byte) (int, error) {
	n, err := w.buffer.Write(p)
	w.size += int64(n)
	return n, err
}

func (w *diskWriter) Commit() (*Blob, error) {
	err := w.buffer.Flush()
	if closed := w.file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(w.file.Name()) // the error to report is the one above
		return nil, fmt.Errorf("fakes3: write the file of an object: %w", err)
	}
	return newBlob(w.size, file(w.file.Name())), nil
}

func (w *diskWriter) Discard() {
	_ = w.file.Close()
	_ = os.Remove(w.file.Name()) // what stays behind is a stray file in a test's directory
}

// file is the path of a blob's file.
type file string

func (f file) open(offset, length int64) (io.ReadCloser, error) {
	opened, err := os.Open(string(f))
	if err != nil {
		return nil, fmt.Errorf("fakes3: open the file of an object: %w", err)
	}
	return section{io.NewSectionReader(opened, offset, length), opened}, nil
}

func (f file) remove() { _ = os.Remove(string(f)) }

type section struct {
	io.Reader
	io.Closer
}
