package stage

import (
	"context"
	"io"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A Destination is where one UNLOAD writes. It is used by one goroutine at a time.
type Destination struct{}

// A File is one file of an UNLOAD.
type File struct {
	// Slice and Part name it, both from 0: <prefix>0003_part_01.parquet. With
	// PARALLEL OFF only Part counts: <prefix>001.parquet.
	Slice, Part int
	// Partition is "year=2001/month=1/" with PARTITION BY, else empty.
	Partition string
	// Body is read from its start, more than once if a request is repeated.
	Body io.ReadSeeker
	Rows int64
}

// OpenDestination readies the destination of an UNLOAD: it asks for a client with
// the command's role and refuses a destination that is not empty, unless
// ALLOWOVERWRITE is given. With CLEANPATH it deletes what is there (with
// PARTITION BY, [Destination.Put] does, one partition at a time).
func OpenDestination(ctx context.Context, storage fakeredshift.Storage, cmd *rsql.Unload) (*Destination, error) {
	return &Destination{}, nil
}

// Put uploads one file under its name.
func (d *Destination) Put(ctx context.Context, f File) (redferry.URI, error) {
	return redferry.URI{}, nil
}

// Finish writes the manifest, if the command has MANIFEST and any file was put.
// Columns are those of the query, partition columns among them.
func (d *Destination) Finish(ctx context.Context, columns []fakeredshift.Column) error { return nil }

// Rows returns how many rows the files put so far have: pg_last_unload_count().
func (d *Destination) Rows() int64 { return 0 }
