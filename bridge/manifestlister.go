package bridge

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"github.com/redferry/redferry"
)

// A ManifestLister lists the files that a manifest names, as a source of a [Sync]: these
// and no others are copied, and listing takes no right but to read them. Each is asked
// for by name, because a manifest tells no ETag. It is safe for concurrent use.
type ManifestLister struct {
	client   Source
	entries  []redferry.Entry // in the order of their keys
	patience patience
	trace    Trace
	ahead    int
}

var _ Objects = (*ManifestLister)(nil)

// NewManifestLister returns a lister of the files of m. Of the options, which may be
// nil, Retries, Rand, Trace and Concurrency count: as many files are asked for at once.
func NewManifestLister(client Source, m *redferry.Manifest, opts *Options) *ManifestLister {
	o := opts.withDefaults()
	entries := slices.Clone(m.Entries)
	slices.SortFunc(entries, func(a, b redferry.Entry) int { return a.URL.Compare(b.URL) })
	return &ManifestLister{client: client, entries: entries, patience: patience{retries: o.Retries, rand: o.Rand}, trace: o.Trace, ahead: o.Concurrency}
}

// List yields the files of the manifest behind after in the order of their keys. It
// ends with an error, before it yields anything, if any does not lie below prefix, and
// then with one at the first file that is missing or has not the size that the manifest
// says, mandatory or not: COPY skips a missing file that is not, without a word. Its
// pages are four times as many files as it asks for at once.
func (l *ManifestLister) List(ctx context.Context, prefix redferry.URI, after string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		for _, e := range l.entries {
			if _, ok := e.URL.Rebase(prefix, prefix); !ok || e.URL == prefix {
				yield(Object{}, fmt.Errorf("bridge: %w: %q does not lie below %s", redferry.ErrManifest, e.URL, prefix))
				return
			}
		}
		for batch := range slices.Chunk(l.behind(after), 4*l.ahead) {
			objects, err := l.look(ctx, batch)
			for _, o := range objects {
				if !yield(o, nil) {
					return
				}
			}
			if err != nil {
				yield(Object{}, err)
				return
			}
		}
	}
}

// behind returns the entries whose keys lie behind one.
func (l *ManifestLister) behind(after string) []redferry.Entry {
	if after == "" {
		return l.entries
	}
	n, _ := slices.BinarySearchFunc(l.entries, after+"\x00", func(e redferry.Entry, key string) int { return strings.Compare(e.URL.Key, key) })
	return l.entries[n:]
}

// look asks for some files at once. It returns those before the first that fails, and
// why that did.
func (l *ManifestLister) look(ctx context.Context, batch []redferry.Entry) ([]Object, error) {
	objects, errs := make([]Object, len(batch)), make([]error, len(batch))
	var group errgroup.Group
	group.SetLimit(l.ahead)
	for i, e := range batch {
		group.Go(func() error {
			objects[i], errs[i] = l.head(ctx, e)
			return nil
		})
	}
	_ = group.Wait()
	for i, err := range errs {
		if err != nil {
			return objects[:i], err
		}
	}
	return objects, nil
}

func (l *ManifestLister) head(ctx context.Context, e redferry.Entry) (Object, error) {
	fail := func(err error) (Object, error) {
		return Object{}, failAt(ctx, SideSource, "look for the manifest's file", e.URL, err, func() string {
			return advise(ctx, l.client, err, actionRead, e.URL)
		})
	}
	var head *s3.HeadObjectOutput
	err := l.patience.do(ctx, limited(answerWithin, func(ctx context.Context) error {
		var err error
		head, err = l.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &e.URL.Bucket, Key: &e.URL.Key}, once)
		return err
	}), func(err error, wait time.Duration) { l.trace.retry(e.URL, 0, err, wait) })
	if err != nil {
		return fail(err)
	}
	size, err := sizeOf(head.ContentLength)
	if err != nil {
		return fail(err)
	}
	if e.Size >= 0 && size != e.Size {
		return fail(fmt.Errorf("%w: it says %d bytes, the object has %d", redferry.ErrManifest, e.Size, size))
	}
	return Object{URI: e.URL, ETag: aws.ToString(head.ETag), Size: size}, nil
}
