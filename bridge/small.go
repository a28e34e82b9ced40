package bridge

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/crc64"
)

// ReadSource returns a small object of the source side; see [Bridge]. What it
// returns matches the checksum that the source stores, if there is one.
func (c *Copier) ReadSource(ctx context.Context, src redferry.URI, limit int64) ([]byte, error) {
	t := &transfer{c: c, src: Object{URI: src}}
	var content []byte
	err := t.retry(ctx, 0, func(ctx context.Context) error {
		return t.attempt(ctx, 0, nil, func(f *flow) error {
			var err error
			content, err = f.read(limit)
			return err
		})
	})
	return content, err
}

func (f *flow) read(limit int64) ([]byte, error) {
	get, err := f.open(&s3.GetObjectInput{}, withChecksum)
	if err != nil {
		return nil, err
	}
	defer get.Body.Close()
	size, err := sizeOf(get.ContentLength)
	if err != nil {
		return nil, f.blame(SideSource, "read", err)
	}
	if size > limit {
		return nil, &Error{Op: "read", Side: SideSource, Src: f.t.src.URI, Err: &tooLarge{size, limit}}
	}
	if size == 0 {
		return []byte{}, nil
	}
	stored := checksumsOfGet(get).stored(false)
	if stored.pieces > 0 {
		stored.other = noAlgorithm // how it was cut would have to be asked for
	}
	body := f.stream(get.Body, 0, size, nil)
	body.want, body.other = &stored, stored.hash(true)
	content := make([]byte, size)
	if _, err := io.ReadFull(body, content); err != nil {
		return nil, f.blame(SideSource, "read", err)
	}
	return content, nil
}

// tooLarge is an object beyond what the caller is ready to hold.
type tooLarge struct{ size, limit int64 }

func (e *tooLarge) Error() string {
	return fmt.Sprintf("it has %d bytes, at most %d are expected", e.size, e.limit)
}

// WriteTarget writes a small object at the target side; see [Bridge].
func (c *Copier) WriteTarget(ctx context.Context, dst redferry.URI, content []byte) error {
	t := &transfer{c: c, dst: dst}
	sum := crc64.Checksum(content)
	return t.retry(ctx, 0, func(ctx context.Context) error {
		return t.attempt(ctx, 0, nil, func(f *flow) error {
			in := &s3.PutObjectInput{
				Bucket: &dst.Bucket, Key: &dst.Key, Body: bytes.NewReader(content),
				ContentLength: aws.Int64(int64(len(content))), ChecksumCRC64NVME: aws.String(crc64.Encode(sum)),
			}
			meta := metadata{encryption: c.opts.Carry.Encryption}
			meta.put(in)
			put, err := c.dst.PutObject(f.ctx, in, once)
			if err != nil {
				return f.blame(SideTarget, opPut, err)
			}
			_, err = t.proven(opPut, int64(len(content)), madeBy(put), sum, Wire)
			return err
		})
	})
}
