package blob

import "io"

// Join returns a blob of all blobs in a row. It takes a reference to each.
func Join(blobs []*Blob) *Blob {
	parts := make(joined, len(blobs))
	copy(parts, blobs)
	var size int64
	for _, b := range parts {
		b.Retain()
		size += b.size
	}
	return newBlob(size, parts)
}

type joined []*Blob

func (j joined) remove() {
	for _, b := range j {
		b.Release()
	}
}

func (j joined) open(offset, length int64) (io.ReadCloser, error) {
	return &sequence{rest: j, offset: offset, length: length}, nil
}

// A sequence reads one blob after the other, with one of them open at a time.
type sequence struct {
	rest           []*Blob
	offset, length int64 // of what is still to be read, offset in rest[0]
	current        io.ReadCloser
}

func (s *sequence) Read(p []byte) (int, error) {
	for {
		if s.current == nil {
			if s.length == 0 {
				return 0, io.EOF
			}
			if err := s.next(); err != nil {
				return 0, err
			}
		}
		n, err := s.current.Read(p)
		if err == io.EOF {
			err = s.Close()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

func (s *sequence) next() error {
	for s.offset >= s.rest[0].size {
		s.offset -= s.rest[0].size
		s.rest = s.rest[1:]
	}
	length := min(s.length, s.rest[0].size-s.offset)
	r, err := s.rest[0].Open(s.offset, length)
	if err != nil {
		return err
	}
	s.current, s.rest = r, s.rest[1:]
	s.offset, s.length = 0, s.length-length
	return nil
}

func (s *sequence) Close() error {
	if s.current == nil {
		return nil
	}
	current := s.current
	s.current = nil
	return current.Close()
}
