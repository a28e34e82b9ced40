package bridge

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/internal/crc64"
)

// adopt looks for an upload that an earlier run began to the same key and that no
// journal remembers: one that the same key began as u, with checksums declared or
// not as over TLS or not, whose parts all fit one size of parts and have checksums, the
// newest first. It returns that in the place of u, which it aborts; or u itself.
//
// Whether the parts are those of this source shows when their checksums and those of
// the others compose to what the source stores, or not: before the target is told to
// put them together. How an upload is encrypted no listing tells: where that is not left to
// the bucket, none is adopted; and none after one whose parts were of something else.
func (u *upload) adopt(ctx context.Context) (*upload, error) {
	if !u.c.opts.Adopt || u.disproved || !u.version.stored.hasCRC || u.version.meta.encryption != nil {
		return u, nil
	}
	orphans, err := u.orphans(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range orphans {
		adopted, err := u.fit(ctx, o)
		if err != nil {
			return nil, err
		}
		if adopted == nil {
			continue
		}
		if err := u.abandon(ctx, u.record); err != nil { // the journal takes no other before
			return nil, err
		}
		u.record = Upload{} // there is nothing left to be given up
		return adopted, adopted.remember(ctx)
	}
	return u, nil
}

// orphans are the uploads to the key of u by the one who began u, the newest first; none
// where nobody tells whose they are.
func (u *upload) orphans(ctx context.Context) ([]openUpload, error) {
	all, err := u.siblings(ctx, u.dst, u.record.UploadID)
	if errors.Is(err, errNameless) {
		return nil, nil
	}
	all = slices.DeleteFunc(all, func(o openUpload) bool { return o.dst != u.dst })
	slices.SortStableFunc(all, func(a, b openUpload) int { return b.initiated.Compare(a.initiated) })
	return all, err
}

// fit returns an orphan as an upload of this source; nil if it cannot be one.
func (u *upload) fit(ctx context.Context, o openUpload) (*upload, error) {
	adopted := &upload{transfer: u.transfer, version: u.version, record: u.record, adopted: true}
	adopted.record.UploadID = o.id
	var listed []types.Part
	err := adopted.list(ctx, func(p types.Part) error {
		listed = append(listed, p)
		return nil
	})
	if answer(err).code == noSuchUpload {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	adopted.plan = plan{size: u.plan.size, partSize: hypothesis(listed, u.plan.partSize)}
	if adopted.class != "" && adopted.class != cmp.Or(u.version.meta.class, types.StorageClassStandard) {
		return nil, nil
	}
	if (adopted.declared == types.ChecksumAlgorithmCrc64nvme) == u.c.plain {
		return nil, nil // S3 would take no part, or not put them together
	}
	if len(listed) == 0 || adopted.plan.check() != nil || !adopted.plan.fits(listed) {
		return nil, nil
	}
	adopted.record.PartSize = adopted.plan.partSize
	adopted.parts = make([]part, adopted.plan.count())
	for _, p := range listed {
		adopted.trust(p)
	}
	if adopted.doomed() && !u.doomed() {
		return nil, nil
	}
	return adopted, nil
}

// hypothesis is the size that parts had when these were sent: that of any but the
// last, and where there is but one part, which may be the last, the size of today.
func hypothesis(listed []types.Part, today int64) int64 {
	if len(listed) < 2 {
		return today
	}
	return aws.ToInt64(listed[0].Size)
}

// fits reports whether all parts are parts of this plan, with checksums.
func (p plan) fits(listed []types.Part) bool {
	for _, part := range listed {
		n := int(aws.ToInt32(part.PartNumber))
		_, err := crc64.Decode(aws.ToString(part.ChecksumCRC64NVME))
		if n < 1 || n > p.count() || aws.ToInt64(part.Size) != p.length(n) || err != nil {
			return false
		}
	}
	return true
}
