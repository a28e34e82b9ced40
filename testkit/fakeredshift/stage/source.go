package stage

import (
	"context"
	"io"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A Source is what one COPY reads. It is used by one goroutine at a time.
type Source struct {
	// Objects are the files in the order of the load: of the manifest, where one
	// that is listed twice stands twice, or of the keys under the prefix. It may
	// be empty: a prefix that matches nothing loads no rows from Parquet.
	Objects []Object
}

// An Object is one file of a COPY.
type Object struct {
	URI  redferry.URI
	Size int64  // bytes
	Path string // the local copy, after [Source.Fetch]
}

// OpenSource finds the files of a COPY: it asks for a client with the command's
// role, reads the manifest or lists the prefix, and compares the sizes that the
// manifest gives with those of the objects.
func OpenSource(ctx context.Context, storage fakeredshift.Storage, cmd *rsql.Copy) (*Source, error) {
	return &Source{}, nil
}

// Fetch downloads every object into dir, which the caller owns, and sets the
// paths in Objects. An object listed twice is downloaded once.
func (s *Source) Fetch(ctx context.Context, dir string) error { return nil }

// Open reads one object. The caller closes it.
func (s *Source) Open(ctx context.Context, o Object) (io.ReadCloser, error) { return nil, nil }
