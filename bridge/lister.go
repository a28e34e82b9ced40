package bridge

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry"
)

// A Listing is the part of an S3 client that lists; *s3.Client implements it. It
// needs the action s3:ListBucket on the bucket.
type Listing interface {
	ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, options ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
}

// ErrOrder means that a listing is not in ascending order of keys. Those of directory
// buckets are not, those of other buckets are.
var ErrOrder = errors.New("the listing is out of order")

// A Lister lists objects in the order of their keys, byte by byte. It is apart
// from [Copier] because another key may be the one that can list. It is safe for
// concurrent use.
type Lister struct {
	client   Listing
	patience patience
	trace    Trace
	options  func(*s3.Options)
	side     string // of its errors
}

// NewLister returns a Lister. Of the options, which may be nil, Retries, Rand and Trace
// count.
func NewLister(client Listing, opts *Options) *Lister {
	o := opts.withDefaults()
	l := &Lister{client: client, patience: patience{retries: o.Retries, rand: o.Rand}, trace: o.Trace, options: once, side: SideSource}
	if isOwn(client) {
		l.options = readPages(once)
	}
	return l
}

// atTarget is the same Lister, whose errors are of the target.
func (l *Lister) atTarget() *Lister {
	other := *l
	other.side = SideTarget
	return &other
}

// List returns the objects whose URI begins with prefix, which may end in the
// middle of a name, and whose key lies behind after, "" for all. It holds one page of
// a thousand at a time. After an error it ends; one about the order wraps [ErrOrder].
func (l *Lister) List(ctx context.Context, prefix redferry.URI, after string) iter.Seq2[Object, error] {
	return l.list(ctx, prefix, after, nil)
}

// list lists with pages of a number of keys; nil is as many as S3 likes.
func (l *Lister) list(ctx context.Context, prefix redferry.URI, after string, pageSize *int32) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		in := &s3.ListObjectsV2Input{Bucket: &prefix.Bucket, Prefix: &prefix.Key, EncodingType: types.EncodingTypeUrl, MaxKeys: pageSize}
		if after != "" {
			in.StartAfter = &after
		}
		var objects []Object // of a page
		for last := after; ; {
			page, err := l.page(ctx, in)
			if err != nil {
				yield(Object{}, l.fail(ctx, prefix, err))
				return
			}
			objects, err = appendInOrder(objects[:0], prefix.Bucket, page, last)
			if err != nil {
				yield(Object{}, l.fail(ctx, prefix, err))
				return
			}
			for _, o := range objects {
				if last = o.URI.Key; !yield(o, nil) {
					return
				}
			}
			if !aws.ToBool(page.IsTruncated) {
				return
			}
			in.StartAfter, in.ContinuationToken = nil, page.NextContinuationToken
		}
	}
}

func (l *Lister) page(ctx context.Context, in *s3.ListObjectsV2Input) (*s3.ListObjectsV2Output, error) {
	var page *s3.ListObjectsV2Output
	err := l.patience.do(ctx, limited(answerWithin, func(ctx context.Context) error {
		var err error
		page, err = l.client.ListObjectsV2(ctx, in, l.options)
		if err == nil {
			err = checkPage(page, in.ContinuationToken)
		}
		return err
	}), func(err error, wait time.Duration) {
		l.trace.retry(redferry.URI{Bucket: *in.Bucket, Key: *in.Prefix}, 0, err, wait)
	})
	return page, err
}

// errNoPage means that what was answered is no page of a listing, though it was answered
// with 200: by a proxy, or cut off. The SDK reads a page without objects out of anything,
// and that would be the end of the listing.
var errNoPage = errors.New("the answer is no page of a listing")

// checkPage refuses a page that does not say whether it is the last one, or that is not and
// leads no further than after, the token that it was asked for with.
func checkPage(page *s3.ListObjectsV2Output, after *string) error {
	next := aws.ToString(page.NextContinuationToken)
	switch {
	case page.IsTruncated == nil:
		return fmt.Errorf("%w: it has no IsTruncated", errNoPage)
	case *page.IsTruncated && (next == "" || len(page.Contents) == 0 && next == aws.ToString(after)):
		return fmt.Errorf("%w: there are more, and no NextContinuationToken leads to them", errNoPage)
	}
	return nil
}

// appendInOrder reads the objects of a page, before any of them is used: who needs no more
// than the first ones would not see what comes after them.
func appendInOrder(objects []Object, bucket string, page *s3.ListObjectsV2Output, last string) ([]Object, error) {
	objects = slices.Grow(objects, len(page.Contents))
	for i := range page.Contents {
		o, err := object(bucket, page.EncodingType, &page.Contents[i])
		if err == nil && last != "" && o.URI.Key <= last {
			err = fmt.Errorf("%w: %q follows %q", ErrOrder, o.URI.Key, last)
		}
		if err != nil {
			return nil, err
		}
		objects, last = append(objects, o), o.URI.Key
	}
	return objects, nil
}

// object reads one entry. Keys come escaped, because XML cannot carry them all.
func object(bucket string, encoding types.EncodingType, entry *types.Object) (Object, error) {
	key, err := plain(encoding, aws.ToString(entry.Key))
	if err != nil {
		return Object{}, err
	}
	return Object{URI: redferry.URI{Bucket: bucket, Key: key}, ETag: aws.ToString(entry.ETag), Size: aws.ToInt64(entry.Size)}, nil
}

func (l *Lister) fail(ctx context.Context, prefix redferry.URI, err error) error {
	return failAt(ctx, l.side, "list", prefix, err, func() string { return advise(ctx, l.client, err, actionList, prefix) })
}
