package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/bridge"
)

// TestSyncRemoves what the source has not, after it was asked for each by name,
// and nothing that the filter leaves.
func TestSyncRemoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		ledger := new(bridge.MemLedger)
		for _, key := range []string{"kept", "gone", "gone.tmp", "hidden"} {
			w.put(t, "p/"+key, []byte("x"), nil)
		}
		_ = changes(t, w.copier(nil), w.sync(func(s *bridge.Sync) { s.Ledger = ledger }))
		for _, key := range []string{"p/gone", "p/gone.tmp"} {
			_ = must(w.a.admin.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("source"), Key: &key}))(t)
		}
		filter := must(bridge.NewFilter(nil, []string{"*.tmp"}))(t)
		incomplete := bridge.NewLister(hiding{w.reader, "p/hidden"}, nil)
		removed := make(map[string]bool)
		summary, err := w.copier(nil).Sync(t.Context(), w.sync(func(s *bridge.Sync) {
			s.Source, s.Ledger, s.Filter, s.Remover = incomplete, ledger, filter, w.b.admin
		}), func(e *bridge.Event) error {
			removed[e.Job.Dst.Key] = e.Removed
			return e.Err
		})
		check(t, err)
		if diff := cmp.Diff(map[string]bool{"q/kept": false, "q/gone": true, "q/gone.tmp": false, "q/hidden": false}, removed); diff != "" {
			t.Errorf("removed (-want +got):\n%s", diff)
		}
		if summary.Removed != 1 || summary.Extra != 2 || summary.Excluded != 1 {
			t.Errorf("the summary is %+v", summary)
		}
		if w.got(t, "q/gone") != nil || w.got(t, "q/hidden") == nil || w.got(t, "q/gone.tmp") == nil {
			t.Error("the target has not what it should have")
		}
		if _, ok, err := ledger.Lookup(t.Context(), dst("q/gone")); ok || err != nil {
			t.Errorf("the ledger has what was removed: %v, %v", ok, err)
		}
	})
}

// TestSyncRemovesBelowAPrefix: a reader that may list no more than the prefix, as it
// should be, is told what does not exist there; a source that cannot be listed is asked
// for each object.
func TestSyncRemovesBelowAPrefix(t *testing.T) {
	const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::source/*"},{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::source"%s}]}`
	const below = `,"Condition":{"StringLike":{"s3:prefix":"p/*"}}`
	type source struct{ bridge.Source } // and no more
	for _, tt := range []struct {
		name, condition string
		source          func(*s3.Client) bridge.Source
		removed         bool
	}{
		{"a listing below the prefix", below, func(c *s3.Client) bridge.Source { return c }, true},
		{"heads with the right to list all", "", func(c *s3.Client) bridge.Source { return source{c} }, true},
		{"heads below the prefix", below, func(c *s3.Client) bridge.Source { return source{c} }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.reader = w.client(t, w.a, fmt.Sprintf(document, tt.condition))
				w.put(t, "p/gone too", []byte("is not gone"), nil)
				w.put(t, "p/hidden", []byte("x"), nil)
				for _, key := range []string{"q/gone", "q/gone too", "q/hidden"} {
					w.putTarget(t, key, "x")
				}
				var told []string
				_, err := bridge.New(w.writer, tt.source(w.reader), nil).Sync(t.Context(), w.sync(func(s *bridge.Sync) {
					s.Source, s.Remover = bridge.NewLister(hiding{w.reader, "p/hidden"}, nil), w.b.admin
				}), func(e *bridge.Event) error {
					if e.Err != nil || e.Removed {
						told = append(told, fmt.Sprintf("%s removed %t", e.Job.Dst.Key, e.Removed))
					}
					if e.Err != nil {
						says(t, e.Err, fs.ErrPermission, []string{"source: look before removing", "s3:ListBucket on arn:aws:s3:::source"})
					}
					return nil
				})
				check(t, err)
				if want := []string{fmt.Sprintf("q/gone removed %t", tt.removed)}; !slices.Equal(told, want) {
					t.Errorf("told of %q, want %q", told, want)
				}
				if there := w.got(t, "q/gone") != nil; there == tt.removed || w.got(t, "q/gone too") == nil || w.got(t, "q/hidden") == nil {
					t.Errorf("what is gone is there: %t", there)
				}
			})
		})
	}
}

// TestSyncRemovesNothingUnseen: where the source does not answer, nothing is removed.
func TestSyncRemovesNothingUnseen(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "p/kept", []byte("x"), nil)
		w.putTarget(t, "q/gone", "x")
		s := w.sync(func(s *bridge.Sync) { s.Remover = w.b.admin })
		s.Source = bridge.NewLister(w.client(t, w.a, all), nil)
		w.reader = w.client(t, w.a, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::source/*"}]}`)
		var failed error
		_, err := w.copier(nil).Sync(t.Context(), s, func(e *bridge.Event) error {
			failed = errors.Join(failed, e.Err)
			return nil
		})
		check(t, err)
		says(t, failed, fs.ErrPermission, []string{"source: look before removing s3://source/p/gone", "s3://target/q/gone", "s3:ListBucket on arn:aws:s3:::source"})
		if w.got(t, "q/gone") == nil {
			t.Error("it is removed all the same")
		}
	})
}

// hiding lists all but one key, as a listing that is out of date.
type hiding struct {
	*s3.Client
	key string
}

func (h hiding) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, options ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	out, err := h.Client.ListObjectsV2(ctx, in, options...)
	if err == nil {
		for i, o := range out.Contents {
			if *o.Key == h.key {
				out.Contents = slices.Delete(out.Contents, i, i+1)
				break
			}
		}
	}
	return out, err
}
