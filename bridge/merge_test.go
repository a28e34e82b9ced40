package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// A scripted listing has these objects, and then ends with an error, if there is one.
type scripted struct {
	objects []redferry.URI
	wait    time.Duration // before err
	err     error
}

func (f scripted) List(context.Context, redferry.URI, string) iter.Seq2[bridge.Object, error] {
	return func(yield func(bridge.Object, error) bool) {
		for _, uri := range f.objects {
			if !yield(bridge.Object{URI: uri}, nil) {
				return
			}
		}
		time.Sleep(f.wait) // of the bubble
		if f.err != nil {
			yield(bridge.Object{}, f.err)
		}
	}
}

// TestSyncBelow: a listing that has objects of another bucket or prefix is no listing
// of this one, and nothing is concluded from it.
func TestSyncBelow(t *testing.T) {
	for _, uri := range []redferry.URI{dst("p/k"), src("k"), src("P/k")} {
		inWorld(t, func(t *testing.T, w *world) {
			_, err := w.copier(nil).Sync(t.Context(), w.sync(func(s *bridge.Sync) { s.Source = scripted{objects: []redferry.URI{uri}} }), func(e *bridge.Event) error {
				t.Errorf("told of %+v", e)
				return nil
			})
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q does not lie below s3://source/p/", uri)) {
				t.Errorf("%s is listed: %v", uri, err)
			}
		})
	}
}

// TestSyncTargetBreaksOff: where the target's listing ends early is not where the
// target ends: what comes after is not taken for new.
func TestSyncTargetBreaksOff(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.putTarget(t, "q/a", "x")
		w.putTarget(t, "q/b", "x")
		broken := errors.New("connection reset")
		breaksOff := bridge.NewLister(brokenOff{w.b.admin, broken}, &bridge.Options{Retries: -1})
		var told []string
		_, err := w.copier(nil).Sync(t.Context(), w.sync(func(s *bridge.Sync) {
			s.DryRun = true
			s.Source = scripted{objects: []redferry.URI{src("p/a"), src("p/b"), src("p/c")}}
			s.Target = breaksOff
		}), func(e *bridge.Event) error {
			told = append(told, e.Job.Dst.Key)
			return nil
		})
		if !errors.Is(err, broken) || len(told) > 2 {
			t.Errorf("told of %q, and then %v", told, err)
		}
	})
}

// TestSyncWithoutLedgerDemandsProof: that an ETag is the same proves nothing as well
// as a stored checksum does.
func TestSyncWithoutLedgerDemandsProof(t *testing.T) {
	for level, want := range map[bridge.Level]bridge.Change{bridge.Wire: bridge.Unchanged, bridge.Recomputed: bridge.Unchanged, bridge.Stored: bridge.Changed} {
		inWorld(t, func(t *testing.T, w *world) {
			w.put(t, "p/same", []byte("same"), nil)
			w.putTarget(t, "q/same", "same")
			c := w.copier(func(o *bridge.Options) { o.MinLevel = level })
			same(t, changes(t, c, w.sync(nil)), map[string]bridge.Change{"same": want})
		})
	}
}

// brokenOff has no other page than the first, and says that there are more.
type brokenOff struct {
	*s3.Client
	err error
}

func (b brokenOff) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, options ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	if in.ContinuationToken != nil {
		return nil, b.err
	}
	in.MaxKeys = aws.Int32(2)
	out, err := b.Client.ListObjectsV2(ctx, in, options...)
	if err == nil {
		out.IsTruncated, out.NextContinuationToken = aws.Bool(true), aws.String("more")
	}
	return out, err
}

// TestSyncOldListingOfTarget: a listing that is older than what the ledger has copied
// since is not believed, though it says what the source has again.
func TestSyncOldListingOfTarget(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ledger := new(bridge.MemLedger)
		first := func(s *bridge.Sync) { s.Ledger = ledger }
		w.put(t, "p/k", []byte("before"), nil)
		w.putTarget(t, "q/k", "before")
		old := must(w.b.admin.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("target"), Prefix: aws.String("q/"), EncodingType: types.EncodingTypeUrl}))(t)
		w.put(t, "p/k", []byte("middle"), nil)
		same(t, changes(t, w.copier(nil), w.sync(first)), map[string]bridge.Change{"k": bridge.Changed})
		w.put(t, "p/k", []byte("before"), nil)
		same(t, changes(t, w.copier(nil), w.sync(func(s *bridge.Sync) {
			s.Ledger, s.Target = ledger, bridge.NewLister(outOfDate{w.b.admin, old}, nil)
		})), map[string]bridge.Change{"k": bridge.Changed})
		if got := w.got(t, "q/k"); string(got) != "before" {
			t.Errorf("the target has %q", got)
		}
	})
}

// outOfDate lists what was there before.
type outOfDate struct {
	*s3.Client
	page *s3.ListObjectsV2Output
}

func (o outOfDate) ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	return o.page, nil
}

// TestListingEndsWithItsSync: a side that has failed does not wait for the listing of the
// other, which stands still or is refused again and again.
func TestListingEndsWithItsSync(t *testing.T) {
	for _, fault := range []fakes3.Fault{{StallResponse: 20, Stall: time.Hour}, {Status: 503, Code: "SlowDown"}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, "https")
			for n := range 1200 {
				w.putTarget(t, fmt.Sprintf("q/%06d", n), "x")
			}
			fault.Op, fault.Skip, fault.Times = "ListObjectsV2", 1, -1 // from the second page on
			w.b.s3.Inject(fault)
			source := scripted{objects: []redferry.URI{src("p/000000")}, wait: time.Second, err: errors.New("the key was taken back")}
			s := w.sync(func(s *bridge.Sync) { s.Source, s.DryRun = source, true })
			begun := time.Now()
			_, err := w.copier(nil).Sync(t.Context(), s, func(*bridge.Event) error { return nil })
			if took := time.Since(begun); err == nil || took > 10*time.Second {
				t.Errorf("%+v: after %v: %v", fault, took, err)
			}
		})
	}
}
