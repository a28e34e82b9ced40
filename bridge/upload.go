package bridge

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// opComplete is the step that puts the parts together.
const opComplete = "complete upload to"

// An upload is a transfer in parts that has begun at the target.
type upload struct {
	*transfer
	version *version
	record  Upload
	plan    plan
	parts   []part        // from part 1; while parts are sent, each has one goroutine
	resumed int           // parts that an earlier run sent
	slow    []atomic.Bool // the parts whose transfers have straggled
	adopted bool          // no journal knew it

	abortDate time.Time // when the bucket's rule aborts it; zero if there is none
	// As listed; empty if nothing was.
	class    types.StorageClass
	declared types.ChecksumAlgorithm // that parts and completion must come with; none for S3's own choice
}

// A part is one that the target has; the zero part is one that it lacks.
type part struct {
	etag  string
	sum   sums
	known bool
}

// inParts copies an object with a multipart upload: the one that prior
// remembers, if it fits, or a new one.
func (t *transfer) inParts(ctx context.Context, v *version, prior Upload) (*Result, error) {
	t.etag = v.etag
	t.fleeting = v.stored.level() == Recomputed && t.c.opts.MinLevel == Recomputed
	u, err := t.resume(ctx, v, &prior)
	if err != nil {
		return nil, t.giveUp(ctx, prior, err)
	}
	if u == nil {
		if result := t.settle(ctx, v, prior); result != nil {
			t.start(v.size, v.size)
			t.forget(ctx, prior)
			result.Parts = plan{prior.Size, prior.PartSize}.count()
			result.Resumed = result.Parts
			return result, nil
		}
		if err := t.abandon(ctx, prior); err != nil {
			return nil, err
		}
		created, err := t.create(ctx, v)
		if err != nil {
			return nil, err
		}
		if u, err = created.adopt(ctx); err != nil {
			return nil, t.giveUp(ctx, created.record, err)
		}
	}
	result, err := u.run(ctx)
	if err != nil {
		t.disproved = t.disproved || u.adopted && errors.Is(err, ErrChecksum)
		return nil, t.giveUp(ctx, u.record, err)
	}
	return result, nil
}

func (u *upload) run(ctx context.Context) (*Result, error) {
	u.slow = make([]atomic.Bool, len(u.parts))
	u.start(u.plan.size, u.inPlace())
	if err := u.send(ctx); err != nil {
		return nil, err
	}
	whole, err := u.compose()
	if err = u.confirm(ctx, u.version, err); errors.Is(err, errUneven) {
		u.version.stored = stored{}
		whole, err = u.compose()
	}
	if err != nil {
		return nil, err
	}
	if u.c.plain {
		if err := u.audit(ctx); err != nil {
			return nil, err
		}
	}
	result, err := u.complete(ctx, whole)
	if err != nil {
		return nil, err
	}
	u.forget(ctx, u.record)
	result.Parts, result.Resumed = len(u.parts), u.resumed
	return result, nil
}

// create begins an upload and has the journal remember it before anything is
// sent. A program that is killed in between leaves an upload without parts that
// nobody knows: it costs nothing, and a lifecycle rule of the bucket ends it.
func (t *transfer) create(ctx context.Context, v *version) (*upload, error) {
	u, err := t.begin(ctx, v)
	if err != nil {
		return nil, err
	}
	return u, u.remember(ctx)
}

// begin begins an upload that nobody remembers yet.
func (t *transfer) begin(ctx context.Context, v *version) (*upload, error) {
	p := newPlan(v.size, t.c.opts.PartSize)
	if v.stored.pieces > 0 {
		p = plan{size: v.size, partSize: v.stored.pieceSize}
	}
	if err := p.check(); err != nil {
		return nil, &Error{Op: "copy", Dst: t.dst, Src: t.src.URI, Err: err}
	}
	in := &s3.CreateMultipartUploadInput{Bucket: &t.dst.Bucket, Key: &t.dst.Key}
	v.meta.create(in)
	if !t.c.plain {
		in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithmCrc64nvme, types.ChecksumTypeFullObject
	}
	created, err := t.beginUpload(ctx, in)
	if err != nil {
		return nil, t.fail(ctx, SideTarget, opCreate, t.writeAction(), err)
	}
	if strings.HasPrefix(string(created.ServerSideEncryption), kms) {
		t.key = aws.ToString(created.SSEKMSKeyId)
	}
	if err := t.sealed(opCreate, created.ServerSideEncryption, created.SSEKMSKeyId); err != nil {
		return nil, errors.Join(err, t.abortUnknown(ctx, *created.UploadId))
	}
	u := &upload{transfer: t, version: v, plan: p, parts: make([]part, p.count())}
	u.record = Upload{
		Dst: t.dst, Src: t.src.URI, ETag: v.etag, Size: v.size, PartSize: p.partSize,
		UploadID: *created.UploadId, Meta: v.meta.fingerprint(t.c.plain),
	}
	u.abortDate = aws.ToTime(created.AbortDate)
	return u, nil
}

// errNamesNone means that an upload was said to begin, and by nobody who knows how.
var errNamesNone = errors.New("the answer names no upload")

// beginUpload begins an upload. The answer has an UploadId: one without is no answer, and
// that no upload was begun.
func (t *transfer) beginUpload(ctx context.Context, in *s3.CreateMultipartUploadInput) (begun *s3.CreateMultipartUploadOutput, err error) {
	err = t.ask(ctx, answerWithin, func(ctx context.Context) error {
		begun, err = t.c.dst.CreateMultipartUpload(ctx, in, once)
		if err == nil && aws.ToString(begun.UploadId) == "" {
			err = errNamesNone
		}
		return err
	})
	return begun, err
}

// remember has the journal keep the upload. One that it does not keep is aborted. If
// that is because another's came first, the journal has nothing to forget, and the copy
// begins anew with that one; but not if this one could not be aborted, about which no
// journal tells anybody.
func (u *upload) remember(ctx context.Context) error {
	if u.c.opts.Journal == nil {
		return nil
	}
	err := u.c.opts.Journal.Save(ctx, u.record)
	if err == nil {
		return nil
	}
	failed := &Error{Op: "save in the journal the upload to", Dst: u.dst, Src: u.src.URI, Err: err}
	aborted := u.abortUnknown(ctx, u.record.UploadID)
	switch {
	case !errors.Is(err, ErrOtherUpload):
		u.forget(ctx, u.record) // it may have been saved all the same
		return errors.Join(failed, aborted)
	case aborted != nil:
		return aborted
	}
	failed.Advice = "copy it again when nobody else with this journal copies to the same place"
	return failed
}

// inPlace is the number of bytes that the target has.
func (u *upload) inPlace() int64 {
	var bytes int64
	for i, p := range u.parts {
		if p.known {
			bytes += u.plan.length(i + 1)
		}
	}
	return bytes
}

// forget ends the journal's entry of an upload that is complete. The copy is
// proven, so that the end of ctx or a journal that fails cannot undo it: an entry
// that stays does no harm, because the next Copy finds that its upload is gone.
func (t *transfer) forget(ctx context.Context, u Upload) {
	if t.c.opts.Journal == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	_ = t.c.opts.Journal.Delete(ctx, u)
}
