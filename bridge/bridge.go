// Package bridge copies S3 objects between two places that no single
// credential can reach: it reads with one client and writes with another.
//
// The body of a part's GET is the body of its upload, so no part is held in
// memory. Every read is pinned to one version of the source by its ETag. A
// CRC-64/NVME is computed on the way, composed over the parts, compared with the
// value that the source stores and handed to S3 when the upload is completed:
// source and target are proven equal without reading anything twice. The
// [Level] of that proof is part of every [Result].
//
// A copy survives the program: S3 keeps the parts, a [Journal] keeps which
// upload they belong to, and the next Copy of the same object sends only what is
// missing.
package bridge

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/redferry/redferry"
)

// A Bridge copies objects from where it reads to where it writes. It is safe
// for concurrent use. [Copier] implements it; package bridgetest has the suite.
type Bridge interface {
	// Copy copies one object. When it returns, no goroutine of it is left. An
	// error means that the target does not hold a proven copy; if [Resumable]
	// reports true, calling Copy again goes on where it stopped.
	Copy(ctx context.Context, dst redferry.URI, src Object) (*Result, error)

	// CopyAll copies jobs as they come, side by side under the Bridge's own
	// limits; it may read jobs in another goroutine than the caller's. It calls
	// done once per job, one call at a time, in no particular order, from the
	// goroutine that called CopyAll. If done returns an error, CopyAll starts
	// nothing more, stops what runs, and returns that error. A job that fails does
	// not stop the others; CopyAll itself then returns nil, since done has seen
	// each failure. An error that jobs yields is returned.
	CopyAll(ctx context.Context, jobs iter.Seq2[Job, error], done func(Job, *Result, error) error) error

	// ReadSource returns a small object of the source side, such as a manifest.
	// It refuses one of more than limit bytes. A missing object is an error that
	// wraps fs.ErrNotExist.
	ReadSource(ctx context.Context, src redferry.URI, limit int64) ([]byte, error)

	// WriteTarget writes a small object at the target side, with a checksum that
	// the target verifies.
	WriteTarget(ctx context.Context, dst redferry.URI, content []byte) error
}

// An Object is a source object, and what is known of it. A Copy of an object
// whose ETag or Size is known and no longer true fails with [ErrSourceChanged].
type Object struct {
	URI  redferry.URI
	ETag string // as S3 gives it, in quotes; empty if unknown
	Size int64  // bytes; -1 if unknown
}

// A Job is one copy of many.
type Job struct {
	Dst redferry.URI
	Src Object
}

// A Level says how well a copy is proven, from weak to strong.
type Level uint8

const (
	// Unproven is the zero Level; no successful copy has it.
	Unproven Level = iota
	// Wire means that the source has nothing to compare with. The ETag was pinned, the
	// length is right, and the target verified the checksum of what it got.
	Wire
	// Recomputed means that the source stores another checksum than CRC-64/NVME over the
	// whole object, or one over those of its parts, and what was read matches it. An ETag
	// counts where this level is demanded ([Options].MinLevel).
	Recomputed
	// Stored means that the CRC-64/NVME that the source stores, the one composed from what
	// was sent, and the one that the target answered are equal.
	Stored
)

// String returns "unproven", "wire", "recomputed" or "stored".
func (l Level) String() string {
	switch l {
	case Wire:
		return "wire"
	case Recomputed:
		return "recomputed"
	case Stored:
		return "stored"
	}
	return "unproven"
}

// MarshalText returns l as [Level.String] does.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what [Level.MarshalText] wrote.
func (l *Level) UnmarshalText(text []byte) error {
	for _, level := range []Level{Unproven, Wire, Recomputed, Stored} {
		if level.String() == string(text) {
			*l = level
			return nil
		}
	}
	return fmt.Errorf("bridge: %q is no level of proof: write wire, recomputed or stored", text)
}

// A Result describes a copy that was made and proven.
type Result struct {
	Size int64
	ETag string // of the new object
	// SourceETag is the ETag of the version of the source that was copied.
	SourceETag string
	Checksum   string // CRC-64/NVME of the whole object, base64, as S3 writes it
	Level      Level
	Parts      int // 1 for an object sent with one PutObject
	Resumed    int // parts that were found in place and not sent again
	Attempts   int // requests that carried a body, repeats included
	Elapsed    time.Duration
}
