package bridge

import (
	"cmp"
	"math/rand/v2"
	"time"
)

// Limits of multipart uploads. Source: S3 User Guide, "Amazon S3 multipart
// upload limits". A part has 5 MiB at least, except the last. The largest object is
// what fits into them, the 48.8 TiB of that page; until December 2025 it was 5 TiB.
const (
	maxParts  = 10_000
	minPart   = 5 << 20
	maxPart   = 5 << 30
	maxPut    = 5 << 30 // that one PutObject sends
	maxObject = maxParts * maxPart
)

// Options tune a [Copier]. The zero Options are the defaults.
type Options struct {
	// PartSize is the length of a part in bytes. Larger parts need fewer
	// requests, smaller ones lose less when a connection breaks; memory does not
	// depend on it. Where an object would have more than 10,000 parts, its parts
	// grow. S3 itself refuses parts below 5 MiB when the upload is completed.
	// The default is 32 MiB.
	PartSize int64

	// Threshold is the size in bytes up to which an object is sent with one
	// PutObject, which a later run cannot resume. The default is PartSize, the
	// most 5 GiB.
	Threshold int64

	// Concurrency is the most parts, and objects sent whole, that are on their
	// way at once, over all calls of the Copier. It begins with 8, takes more while
	// bytes move faster for it, and fewer when S3 is strained. Each takes two
	// connections and about 300 KiB. The default is 32.
	Concurrency int

	// Bandwidth bounds the bytes per second of this Copier and of all others that
	// are given the same one. The default is no limit.
	Bandwidth *Bandwidth

	// Journal remembers uploads so that a later run can go on with them. Without
	// one an upload that fails is aborted. The default is none.
	Journal Journal

	// Adopt has a Copy that begins an upload look for an earlier one to the same key,
	// by the same key of the target's account, that the Journal does not know, and go on
	// with it: for a journal that was lost. It is used only where the source stores a
	// CRC-64/NVME, which its parts must compose to. Nobody else may copy to the same
	// place meanwhile. The object gets the headers, metadata and tags that the earlier copy
	// had for it. With [Carry].Encryption nothing is adopted, because a listing does not say
	// how an upload is encrypted. It needs s3:ListBucketMultipartUploads. The default is not
	// to look.
	Adopt bool

	// MinLevel is the weakest proof that is accepted. A copy that cannot reach
	// it fails with [ErrLevel], before anything is sent. With [Recomputed] more is done to
	// reach it: an ETag that is an MD5, or the MD5 of those of parts, is compared with, which
	// costs a second or two per GiB; parts are cut as the source has them, however long they
	// are; and an object whose checksum does not follow from those of parts is sent with
	// one PutObject, up to 5 GiB. Where a copy in parts reaches no more than Recomputed, no
	// later run can prove so much of parts that it has not read: what is interrupted is
	// aborted, and begins anew. The default is [Wire].
	MinLevel Level

	// Carry says what becomes of storage class, tags and encryption.
	Carry Carry

	// Retries is how often a request is repeated after an error that may pass;
	// -1 is never. A part is repeated with a new read of the source. The default
	// is 10, which with the waits between them outlasts an overload of a minute
	// or two.
	Retries int

	// Stall is how long a transfer may stand still, in either direction, before
	// it is given up and repeated on another connection. The default is 60 s.
	Stall time.Duration

	// Rand draws from [0,1) for the jitter of the waits. It must be safe for
	// concurrent use. The default is rand.Float64 of math/rand/v2; a simulation
	// passes its own.
	Rand func() float64

	// Trace is told what happens. The default tells nobody.
	Trace Trace
}

func (o *Options) withDefaults() Options {
	var opts Options
	if o != nil {
		opts = *o
	}
	if opts.PartSize <= 0 {
		opts.PartSize = 32 << 20
	}
	opts.PartSize = min(opts.PartSize, maxPart)
	if opts.Threshold <= 0 {
		opts.Threshold = opts.PartSize
	}
	opts.Threshold = min(opts.Threshold, maxPart)
	if opts.Concurrency <= 0 {
		opts.Concurrency = 32
	}
	opts.MinLevel = max(opts.MinLevel, Wire)
	opts.Retries = max(cmp.Or(opts.Retries, 10), 0)
	if opts.Stall <= 0 {
		opts.Stall = time.Minute
	}
	if opts.Rand == nil {
		opts.Rand = rand.Float64
	}
	return opts
}
