package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

func collect(t *testing.T, l bridge.Objects, prefix redferry.URI) (objects []bridge.Object, err error) {
	t.Helper()
	for object, err := range l.List(t.Context(), prefix, "") {
		if err != nil {
			return objects, err
		}
		objects = append(objects, object)
	}
	return objects, nil
}

func TestLister(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var want []bridge.Object
		keys := []string{"p/a b+c", "p/ünï", "p/%2F", "p/\u0001", "p/<&>", "p/~"}
		for i := range 1100 {
			keys = append(keys, fmt.Sprintf("p/%05d", i))
		}
		slices.Sort(keys)
		for _, key := range keys {
			want = append(want, w.put(t, key, []byte(key), nil))
		}
		w.put(t, "o", nil, nil)
		w.put(t, "q", nil, nil)
		w.a.s3.Inject(fakes3.Fault{Op: "ListObjectsV2", Skip: 1, Times: 2, Status: 503, Code: "SlowDown"})
		defer w.a.s3.Check(t)
		l := bridge.NewLister(w.reader, nil)
		got, err := collect(t, l, src("p/"))
		check(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("listing differs (-want +got):\n%s", diff)
		}
		if got, err := collect(t, l, src("none/")); err != nil || len(got) > 0 {
			t.Errorf("an empty prefix gave %v, %v", got, err)
		}
		for range l.List(t.Context(), src("p/"), "") {
			break
		}
	})
}

// TestListerBeginsBehind a key, also where that is not one, or lies before or behind
// the prefix. S3 hears of it with the first page, and goes on by a token.
func TestListerBeginsBehind(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var keys []string
		for i := range 2100 {
			keys = append(keys, fmt.Sprintf("p/%05d ü+", i))
			w.put(t, keys[i], nil, nil)
		}
		w.put(t, "o", nil, nil)
		w.put(t, "q", nil, nil)
		l := bridge.NewLister(w.reader, nil)
		for after, want := range map[string][]string{
			"": keys, "a": keys, "p/": keys, keys[0]: keys[1:], keys[0][:5]: keys, keys[50]: keys[51:], keys[50] + "\x00": keys[51:],
			keys[2098]: keys[2099:], keys[2099]: nil, "p0": nil, "\U0010ffff": nil,
		} {
			before := len(w.a.s3.Requests())
			var got []string
			for object, err := range l.List(t.Context(), src("p/"), after) {
				check(t, err)
				got = append(got, object.URI.Key)
			}
			if !slices.Equal(got, want) {
				t.Errorf("behind %q: %d keys are listed, want %d", after, len(got), len(want))
			}
			if n, want := len(w.a.s3.Requests())-before, max(1, (len(want)+999)/1000); n != want {
				t.Errorf("behind %q: %d requests, want %d", after, n, want)
			}
		}
	})
}

// TestListerChecksTheBeginning: a server that begins before it was told to is noticed,
// and is not told again on the pages that follow.
func TestListerChecksTheBeginning(t *testing.T) {
	for after, wrong := range map[string]bool{"": false, "a": true, "0": false, "c": true} {
		var last error
		for _, err := range bridge.NewLister(startOnce{pages{"a", "b", "c"}}, nil).List(t.Context(), src(""), after) {
			last = err
		}
		if errors.Is(last, bridge.ErrOrder) != wrong || (last != nil) != wrong {
			t.Errorf("behind %q: %v, want an error: %t", after, last, wrong)
		}
	}
}

// startOnce refuses a page that is asked for with a token and a beginning.
type startOnce struct{ pages }

func (p startOnce) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, options ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	if in.StartAfter != nil && in.ContinuationToken != nil {
		return nil, errors.New("both a beginning and a token")
	}
	return p.pages.ListObjectsV2(ctx, in, options...)
}

func TestListerErrors(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		_, err := collect(t, bridge.NewLister(w.writer, nil), dst("p/"))
		says(t, err, fs.ErrPermission, []string{"source: list s3://target/p/", "AccessDenied", "the action s3:ListBucket on arn:aws:s3:::target"})
		_, err = collect(t, bridge.NewLister(w.reader, nil), redferry.URI{Bucket: "nowhere"})
		says(t, err, fs.ErrNotExist, []string{"source: list s3://nowhere/", "NoSuchBucket"})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, err := range bridge.NewLister(w.reader, nil).List(ctx, src("p/"), "") {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("List = %v, want context.Canceled", err)
			}
		}
	})
}

// pages answers with one key per page.
type pages []string

