package bridge

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/internal/crc64"
)

// complete has the target put the parts together, and compares its answer. An
// answer that is lost is asked for again: S3 gives the same one. Where the
// upload is gone by then, or the second answer has no checksum any more, the
// object is looked at, if that is allowed.
func (u *upload) complete(ctx context.Context, whole sums) (*Result, error) {
	in, asked := u.completion(whole), 0
	u.touched = true
	var done *s3.CompleteMultipartUploadOutput
	err := u.ask(ctx, completeWithin, func(ctx context.Context) error {
		asked++
		var err error
		done, err = u.c.dst.CompleteMultipartUpload(ctx, in, once)
		return err
	})
	switch {
	case answer(err).code == noSuchUpload:
		err = fmt.Errorf("%w: %w", errGone, err)
	case err == nil && asked > 1 && aws.ToString(done.ChecksumCRC64NVME) == "":
		err = errSilent
	}
	if errors.Is(err, errGone) || errors.Is(err, errSilent) {
		if result := u.verify(ctx, u.version, whole); result != nil {
			return result, nil
		}
	}
	if err != nil {
		return nil, u.fail(ctx, SideTarget, opComplete, actionWrite, err)
	}
	return u.proven(opComplete, u.plan.size, made{done.ETag, done.ChecksumCRC64NVME, done.ServerSideEncryption, done.SSEKMSKeyId}, whole.crc, whole.level)
}

// completion names each part. The checksums stand in it only if the upload was
// created with their algorithm; S3 refuses them otherwise.
func (u *upload) completion(whole sums) *s3.CompleteMultipartUploadInput {
	parts := make([]types.CompletedPart, len(u.parts))
	for i, p := range u.parts {
		parts[i] = types.CompletedPart{PartNumber: aws.Int32(int32(i + 1)), ETag: aws.String(p.etag)}
		if !u.c.plain {
			parts[i].ChecksumCRC64NVME = aws.String(crc64.Encode(p.sum.crc))
		}
	}
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &u.dst.Bucket, Key: &u.dst.Key, UploadId: &u.record.UploadID,
		MpuObjectSize:   &u.plan.size,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}
	if !u.c.plain {
		in.ChecksumCRC64NVME, in.ChecksumType = aws.String(crc64.Encode(whole.crc)), types.ChecksumTypeFullObject
	}
	return in
}

// settle looks whether the object that prior was to become is in place already:
// its upload may have been completed by a run that did not live to hear of it.
// It returns nil if that cannot be proven.
func (t *transfer) settle(ctx context.Context, v *version, prior Upload) *Result {
	if !t.bound(v, prior) || !v.stored.hasCRC {
		return nil
	}
	return t.verify(ctx, v, sums{crc: v.stored.crc, level: Stored})
}

// verify reads size, checksum and metadata of the object at the target, if the Destination
// can and may. It returns nil unless all are as they should be. Tags nobody tells: an object
// that is to have some is not taken.
func (t *transfer) verify(ctx context.Context, v *version, whole sums) *Result {
	client, ok := t.c.dst.(interface {
		HeadObject(ctx context.Context, in *s3.HeadObjectInput, options ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
	})
	if !ok {
		return nil
	}
	var head *s3.HeadObjectOutput
	err := t.ask(ctx, answerWithin, func(ctx context.Context) error {
		var err error
		head, err = client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &t.dst.Bucket, Key: &t.dst.Key, ChecksumMode: types.ChecksumModeEnabled}, once)
		return err
	})
	if err != nil || aws.ToInt64(head.ContentLength) != v.size || v.meta.tags != nil || !v.meta.same(metadataOfHead(head), head.StorageClass) {
		return nil
	}
	result, err := t.proven(opComplete, v.size, made{head.ETag, head.ChecksumCRC64NVME, head.ServerSideEncryption, head.SSEKMSKeyId}, whole.crc, whole.level)
	if err != nil {
		return nil
	}
	return result
}
