package bridge_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// T5: a listing that is not in order, in ranges.
type unsorted struct{ *s3.Client }

func (u unsorted) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, options ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	out, err := u.Client.ListObjectsV2(ctx, in, options...)
	if err == nil { // the last key comes second
		if n := len(out.Contents); n > 2 {
			last := out.Contents[n-1]
			out.Contents = slices.Insert(out.Contents[:n-1], 1, last)
		}
	}
	return out, err
}

// TestSplitHidesDisorder: a range does not hide that its page is out of order.
func TestSplitHidesDisorder(t *testing.T) {
	for _, split := range [][]string{nil, {"m"}} {
		t.Run(fmt.Sprint(split), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "https")
				for _, key := range []string{"a", "b", "c", "z"} {
					w.put(t, "p/"+key, []byte(key), nil)
				}
				s := w.sync(func(s *bridge.Sync) { s.Source, s.Split = bridge.NewLister(unsorted{w.reader}, nil), split })
				summary, err := w.copier(nil).Sync(t.Context(), s, ignore)
				if err == nil && w.got(t, "q/b") == nil {
					t.Errorf("success, %+v, and b and c are not at the target", summary)
				}
			})
		})
	}
}

// T7: a file of a manifest is replaced by one of another size after it was looked for.
type afterHead struct {
	*s3.Client
	then func()
}

func (a afterHead) HeadObject(ctx context.Context, in *s3.HeadObjectInput, o ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	defer a.then()
	return a.Client.HeadObject(ctx, in, o...)
}

// TestManifestFileReplaced: a file of a manifest that is replaced by one of another size is no copy of what the manifest promises.
func TestManifestFileReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "p/k", random(10), nil)
		m := &redferry.Manifest{Entries: []redferry.Entry{{URL: src("p/k"), Size: 10}}}
		s := w.writeOnly(new(bridge.MemLedger))
		s.Source = bridge.NewManifestLister(afterHead{w.reader, func() { w.put(t, "p/k", random(7), nil) }}, m, nil)
		summary, err := w.copier(nil).Sync(t.Context(), s, ignore)
		if got := w.got(t, "q/k"); err == nil && summary.Failed == 0 && len(got) != 10 {
			t.Errorf("success, %+v, and a file of which the manifest says that it has 10 bytes has %d", summary, len(got))
		}
	})
}

// TestNotEncryptedIsUnchanged: what was refused as not encrypted is not unchanged the next time.
func TestNotEncryptedIsUnchanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "p/k", []byte("in clear"), nil)
		c := bridge.New(&unsealing{w.writer, func(_ *s3.CreateMultipartUploadOutput, p *s3.PutObjectOutput) { p.ServerSideEncryption = "" }}, w.reader,
			&bridge.Options{Carry: bridge.Carry{Encryption: &bridge.Encryption{Algorithm: types.ServerSideEncryptionAes256}}})
		for run := range 2 {
			summary, err := c.Sync(t.Context(), w.sync(nil), ignore)
			check(t, err)
			if summary.Failed != 1 {
				t.Errorf("run %d: %+v, and the object lies there as the first run left it, which failed for that", run, summary)
			}
		}
	})
}

// TestResumableAfterCompletion: a completion that is answered without a checksum leaves nothing to go on with.
func TestResumableAfterCompletion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "k", random(5000), nil)
		journal := new(bridge.MemJournal)
		c := bridge.New(&lyingTarget{Destination: w.writer, complete: true}, w.reader, &bridge.Options{PartSize: 1 << 10, Journal: journal})
		_, err := c.Copy(t.Context(), dst("k"), unknown("k"))
		if _, ok, _ := journal.Load(t.Context(), dst("k")); bridge.Resumable(err) || ok {
			t.Errorf("%v: Resumable says %t and the journal knows it: %t, and %d uploads are open", err, bridge.Resumable(err), ok, w.open(t))
		}
	})
}

// T14: a page that says that there are more, and not where.
type tokenless struct{ *s3.Client }

func (l tokenless) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, options ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	in.MaxKeys = aws.Int32(2)
	out, err := l.Client.ListObjectsV2(ctx, in, options...)
	if err == nil {
		out.NextContinuationToken = nil
	}
	return out, err
}

// TestTruncatedWithoutToken: a listing that says that there is more does not end.
func TestTruncatedWithoutToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		for _, key := range []string{"a", "b", "c", "d"} {
			w.put(t, "p/"+key, []byte(key), nil)
		}
		summary, err := w.copier(nil).Sync(t.Context(), w.sync(func(s *bridge.Sync) { s.Source = bridge.NewLister(tokenless{w.reader}, nil) }), ignore)
		if err == nil && w.got(t, "q/d") == nil {
			t.Errorf("success, %+v, and c and d are not at the target, of which the listing said that there are more", summary)
		}
	})
}

var _ = strings.TrimSpace
