package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
)

// A Sweep says which uploads are in nobody's use any more.
type Sweep struct {
	// Prefix is where they lie at the target.
	Prefix redferry.URI
	// Age is how long ago they were begun at least. It must exceed the longest copy
	// that anybody makes there with the same key: what is being sent looks the same.
	Age time.Duration
	// DryRun has Sweep say what it would abort, and abort nothing.
	DryRun bool
}

// An Orphan is an upload that a [Sweep] found.
type Orphan struct {
	Dst       redferry.URI
	UploadID  string
	Initiated time.Time // in UTC
	// Err is why it was not aborted; nil if it was, or if nothing was to be.
	Err error
}

// Sweep aborts uploads that nobody goes on with, whose parts cost money until then:
// those below a prefix that were begun by the owner of the Destination's key, that are
// old enough, and that the [Journal] does not know. Those of others are left alone. It
// calls done for each, and ends with the error that done returns.
//
// Who the owner is, S3 tells of uploads alone: Sweep begins one of its own, to the
// key redferry-sweep below the prefix, and aborts it. Where a target does not tell, the
// error wraps errors.ErrUnsupported, and nothing is aborted.
func (c *Copier) Sweep(ctx context.Context, s Sweep, done func(Orphan) error) error {
	if !s.Prefix.IsPrefix() || s.Prefix.Bucket == "" || s.Age <= 0 {
		return fmt.Errorf("bridge: %w: sweep %s of uploads older than %v: give a prefix and an age", ErrSync, s.Prefix, s.Age)
	}
	t := &transfer{c: c, dst: s.Prefix}
	old, err := t.aged(ctx, s)
	if err != nil {
		return err
	}
	for _, o := range old {
		if ctx.Err() != nil {
			return t.fail(ctx, "", "sweep", "", ctx.Err())
		}
		kept, err := t.known(ctx, o)
		if err != nil {
			return err
		}
		if kept {
			continue
		}
		orphan := Orphan{Dst: o.dst, UploadID: o.id, Initiated: o.initiated.UTC()}
		if !s.DryRun {
			orphan.Err = t.abort(ctx, o.dst, o.id)
		}
		if err := done(orphan); err != nil {
			return err
		}
	}
	return nil
}

// aged are the old uploads below a prefix by the owner of the key.
func (t *transfer) aged(ctx context.Context, s Sweep) (old []openUpload, err error) {
	probe := redferry.URI{Bucket: s.Prefix.Bucket, Key: s.Prefix.Key + "redferry-sweep"}
	id, err := t.probe(ctx, probe)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.abort(ctx, probe, id)) }()
	limit := time.Now().Add(-s.Age)
	old, err = t.siblings(ctx, s.Prefix, id)
	return slices.DeleteFunc(old, func(o openUpload) bool { return o.initiated.IsZero() || !o.initiated.Before(limit) }), err
}

// probe begins an upload.
func (t *transfer) probe(ctx context.Context, dst redferry.URI) (id string, err error) {
	in := &s3.CreateMultipartUploadInput{Bucket: &dst.Bucket, Key: &dst.Key}
	meta := metadata{encryption: t.c.opts.Carry.Encryption}
	meta.create(in) // a bucket may take no other
	begun, err := t.beginUpload(ctx, in)
	if err != nil {
		return "", t.fail(ctx, SideTarget, opCreate, actionWrite, err)
	}
	return *begun.UploadId, nil
}

// known reports whether the journal would go on with an upload.
func (t *transfer) known(ctx context.Context, o openUpload) (bool, error) {
	if t.c.opts.Journal == nil {
		return false, nil
	}
	u, ok, err := t.c.opts.Journal.Load(ctx, o.dst)
	if err != nil {
		return false, &Error{Op: "load from the journal the upload to", Dst: o.dst, Err: err}
	}
	return ok && u.UploadID == o.id, nil
}
