package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// ending ends a context before it lists what lies behind the first page.
type ending struct {
	bridge.Listing
	end context.CancelFunc
}

func (e ending) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, options ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	if in.ContinuationToken != nil {
		e.end()
		return nil, ctx.Err()
	}
	return e.Listing.ListObjectsV2(ctx, in, options...)
}

// TestSyncInterrupted: where a listing stops because the caller has had enough is not
// where that side ends. Nothing is told of what was not listed.
func TestSyncInterrupted(t *testing.T) {
	for _, side := range []string{bridge.SideSource, bridge.SideTarget} {
		for _, split := range [][]string{nil, {"k010"}} {
			t.Run(fmt.Sprintf("%s, %d cuts", side, len(split)), func(t *testing.T) {
				for range 20 { // as the scheduler wants it
					endedEarly(t, side, split)
				}
			})
		}
	}
}

// endedEarly compares twenty objects that are alike, as long as it may.
func endedEarly(t *testing.T, side string, split []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	from, to := newShelf(4, below("p/", numbered(20))...), newShelf(4, below("q/", numbered(20))...)
	s := &bridge.Sync{Src: src("p/"), Dst: dst("q/"), Source: from.lister(), Target: to.lister(), DryRun: true, Split: split}
	none := &bridge.Options{Retries: -1}
	if side == bridge.SideSource {
		s.Source = bridge.NewLister(ending{from, cancel}, none)
	} else {
		s.Target = bridge.NewLister(ending{to, cancel}, none)
	}
	_, err := bridge.New(nil, nil, nil).Sync(ctx, s, func(e *bridge.Event) error {
		if e.Change != bridge.Unchanged {
			t.Errorf("%s is told as %s", e.Job.Dst, e.Change)
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Sync = %v", err)
	}
}

// TestUnchangedIsProven: what is unchanged because of what the ledger has is told with that;
// where both sides list one ETag, and the ledger has nothing, there is nothing to tell.
func TestUnchangedIsProven(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "p/small", random(10), nil)
		ledger := new(bridge.MemLedger)
		known := func(s *bridge.Sync) (entry *bridge.Entry, change bridge.Change) {
			t.Helper()
			_ = must(w.copier(nil).Sync(t.Context(), s, func(e *bridge.Event) error {
				if change = e.Change; e.Known != nil {
					copied := *e.Known
					entry = &copied
				}
				return e.Err
			}))(t)
			return entry, change
		}
		if entry, change := known(w.writeOnly(ledger)); entry != nil || change != bridge.Added {
			t.Errorf("%s, and the ledger knew %+v", change, entry)
		}
		want, _, err := ledger.Lookup(t.Context(), dst("q/small"))
		check(t, err)
		if entry, change := known(w.writeOnly(ledger)); change != bridge.Unchanged || entry == nil || *entry != want {
			t.Errorf("%s, and the ledger is said to have %+v, want %+v", change, entry, want)
		}
		old := want
		old.ETag = `"of before"`
		check(t, ledger.Record(t.Context(), old))
		both := w.sync(func(s *bridge.Sync) { s.Ledger = ledger })
		if entry, change := known(both); change != bridge.Unchanged || entry != nil {
			t.Errorf("%s by the listings, and the ledger, which has another version, is said to know %+v", change, entry)
		}
		if entry, change := known(w.sync(nil)); change != bridge.Unchanged || entry != nil {
			t.Errorf("%s, and without a ledger is known %+v", change, entry)
		}
	})
}

// TestSyncIntoItself: a target within the source, at one endpoint, would have what is copied
// copied again, without end.
func TestSyncIntoItself(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "p/k", random(10), nil)
		s := &bridge.Sync{Src: src("p/"), Dst: src("p/sub/"), Source: bridge.NewLister(w.reader, nil)}
		_, err := bridge.New(w.a.admin, w.reader, nil).Sync(t.Context(), s, func(*bridge.Event) error { return nil })
		if !errors.Is(err, bridge.ErrSync) {
			t.Errorf("Sync = %v", err)
		}
		excluding := must(bridge.NewFilter(nil, []string{"/sub/**"}))(t)
		for name, change := range map[string]func(s *bridge.Sync){
			"excluded":      func(s *bridge.Sync) { s.Filter = excluding },
			"a dry run":     func(s *bridge.Sync) { s.DryRun = true },
			"onto itself":   func(s *bridge.Sync) { s.Dst = s.Src },
			"a finite list": func(s *bridge.Sync) { s.Source = bridge.NewManifestLister(w.reader, new(redferry.Manifest), nil) },
		} {
			other := *s
			change(&other)
			if _, err := bridge.New(w.a.admin, w.reader, nil).Sync(t.Context(), &other, func(*bridge.Event) error { return nil }); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		s.Src, s.Dst = src("p/"), src("other/")
		_, err = bridge.New(w.a.admin, w.reader, nil).Sync(t.Context(), s, func(e *bridge.Event) error { return e.Err })
		check(t, err)
		// Elsewhere a bucket of the same name is another one, be it there or not.
		s.Dst = src("p/sub/")
		_, err = bridge.New(w.b.admin, w.reader, nil).Sync(t.Context(), s, func(*bridge.Event) error { return nil })
		check(t, err)
	})
}

// TestSyncTellsOfWhatIsLeftOpen: an upload that could not be aborted, because the source was
// replaced, is told of, though another try would go well.
func TestSyncTellsOfWhatIsLeftOpen(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "p/k", random(5000), nil)
		w.b.s3.Inject(fakes3.Fault{Op: "AbortMultipartUpload", Times: -1, Status: 403, Code: "AccessDenied"})
		replaced := false
		c := w.copier(func(o *bridge.Options) {
			o.Concurrency = 1
			o.Trace.Part = func(_ redferry.URI, part int, _ int64) {
				if part == 3 && !replaced {
					replaced = true
					w.put(t, "p/k", random(5001), nil)
				}
			}
		})
		var failed error
		summary, err := c.Sync(t.Context(), w.writeOnly(new(bridge.MemLedger)), func(e *bridge.Event) error { failed = e.Err; return nil })
		if err != nil || !errors.Is(failed, bridge.ErrLeftOpen) || w.open(t) != 1 {
			t.Errorf("%+v, %v; told of %v; %d uploads are open", summary, err, failed, w.open(t))
		}
	})
}
