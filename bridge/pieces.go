package bridge

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// A pieceHash computes the checksum of the checksums of the pieces of what is written.
type pieceHash struct {
	part, sums hash.Hash
	size, left int64 // of a piece, and of what is missing of this one
	any        bool  // a piece has ended
}

// Write implements [hash.Hash].
func (h *pieceHash) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if h.left <= 0 {
			return 0, errors.New("bridge: pieces of no length are written to")
		}
		some := p[:min(int64(len(p)), h.left)]
		h.part.Write(some)
		p = p[len(some):]
		if h.left -= int64(len(some)); h.left == 0 {
			h.cut()
		}
	}
	return n, nil
}

// cut ends a piece.
func (h *pieceHash) cut() {
	h.sums.Write(h.part.Sum(nil))
	h.part.Reset()
	h.left, h.any = h.size, true
}

// Sum implements [hash.Hash]. Unlike others it ends the last piece: nothing may be written
// after it.
func (h *pieceHash) Sum(b []byte) []byte {
	if h.left < h.size || !h.any {
		h.cut()
	}
	return h.sums.Sum(b)
}

// Reset implements [hash.Hash].
func (h *pieceHash) Reset() {
	h.part.Reset()
	h.sums.Reset()
	h.left, h.any = h.size, false
}

// Size implements [hash.Hash].
func (h *pieceHash) Size() int { return h.sums.Size() }

// BlockSize implements [hash.Hash].
func (h *pieceHash) BlockSize() int { return h.part.BlockSize() }

// locate finds out how the source was cut into the parts that it stores a checksum of
// checksums of: from the length of the first one, as all but the last are as long. Where
// that does not fit, or is not told, nothing is known of them, and there is nothing to
// compare with; unless more is demanded, that they cannot be asked for is the same after
// three tries, which are the caller's.
func (t *transfer) locate(ctx context.Context, v *version) error {
	if v.stored.pieces == 0 {
		return t.denied(v)
	}
	if t.uneven {
		v.stored = stored{}
		return nil
	}
	if err := t.measure(ctx, v); err != nil || v.stored.pieces > 0 {
		return err
	}
	return t.denied(v)
}

// denied refuses to have nothing to compare with where that has differed before.
func (t *transfer) denied(v *version) error {
	if t.differed == "" || t.differed != v.etag || v.stored.level() > Wire {
		return nil
	}
	return &Error{Op: "look for the parts of", Side: SideSource, Dst: t.dst, Src: t.src.URI, Err: fmt.Errorf("%w in the try before, and the source does not tell its parts any more", ErrChecksum)}
}

// measure is what locate does about parts of one size.
func (t *transfer) measure(ctx context.Context, v *version) error {
	v.stored.pieceSize = v.size
	if v.stored.pieces == 1 {
		return nil
	}
	length, err := t.piece(ctx, v, 1)
	if err != nil {
		t.asked++
		again := judge(err) != final && t.asked < min(3, t.c.opts.Retries+1)
		if t.c.opts.MinLevel > Wire || again || ctx.Err() != nil || errors.Is(err, ErrSourceChanged) {
			return err
		}
	}
	if err != nil || length <= 0 || (plan{size: v.size, partSize: length}).count() != v.stored.pieces {
		v.stored = stored{}
		return nil
	}
	v.stored.pieceSize = length
	return nil
}

// piece asks once for the length of a part of the source; 0 if the source does not know
// the parts that it has a checksum of.
func (t *transfer) piece(ctx context.Context, v *version, n int) (int64, error) {
	var head *s3.HeadObjectOutput
	err := limited(answerWithin, func(ctx context.Context) error {
		var err error
		head, err = t.c.src.HeadObject(ctx, &s3.HeadObjectInput{
			Bucket: &t.src.URI.Bucket, Key: &t.src.URI.Key, IfMatch: &v.etag, PartNumber: aws.Int32(int32(n)),
		}, once)
		return err
	})(ctx)
	switch {
	case answer(err).status == http.StatusNotImplemented:
		return 0, nil // not all S3s know parts of objects
	case err != nil:
		return 0, t.fail(ctx, SideSource, "look for the parts of", actionRead, t.explain(ctx, err))
	case int(aws.ToInt32(head.PartsCount)) != v.stored.pieces:
		return 0, nil
	}
	return aws.ToInt64(head.ContentLength), nil
}

// errUneven means that the parts of the source are not as long as the first one: what was
// computed over such parts says nothing.
var errUneven = errors.New("the parts of the source are not of one size")

// confirm looks at all parts of the source after a checksum of their checksums has come out
// wrong, with err. Only if the source says that one of them is not as long as the first is
// the answer errUneven; whatever else happens meanwhile, err stands.
func (t *transfer) confirm(ctx context.Context, v *version, err error) error {
	if !errors.Is(err, ErrChecksum) || v == nil || v.stored.pieces < 2 {
		return err
	}
	t.differed = v.etag
	cut := plan{size: v.size, partSize: v.stored.pieceSize}
	for n := 1; n <= cut.count(); n++ {
		var length int64
		again := t.retry(ctx, 0, func(ctx context.Context) error {
			var err error
			length, err = t.piece(ctx, v, n)
			return err
		})
		switch {
		case again != nil:
			return fmt.Errorf("%w; whether the parts of the source are of one size is not known: %s", err, again.Error()) // nothing is to match again
		case length <= 0:
			return err
		case length != cut.length(n):
			t.uneven, t.differed = true, ""
			return fmt.Errorf("%w: part %d has %d bytes, the first one %d", errUneven, n, length, cut.length(1))
		}
	}
	return err
}
