package fakes3

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/redferry/redferry/testkit/fakes3/internal/checksum"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

// noChecksum is the value of PutOptions.Checksum for an object without one.
const noChecksum = "none"

func (o *PutOptions) meta() store.Meta {
	m := store.Meta{
		Headers:      map[string]string{"Content-Type": octetStream},
		User:         make(map[string]string),
		StorageClass: or(o.StorageClass, standard),
	}
	for name, value := range o.Headers {
		m.Headers[name] = value
	}
	for name, value := range o.Metadata {
		m.User[strings.ToLower(name)] = value
	}
	for key, value := range o.Tags {
		m.Tags = append(m.Tags, store.Tag{Key: key, Value: value})
	}
	slices.SortFunc(m.Tags, func(a, b store.Tag) int { return strings.Compare(a.Key, b.Key) })
	return m
}

func (o *PutOptions) algorithm() (checksum.Algorithm, error) {
	switch o.Checksum {
	case "", noChecksum:
		return checksum.CRC64NVME, nil
	}
	a, ok := checksum.Parse(o.Checksum)
	if !ok {
		return "", fmt.Errorf("fakes3: no checksum algorithm %q", o.Checksum)
	}
	return a, nil
}

// build stores content as an object that has no name yet.
func (s *Server) build(content io.Reader, opts *PutOptions) (*store.Object, error) {
	algorithm, err := opts.algorithm()
	if err != nil {
		return nil, err
	}
	if opts.PartSize > 0 {
		return s.buildParts(content, opts, algorithm)
	}
	o, err := s.makeObject(content, algorithm)
	if err != nil {
		return nil, err
	}
	o.Declared = opts.Checksum != "" && opts.Checksum != noChecksum
	return o, nil
}

func (s *Server) buildParts(content io.Reader, opts *PutOptions, algorithm checksum.Algorithm) (*store.Object, error) {
	kind := checksum.FullObject
	if opts.Composite {
		kind = checksum.Composite
	}
	if !algorithm.Allows(kind) {
		return nil, fmt.Errorf("fakes3: a multipart object has no %s checksum with %s", kind, algorithm)
	}
	var parts []store.Part
	defer func() {
		for _, p := range parts {
			p.Content.Release() // the object has references of its own
		}
	}()
	rest := bufio.NewReader(content)
	for number := 1; number <= maxPart; number++ {
		o, err := s.makeObject(io.LimitReader(rest, opts.PartSize), algorithm)
		if err != nil {
			return nil, err
		}
		parts = append(parts, store.Part{Number: number, ETag: o.ETag, Sum: checksum.Decode(o.Checksum.Text), Modified: o.Modified, Content: o.Content})
		if _, err := rest.Peek(1); errors.Is(err, io.EOF) {
			break
		}
	}
	o := store.Assemble(parts, algorithm, kind)
	o.Declared = opts.Checksum != "" && opts.Checksum != noChecksum
	return o, nil
}
