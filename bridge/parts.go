package bridge

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"github.com/redferry/redferry/internal/crc64"
)

// send copies the parts that the target lacks, in their order, side by side: each
// comes to the gate after the one before. The first that fails for good stops the
// others.
func (u *upload) send(ctx context.Context) error {
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(u.c.opts.Concurrency)
	for n := 1; n <= len(u.parts) && running.Err() == nil; n++ {
		if u.parts[n-1].known {
			continue
		}
		arrived := make(chan struct{})
		group.Go(func() error { return u.sendPart(running, n, sync.OnceFunc(func() { close(arrived) })) })
		<-arrived
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if u.inPlace() < u.plan.size {
		return u.fail(ctx, "", "copy to", "", ctx.Err())
	}
	return nil
}

func (u *upload) sendPart(ctx context.Context, n int, arrived func()) error {
	err := u.retry(ctx, n, func(ctx context.Context) error {
		return u.attempt(ctx, u.plan.length(n), arrived, func(f *flow) error { return u.movePart(f, n) })
	})
	if err != nil {
		var e *Error
		if errors.As(err, &e) {
			e.Part = n
		}
		return err
	}
	u.c.opts.Trace.part(u.dst, n, u.plan.length(n))
	return nil
}

// movePart is one attempt at part n: a GET of its range, pinned to the version,
// and an UploadPart with the body of that.
func (u *upload) movePart(f *flow, n int) error {
	length := u.plan.length(n)
	f.afresh(u.slow[n-1].Load())
	get, err := f.open(&s3.GetObjectInput{IfMatch: &u.version.etag, Range: aws.String(u.plan.byteRange(n))}, once)
	if err != nil {
		return err
	}
	defer get.Body.Close()
	if etag := aws.ToString(get.ETag); etag != u.version.etag {
		return f.blame(SideSource, "get", fmt.Errorf("%w: its ETag is %s, it was %s", ErrSourceChanged, etag, u.version.etag))
	}
	if err := f.length(get, length); err != nil {
		return err
	}
	if got, want := aws.ToString(get.ContentRange), u.plan.contentRange(n); got != want {
		return f.blame(SideSource, "get", fmt.Errorf("the answer has the range %q, asked for was %q", got, want))
	}
	body := f.stream(get.Body, n, length, &u.slow[n-1])
	if u.comparable() {
		body.other = u.version.stored.hash(false)
	}
	u.attempts.Add(1)
	in := &s3.UploadPartInput{
		Bucket: &u.dst.Bucket, Key: &u.dst.Key, UploadId: &u.record.UploadID, PartNumber: aws.Int32(int32(n)),
		Body: body, ContentLength: &length,
	}
	put, err := u.c.dst.UploadPart(f.ctx, in, u.c.leanDst.shorten(f.ctx, u.dst.Bucket, streaming))
	if answer(err).code == noSuchUpload {
		err = fmt.Errorf("%w: %w", errGone, err)
	}
	if err := f.sent(body, "upload part", err); err != nil {
		return err
	}
	return u.acknowledge(f, n, put, *body.result.Load())
}

// comparable reports whether the other checksum of the source follows from those of these
// parts.
func (u *upload) comparable() bool {
	s := &u.version.stored
	return s.pieces == 0 && s.other.composable() || s.pieces > 0 && s.pieceSize == u.plan.partSize
}

// acknowledge compares what the target answered, and notes the part.
func (u *upload) acknowledge(f *flow, n int, put *s3.UploadPartOutput, sent sums) error {
	want, got := crc64.Encode(sent.crc), aws.ToString(put.ChecksumCRC64NVME)
	if got != want && (got != "" || !u.c.plain) {
		return f.blame(SideTarget, "upload part", fmt.Errorf("%w: what was sent has CRC64NVME %s, the target answered %q", ErrChecksum, want, got))
	}
	p := &u.parts[n-1]
	p.etag, p.sum, p.known = aws.ToString(put.ETag), sent, true
	return nil
}

// errTooWeak means that all was sent, and does not prove what it was expected to.
var errTooWeak = errors.New("the parts of the source were not cut as it seemed")

// compose makes the sums of the whole object from those of its parts, and
// compares them with what the source stores: before the target is told to put
// the parts together.
func (u *upload) compose() (sums, error) {
	stored := &u.version.stored
	whole := u.parts[0].sum
	shift := crc64.NewShift(u.plan.partSize)
	for i, p := range u.parts[1:] {
		length := u.plan.length(i + 2)
		if length != u.plan.partSize {
			shift = crc64.NewShift(length)
		}
		whole.crc = shift.Combine(whole.crc, p.sum.crc)
		if stored.pieces > 0 || whole.other == nil || p.sum.other == nil {
			whole.other = nil
			continue
		}
		whole.other = stored.other.combine(whole.other, p.sum.other, length)
	}
	if stored.pieces > 0 {
		whole.other = u.sumOfSums()
	}
	level, err := stored.check(whole.crc, whole.other)
	if err == nil && level < u.c.opts.MinLevel {
		err = fmt.Errorf("%w: %w: level %s is demanded, %s was reached", ErrLevel, errTooWeak, u.c.opts.MinLevel, level)
	}
	if err != nil {
		return sums{}, &Error{Op: "compare", Dst: u.dst, Src: u.src.URI, Err: err}
	}
	whole.level = level
	return whole, nil
}

// sumOfSums is the checksum of the checksums of all parts; nil if one is not known, as of
// a part that an earlier run has sent.
func (u *upload) sumOfSums() []byte {
	sums := u.version.stored.other.hash()
	for _, p := range u.parts {
		if p.sum.other == nil {
			return nil
		}
		sums.Write(p.sum.other)
	}
	return sums.Sum(nil)
}
