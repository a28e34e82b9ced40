package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

func collect(t *testing.T, l *bridge.Lister, prefix redferry.URI) (objects []bridge.Object, err error) {
	t.Helper()
	for object, err := range l.List(t.Context(), prefix) {
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
		for range l.List(t.Context(), src("p/")) {
			break
		}
	})
}

func TestListerErrors(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		_, err := collect(t, bridge.NewLister(w.writer, nil), dst("p/"))
		says(t, err, fs.ErrPermission, []string{"source: list s3://target/p/", "AccessDenied", "the action s3:ListBucket on arn:aws:s3:::target"})
		_, err = collect(t, bridge.NewLister(w.reader, nil), redferry.URI{Bucket: "nowhere"})
		says(t, err, fs.ErrNotExist, []string{"source: list s3://nowhere/", "NoSuchBucket"})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, err := range bridge.NewLister(w.reader, nil).List(ctx, src("p/")) {
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
