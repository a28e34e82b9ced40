package bridge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/internal/crc64"
)

// whole copies an object of a known ETag and size with one GET and one PutObject.
func (t *transfer) whole(ctx context.Context, etag string, size int64) (*Result, error) {
	var result *Result
	once := func(ctx context.Context) error {
		var v *version
		err := t.attempt(ctx, max(size, 0), nil, func(f *flow) error {
			var err error
			result, v, err = f.whole(etag, size)
			return err
		})
		return t.confirm(ctx, v, err)
	}
	err := t.retry(ctx, 1, once)
	if errors.Is(err, errUneven) {
		err = t.retry(ctx, 1, once) // which compares with nothing
	}
	if err != nil {
		return nil, err
	}
	t.c.opts.Trace.part(t.dst, 1, result.Size)
	return result, nil
}

// whole is one attempt. It returns the version that it met, if it came so far.
func (f *flow) whole(etag string, want int64) (*Result, *version, error) {
	f.afresh(f.t.slow.Load())
	tags, err := f.t.carryTags(f.ctx)
	if err != nil {
		return nil, nil, err
	}
	get, err := f.open(&s3.GetObjectInput{IfMatch: nonEmpty(etag)}, withChecksum)
	if err != nil {
		return nil, nil, err
	}
	defer get.Body.Close()
	v, err := f.met(get, etag, want)
	if err != nil {
		return nil, nil, err
	}
	f.t.c.opts.Carry.carry(&v.meta, get.StorageClass)
	v.meta.tags = tags
	f.t.etag = v.etag
	f.t.start(v.size, 0)
	if v.size == 0 {
		result, err := f.empty(v)
		return result, v, err
	}
	body := f.stream(get.Body, 1, v.size, &f.t.slow)
	body.want, body.other = &v.stored, v.stored.hash(true)
	result, err := f.put(v, body)
	return result, v, err
}

// met is the version that a GET of the whole has met, if it is one to be copied.
func (f *flow) met(get *s3.GetObjectOutput, etag string, want int64) (*version, error) {
	size, err := sizeOf(get.ContentLength)
	if err != nil {
		return nil, f.blame(SideSource, "get", err)
	}
	v := &version{etag: aws.ToString(get.ETag), size: size, meta: metadataOfGet(get), stored: checksumsOfGet(get).stored(f.t.byETag())}
	if err := f.t.locate(f.ctx, v); err != nil {
		return nil, err
	}
	if err := f.t.admit("get", v); err != nil {
		return nil, err
	}
	if v.etag == etag {
		if err := f.length(get, want); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// put sends body. Where the source stores its CRC-64/NVME, the target is told it
// beforehand, and so takes these bytes or none.
func (f *flow) put(v *version, body *stream) (*Result, error) {
	in := f.t.putInput(v, body)
	if v.stored.hasCRC {
		in.ChecksumCRC64NVME = aws.String(crc64.Encode(v.stored.crc))
	}
	f.t.attempts.Add(1)
	f.t.touched = true
	put, err := f.t.c.dst.PutObject(f.ctx, in, f.t.c.leanDst.shorten(f.ctx, f.t.dst.Bucket, streaming))
	if err := f.sent(body, opPut, err); err != nil {
		return nil, err
	}
	result := body.result.Load()
	return f.t.proven(opPut, v.size, madeBy(put), result.crc, result.level)
}

// empty copies an object of no bytes, of which every checksum is known.
func (f *flow) empty(v *version) (*Result, error) {
	var other []byte
	if h := v.stored.hash(true); h != nil {
		other = h.Sum(nil)
	}
	level, err := v.stored.check(0, other)
	if err != nil {
		return nil, f.blame(SideSource, "get", err)
	}
	in := f.t.putInput(v, bytes.NewReader(nil))
	in.ChecksumCRC64NVME = aws.String(crc64.Encode(0))
	f.t.attempts.Add(1)
	f.t.touched = true
	put, err := f.t.c.dst.PutObject(f.ctx, in, once)
	if err != nil {
		return nil, f.blame(SideTarget, opPut, err)
	}
	return f.t.proven(opPut, 0, madeBy(put), 0, level)
}

func (t *transfer) putInput(v *version, body io.Reader) *s3.PutObjectInput {
	in := &s3.PutObjectInput{Bucket: &t.dst.Bucket, Key: &t.dst.Key, Body: body, ContentLength: &v.size}
	v.meta.put(in)
	return in
}

// made is what the target answers about an object that it has made.
type made struct {
	etag, checksum *string
	encryption     types.ServerSideEncryption
	key            *string // of KMS
}

func madeBy(put *s3.PutObjectOutput) made {
	return made{put.ETag, put.ChecksumCRC64NVME, put.ServerSideEncryption, put.SSEKMSKeyId}
}

// proven compares what the target answered with what was sent and asked for.
func (t *transfer) proven(op string, size int64, answered made, crc uint64, level Level) (*Result, error) {
	if err := t.sealed(op, answered.encryption, answered.key); err != nil {
		return nil, err
	}
	sent := crc64.Encode(crc)
	if got := aws.ToString(answered.checksum); got != sent {
		e := &Error{Op: op, Side: SideTarget, Dst: t.dst, Src: t.src.URI, Advice: "delete the object at the target, or copy it again"}
		if got == "" {
			e.Err = fmt.Errorf("%w: %w: the target answered without the CRC64NVME of what it stored", ErrLevel, errInPlace)
		} else {
			e.Err = fmt.Errorf("%w: %w: what was sent has CRC64NVME %s, what the target stored %s", ErrChecksum, errInPlace, sent, got)
		}
		return nil, e
	}
	return &Result{Size: size, ETag: aws.ToString(answered.etag), Checksum: sent, Level: level, Parts: 1}, nil
}
