package bridge

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/redferry/redferry"
)

// Actions that a key needs, for advice.
const (
	actionRead  = "s3:GetObject"
	actionWrite = "s3:PutObject"
	actionAbort = "s3:AbortMultipartUpload"
	actionParts = "s3:ListMultipartUploadParts"
	actionList  = "s3:ListBucket"

	actionRemove  = "s3:DeleteObject"
	actionUploads = "s3:ListBucketMultipartUploads"
)

// A transfer is one call of Copy.
type transfer struct {
	c         *Copier
	dst       redferry.URI
	src       Object
	attempts  atomic.Int64 // requests that carried a body
	etag      string       // of the version that was copied last
	slow      atomic.Bool  // it was sent whole, and straggled
	touched   bool         // the object at the target may be another one for it
	meter     *meter
	begun     time.Time
	started   bool   // the trace was told so
	fleeting  bool   // a later run could not prove as demanded what it takes over: of that only the CRC-64/NVME is known
	asked     int    // how often in vain for the parts of the source
	differed  string // the ETag of a version whose checksum of its parts' came out wrong
	disproved bool   // parts of an upload that was adopted were of something else
	uneven    bool   // the parts of the source are not of one size
	key       string // the ARN of the KMS key that the target encrypts the upload with
}

// A version is one state of the source object, which a copy is pinned to.
type version struct {
	etag   string
	size   int64
	meta   metadata
	stored stored
	serial bool // its checksum does not follow from those of parts: it is to be sent whole
}

// run copies once, from the beginning or from what an earlier upload has.
func (t *transfer) run(ctx context.Context) (*Result, error) {
	prior, resume, err := t.remembered(ctx)
	if err != nil {
		return nil, err
	}
	pinned := t.src.ETag != "" || t.c.opts.Carry.Tags == DropTags
	if t.src.Size >= 0 && t.src.Size <= t.c.opts.Threshold && !resume && pinned {
		return t.whole(ctx, t.src.ETag, t.src.Size)
	}
	v, err := t.look(ctx)
	if err != nil {
		return nil, t.giveUp(ctx, prior, err)
	}
	if v.size <= t.c.opts.Threshold || v.serial {
		if err := t.abandon(ctx, prior); err != nil {
			return nil, err
		}
		return t.whole(ctx, v.etag, v.size)
	}
	return t.inParts(ctx, v, prior)
}

// remembered asks the journal for the upload to t.dst.
func (t *transfer) remembered(ctx context.Context) (Upload, bool, error) {
	if t.c.opts.Journal == nil {
		return Upload{}, false, nil
	}
	u, ok, err := t.c.opts.Journal.Load(ctx, t.dst)
	if err != nil {
		return Upload{}, false, &Error{Op: "load from the journal the upload to", Dst: t.dst, Src: t.src.URI, Err: err}
	}
	return u, ok, nil
}

// look finds out what the source is at this moment.
func (t *transfer) look(ctx context.Context) (*version, error) {
	var head *s3.HeadObjectOutput
	err := t.ask(ctx, answerWithin, func(ctx context.Context) error {
		var err error
		head, err = t.c.src.HeadObject(ctx, &s3.HeadObjectInput{
			Bucket: &t.src.URI.Bucket, Key: &t.src.URI.Key, IfMatch: nonEmpty(t.src.ETag), ChecksumMode: types.ChecksumModeEnabled,
		}, once)
		return err
	})
	if err != nil {
		return nil, t.fail(ctx, SideSource, "head", actionRead, t.explain(ctx, err))
	}
	size, err := sizeOf(head.ContentLength)
	if err != nil {
		return nil, t.fail(ctx, SideSource, "head", "", err)
	}
	v := &version{etag: aws.ToString(head.ETag), size: size, meta: metadataOfHead(head), stored: checksumsOfHead(head).stored(t.byETag())}
	if err := t.prove(ctx, v); err != nil {
		return nil, err
	}
	if err := t.admit("head", v); err != nil {
		return nil, err
	}
	if v.size <= t.c.opts.Threshold || v.serial {
		return v, nil // it is read whole, and then carried over
	}
	t.c.opts.Carry.carry(&v.meta, head.StorageClass)
	return v, t.ask(ctx, answerWithin, func(ctx context.Context) error {
		var err error
		v.meta.tags, err = t.carryTags(ctx)
		return err
	})
}

// byETag reports whether an ETag is to be compared with, too.
func (t *transfer) byETag() bool { return t.c.opts.MinLevel == Recomputed }

// prove finds out how a version can be compared with what the source stores of it. A
// checksum that does not follow from those of its parts is computed over an object that is
// sent whole, which no later run can resume: only if such a proof is demanded, and the
// object is not too large for that.
func (t *transfer) prove(ctx context.Context, v *version) error {
	if v.size <= t.c.opts.Threshold {
		return nil // it is found out when it is read
	}
	if err := t.retry(ctx, 0, func(ctx context.Context) error { return t.locate(ctx, v) }); err != nil {
		return err
	}
	s := &v.stored
	switch {
	case s.other == noAlgorithm || s.pieces == 0 && s.other.composable():
	case s.pieces > 0 && t.adopts(s.pieceSize, v.size):
	case t.c.opts.MinLevel == Recomputed && v.size <= maxPut:
		v.serial = true
	default:
		*s = stored{}
	}
	return nil
}

