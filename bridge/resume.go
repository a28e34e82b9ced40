package bridge

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/internal/crc64"
)

// resume returns the upload that prior remembers, with the parts that can be
// trusted; nil if it cannot be used: it is bound to another version of the
// source or to other metadata, it is gone, or the parts it has cannot be proven as well as
// demanded.
func (t *transfer) resume(ctx context.Context, v *version, prior *Upload) (*upload, error) {
	p := plan{size: prior.Size, partSize: prior.PartSize}
	if !t.bound(v, *prior) || prior.Dst != t.dst || prior.Size != v.size || p.check() != nil || t.fleeting {
		return nil, nil
	}
	u := &upload{transfer: t, version: v, plan: p, parts: make([]part, p.count()), record: *prior}
	err := u.list(ctx, func(listed types.Part) error {
		u.trust(listed)
		return nil
	})
	if answer(err).code == noSuchUpload {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if u.doomed() {
		return u.renew(ctx, prior)
	}
	return u, nil
}

// renew begins a new upload in the place of one that a rule of the bucket will abort before
// it is complete; unless that would happen to the new one, too. Then what is in place is
// the better half of a bad job. When the old one is given up, prior is none.
func (u *upload) renew(ctx context.Context, prior *Upload) (*upload, error) {
	fresh, err := u.begin(ctx, u.version)
	if err != nil {
		return nil, err
	}
	if fresh.doomed() {
		return u, u.abortUnknown(ctx, fresh.record.UploadID)
	}
	if err := u.abandon(ctx, u.record); err != nil {
		return nil, errors.Join(err, u.abortUnknown(ctx, fresh.record.UploadID))
	}
	*prior = Upload{}
	return fresh, fresh.remember(ctx)
}

// bound reports whether prior was begun for this version of the source, and for what
// goes with it.
func (t *transfer) bound(v *version, prior Upload) bool {
	return prior.UploadID != "" && prior.Src == t.src.URI && prior.ETag == v.etag && prior.Meta == v.meta.fingerprint(t.c.plain)
}

// What is left of an upload must be sent, at a rate in bytes per second that most
// links have, with some time to spare before a rule of the bucket aborts the upload.
const (
	slowRate = 8 << 20
	spare    = time.Hour
	toEnd    = 2 * completeWithin // where nothing is left to be sent
)

// soon reports whether an upload will be aborted before the rest of its bytes can be
// sent. It is better begun anew then. The zero date is never.
func soon(date time.Time, rest int64) bool {
	need := toEnd
	if rest > 0 {
		need = spare + time.Duration(rest/slowRate)*time.Second
	}
	return !date.IsZero() && time.Until(date) < need
}

// doomed reports whether what is left of an upload cannot be sent in time.
func (u *upload) doomed() bool { return soon(u.abortDate, u.plan.size-u.inPlace()) }

// trust takes over a part that has the right length and a checksum. It is the
// target's own checksum of the bytes that it holds; whether they are the right
// ones shows when the checksums of all parts are composed. Where the source stores
// nothing that they compose to, what was sent over TLS was compared when it was sent; over
// plain HTTP it was not, if the run ended before the audit, and no part is trusted.
func (u *upload) trust(listed types.Part) {
	if u.c.plain && !u.version.stored.hasCRC {
		return
	}
	n := int(aws.ToInt32(listed.PartNumber))
	if n < 1 || n > len(u.parts) || aws.ToInt64(listed.Size) != u.plan.length(n) {
		return
	}
	crc, err := crc64.Decode(aws.ToString(listed.ChecksumCRC64NVME))
	if err != nil || aws.ToString(listed.ETag) == "" {
		return
	}
	if !u.parts[n-1].known {
		u.resumed++
	}
	u.parts[n-1] = part{etag: *listed.ETag, sum: sums{crc: crc}, known: true}
}

// list calls each for every part that the target holds, all pages of them. A page that does
// not say whether it is the last one is asked for again, and taken as it is if that stays so:
// parts that are not listed are sent once more, which costs time alone.
func (u *upload) list(ctx context.Context, each func(types.Part) error) error {
	in := &s3.ListPartsInput{Bucket: &u.dst.Bucket, Key: &u.dst.Key, UploadId: &u.record.UploadID}
	for {
		var page *s3.ListPartsOutput
		err := u.ask(ctx, answerWithin, func(ctx context.Context) error {
			var err error
			if page, err = u.c.dst.ListParts(ctx, in, once); err == nil && page.IsTruncated == nil {
				err = errNoList
			}
			return err
		})
		if err != nil && !errors.Is(err, errNoList) {
			return u.fail(ctx, SideTarget, "list parts of upload to", actionParts, err)
		}
		u.abortDate, u.class, u.declared = aws.ToTime(page.AbortDate), page.StorageClass, page.ChecksumAlgorithm
		for _, listed := range page.Parts {
			if err := each(listed); err != nil {
				return err
			}
		}
		next := page.NextPartNumberMarker
		if !aws.ToBool(page.IsTruncated) || next == nil || *next == aws.ToString(in.PartNumberMarker) {
			return nil
		}
		in.PartNumberMarker = next
	}
}
