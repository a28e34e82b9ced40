package bridge

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry"
)

// An UploadLister is the part of an S3 client that lists open uploads; *s3.Client
// implements it. It needs the action s3:ListBucketMultipartUploads on the bucket.
type UploadLister interface {
	ListMultipartUploads(ctx context.Context, in *s3.ListMultipartUploadsInput, options ...func(*s3.Options)) (*s3.ListMultipartUploadsOutput, error)
}

// An openUpload is an upload that is open at the target.
type openUpload struct {
	dst       redferry.URI
	id        string
	initiator string
	initiated time.Time
}

// uploads yields the uploads that are open to keys that begin with that of prefix, in
// the order of keys.
func (t *transfer) uploads(ctx context.Context, prefix redferry.URI) iter.Seq2[openUpload, error] {
	return func(yield func(openUpload, error) bool) {
		client, ok := t.c.dst.(UploadLister)
		if !ok {
			yield(openUpload{}, &Error{Op: opUploads, Side: SideTarget, Dst: prefix, Err: errors.New("the client has no ListMultipartUploads")})
			return
		}
		in := &s3.ListMultipartUploadsInput{Bucket: &prefix.Bucket, Prefix: &prefix.Key, EncodingType: types.EncodingTypeUrl}
		for last := (marker{}); ; {
			var page *s3.ListMultipartUploadsOutput
			err := t.ask(ctx, answerWithin, func(ctx context.Context) error {
				var err error
				if page, err = client.ListMultipartUploads(ctx, in, once); err == nil && page.IsTruncated == nil {
					err = errNoList
				}
				return err
			})
			if err != nil {
				yield(openUpload{}, t.fail(ctx, SideTarget, opUploads, actionUploads, err))
				return
			}
			for _, listed := range page.Uploads {
				u, err := opened(prefix.Bucket, page.EncodingType, &listed)
				if err == nil && !strings.HasPrefix(u.dst.Key, prefix.Key) {
					continue // nobody has asked for it, and who sweeps would abort it
				}
				if !yield(u, err) || err != nil {
					return
				}
			}
			if !aws.ToBool(page.IsTruncated) {
				return
			}
			key, err := plain(page.EncodingType, aws.ToString(page.NextKeyMarker))
			if err != nil {
				yield(openUpload{}, err)
				return
			}
			next := marker{key, aws.ToString(page.NextUploadIdMarker)}
			if key == "" || next == last {
				yield(openUpload{}, t.fail(ctx, SideTarget, opUploads, "", errors.New("the list says that there are more, and no marker leads to them")))
				return
			}
			last, in.KeyMarker, in.UploadIdMarker = next, &key, page.NextUploadIdMarker
		}
	}
}

// errNoList means that what was answered with 200 is no list of uploads or of parts: by a
// proxy, or cut off. Without it, it would pass for an empty one.
var errNoList = errors.New("the answer is no list of uploads or parts: it has no IsTruncated")

// A marker is where a page of uploads ends.
type marker struct{ key, id string }

// siblings returns the uploads to keys that begin with that of prefix which were begun
// by the one who began the upload id there, but for that one: who that is, S3 tells of
// uploads alone. A target that does not is errNameless.
func (t *transfer) siblings(ctx context.Context, prefix redferry.URI, id string) ([]openUpload, error) {
	var all []openUpload
	own := ""
	for o, err := range t.uploads(ctx, prefix) {
		switch {
		case err != nil:
			return nil, err
		case o.id == id:
			own = o.initiator
		default:
			all = append(all, o)
		}
	}
	if own == "" {
		return nil, &Error{
			Op: opUploads, Side: SideTarget, Dst: prefix, Err: errNameless,
			Advice: "have a lifecycle rule of the bucket abort uploads that are old",
		}
	}
	return slices.DeleteFunc(all, func(o openUpload) bool { return o.initiator != own }), nil
}

// errNameless is what a search for uploads of one's own ends with where a listing does
// not tell whose they are, as that of some S3s does not.
var errNameless = fmt.Errorf("%w: the target does not say who began an upload", errors.ErrUnsupported)

const opUploads = "list the uploads below"

func opened(bucket string, encoding types.EncodingType, listed *types.MultipartUpload) (openUpload, error) {
	key, err := plain(encoding, aws.ToString(listed.Key))
	u := openUpload{dst: redferry.URI{Bucket: bucket, Key: key}, id: aws.ToString(listed.UploadId), initiated: aws.ToTime(listed.Initiated)}
	if listed.Initiator != nil {
		u.initiator = aws.ToString(listed.Initiator.ID)
	}
	return u, err
}

// plain takes the escapes out of a key that a listing names.
func plain(encoding types.EncodingType, key string) (string, error) {
	if encoding != types.EncodingTypeUrl {
		return key, nil
	}
	unescaped, err := url.QueryUnescape(key)
	if err != nil {
		return "", fmt.Errorf("key %q is escaped wrongly: %w", key, err)
	}
	return unescaped, nil
}

// abortUnknown aborts an upload to the destination that no journal knows.
func (t *transfer) abortUnknown(ctx context.Context, id string) error {
	err := t.abort(ctx, t.dst, id)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLeftOpen, err)
	}
	return nil
}

// abort aborts one upload. It does its work even if ctx has ended, because nobody
// else would.
func (t *transfer) abort(ctx context.Context, dst redferry.URI, id string) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), time.Minute, errNoAnswer)
	defer cancel()
	var last error
	try := limited(abortWithin, func(ctx context.Context) error {
		out, err := t.c.dst.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &dst.Bucket, Key: &dst.Key, UploadId: &id}, once)
		if r := answer(err); r.code == noSuchUpload || r.status == 404 && r.code != "NoSuchBucket" {
			return nil
		}
		if err == nil {
			err = emptied(out.ResultMetadata)
		}
		return err
	})
	if err := t.retry(ctx, 0, func(ctx context.Context) error { last = try(ctx); return last }); err != nil {
		// The minute is over for nobody but this request: what it has met is the error.
		return t.fail(context.WithoutCancel(ctx), SideTarget, "abort upload "+id+" to", actionAbort, last)
	}
	return nil
}