// Parts of the source may be so many times longer or shorter than those that are asked for,
// and are used all the same.
const otherParts = 8

// adopts reports whether an object can be sent in parts as the source has them.
func (t *transfer) adopts(partSize, size int64) bool {
	if (plan{size, partSize}).check() != nil || partSize < size && partSize < min(minPart, t.c.opts.PartSize) {
		return false
	}
	return t.c.opts.MinLevel == Recomputed || partSize*otherParts >= t.c.opts.PartSize && partSize/otherParts <= t.c.opts.PartSize
}

// admit refuses a version that is not the one asked for, or that cannot be
// proven as demanded.
func (t *transfer) admit(op string, v *version) error {
	e := &Error{Op: op, Side: SideSource, Dst: t.dst, Src: t.src.URI}
	switch {
	case t.src.ETag != "" && v.etag != t.src.ETag:
		e.Err = fmt.Errorf("%w: its ETag is %s, asked for was %s", ErrSourceChanged, v.etag, t.src.ETag)
	case t.src.Size >= 0 && v.size != t.src.Size:
		e.Err = fmt.Errorf("%w: it has %d bytes, asked for were %d", ErrSourceChanged, v.size, t.src.Size)
	case v.etag == "":
		e.Err = errors.New("the source gives no ETag to hold on to")
	case v.stored.level() < t.c.opts.MinLevel:
		e.Err = fmt.Errorf("%w: level %s is demanded, the source stores what proves %s at most", ErrLevel, t.c.opts.MinLevel, v.stored.level())
		e.Advice = "accept a lower level, or have the source compute a CRC64NVME by copying the object onto itself"
	default:
		return nil
	}
	return e
}

// explain asks again for one byte, because the answer to a HEAD has no document
// that says what is wrong.
func (t *transfer) explain(ctx context.Context, err error) error {
	r := answer(err)
	if r.status < 300 || r.status >= 500 || r.changed() {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	get, again := t.c.src.GetObject(ctx, &s3.GetObjectInput{
		Bucket: &t.src.URI.Bucket, Key: &t.src.URI.Key, Range: aws.String("bytes=0-0"),
	}, once)
	if again == nil {
		return errors.Join(err, get.Body.Close())
	}
	if explained := answer(again); explained.status == r.status && explained.code != "" {
		return again
	}
	return err
}

// withChecksum asks for the stored checksums of an object that is read. The
// SDK's own parameter would make it compute them too, slowly and a second time.
func withChecksum(o *s3.Options) {
	once(o)
	o.APIOptions = append(o.APIOptions, smithyhttp.SetHeaderValue("X-Amz-Checksum-Mode", "ENABLED"))
}

// streaming sends a [stream].
func streaming(o *s3.Options) {
	once(o)
	o.APIOptions = append(o.APIOptions, addSendStream)
}

// abandon aborts an upload and has the journal forget it. It does its work even
// if ctx has ended, because nobody else would.
func (t *transfer) abandon(ctx context.Context, u Upload) error {
	if u.UploadID == "" {
		return nil
	}
	if err := t.abort(ctx, u.Dst, u.UploadID); err != nil {
		return err
	}
	if t.c.opts.Journal == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if err := t.c.opts.Journal.Delete(ctx, u); err != nil {
		return &Error{Op: "delete from the journal the upload to", Dst: t.dst, Src: t.src.URI, Err: err}
	}
	return nil
}

// giveUp decides what becomes of an upload after err: what a later run can use
// stays, the rest is aborted. It returns err with what came of it.
func (t *transfer) giveUp(ctx context.Context, u Upload, err error) error {
	if u.UploadID == "" {
		return err
	}
	var e *Error
	if t.c.opts.Journal != nil && !t.fleeting && !hopeless(err) && errors.As(err, &e) {
		e.UploadID = u.UploadID
		return err
	}
	again := t.abandon(ctx, u)
	if again == nil {
		return err
	}
	if t.c.opts.Journal == nil {
		again = errors.Join(again, ErrLeftOpen)
	}
	return errors.Join(err, again)
}

// hopeless reports whether going on with the upload would end with err again.
func hopeless(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	r := answer(err)
	switch {
	case errors.Is(err, ErrSourceChanged), errors.Is(err, ErrChecksum), errors.Is(err, errGone), errors.Is(err, errSilent), errors.Is(err, errPlain), errors.Is(err, ErrOtherUpload),
		errors.Is(err, errInPlace), errors.Is(err, errTooWeak):
		return true
	case e.Side == SideSource:
		return r.missing()
	}
	return r.status == 400 && r.verdict() == final && e.Op == opComplete
}

func nonEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