func (p pages) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	var at int
	_, _ = fmt.Sscan(aws.ToString(in.ContinuationToken), &at)
	return &s3.ListObjectsV2Output{
		Contents:              []types.Object{{Key: &p[at], ETag: aws.String(`"e"`), Size: aws.Int64(1)}},
		IsTruncated:           aws.Bool(at < len(p)-1),
		NextContinuationToken: aws.String(fmt.Sprint(at + 1)),
	}, nil
}

func TestListerDetectsDisorder(t *testing.T) {
	for _, tt := range []struct {
		keys  pages
		wrong bool
	}{
		{pages{"a", "b", "c"}, false},
		{pages{"B", "a"}, false},
		{pages{"a", "B"}, true},
		{pages{"a", "a"}, true},
		{pages{"b", "a/"}, true},
	} {
		_, err := collect(t, bridge.NewLister(tt.keys, nil), src(""))
		if errors.Is(err, bridge.ErrOrder) != tt.wrong || (err != nil) != tt.wrong {
			t.Errorf("listing of %v: %v, want an error: %t", tt.keys, err, tt.wrong)
		}
	}
}

// TestListerEnds: a page that says that there is no more is the last. One that says
// there is, but not where it begins, or says nothing, is no page.
func TestListerEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		page  s3.ListObjectsV2Output
		wrong string
	}{
		"no token":   {s3.ListObjectsV2Output{IsTruncated: aws.Bool(true)}, "no NextContinuationToken leads to them"},
		"no more":    {s3.ListObjectsV2Output{IsTruncated: aws.Bool(false), NextContinuationToken: aws.String("1")}, ""},
		"not a word": {s3.ListObjectsV2Output{}, "no IsTruncated"},
	} {
		tt.page.Contents = []types.Object{{Key: aws.String("a"), Size: aws.Int64(7)}}
		l := &onePage{page: &tt.page}
		objects, err := collect(t, bridge.NewLister(l, &bridge.Options{Retries: -1}), src(""))
		if tt.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), tt.wrong) || len(objects) > 0 {
				t.Errorf("%s: got %v, %v, want %q", name, objects, err, tt.wrong)
			}
		} else if err != nil || len(objects) != 1 || objects[0].Size != 7 || l.asked != 1 {
			t.Errorf("%s: got %v, %v after %d pages", name, objects, err, l.asked)
		}
	}
}

// stuck answers with pages without keys that lead to themselves.
type stuck struct{ asked int }

func (s *stuck) ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	s.asked++
	return &s3.ListObjectsV2Output{IsTruncated: aws.Bool(true), NextContinuationToken: aws.String("again")}, nil
}

func TestListerIsStuck(t *testing.T) {
	l := new(stuck)
	if _, err := collect(t, bridge.NewLister(l, &bridge.Options{Retries: -1}), src("")); err == nil || l.asked != 2 {
		t.Errorf("got %v after %d pages, want an error after 2", err, l.asked)
	}
}

// onePage answers with one page, and not twice.
type onePage struct {
	page  *s3.ListObjectsV2Output
	asked int
}

func (o *onePage) ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	if o.asked++; o.asked > 1 {
		return nil, errors.New("asked for a second page")
	}
	return o.page, nil
}

// TestListerReadsKeys: a key that is not escaped is taken as it stands; one that
// is escaped wrongly is an error.
func TestListerReadsKeys(t *testing.T) {
	for _, tt := range []struct {
		encoding types.EncodingType
		key      string
		want     string // empty for an error
	}{{"", "a%20b", "a%20b"}, {types.EncodingTypeUrl, "a%20b", "a b"}, {types.EncodingTypeUrl, "a%2", ""}} {
		page := &s3.ListObjectsV2Output{IsTruncated: aws.Bool(false), EncodingType: tt.encoding, Contents: []types.Object{{Key: aws.String("a")}, {Key: &tt.key}}}
		objects, err := collect(t, bridge.NewLister(&onePage{page: page}, nil), src(""))
		if (err != nil) != (tt.want == "") || errors.Is(err, bridge.ErrOrder) || err == nil && objects[1].URI.Key != tt.want {
			t.Errorf("%s encoded %q: got %v, %v", tt.key, tt.encoding, objects, err)
		}
	}
}

// A tokenless listing says that there is more, and not where.
type tokenless struct{ *s3.Client }

func (l tokenless) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, options ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	in.MaxKeys = aws.Int32(2)
	out, err := l.Client.ListObjectsV2(ctx, in, options...)
	if err == nil {
		out.NextContinuationToken = nil
	}
	return out, err
}

// TestMoreAndNoToken: a listing that says that there is more does not end.
func TestMoreAndNoToken(t *testing.T) {
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

// An unsorted listing has the last key of each page in the second place.
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

// TestSplitSeesDisorder: a range does not hide that its page is out of order.
func TestSplitSeesDisorder(t *testing.T) {
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
