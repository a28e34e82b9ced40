package bridge_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// sync is a Sync of p/ to q/ whose target is listed with the administrator's key.
func (w *world) sync(change func(*bridge.Sync)) *bridge.Sync {
	s := &bridge.Sync{Dst: dst("q/"), Src: src("p/"), Source: bridge.NewLister(w.reader, nil), Target: bridge.NewLister(w.b.admin, nil)}
	if change != nil {
		change(s)
	}
	return s
}

// writeOnly is the same with a ledger in place of the listing.
func (w *world) writeOnly(l bridge.Ledger) *bridge.Sync {
	return w.sync(func(s *bridge.Sync) { s.Target, s.Ledger = nil, l })
}

// putTarget writes an object at the target.
func (w *world) putTarget(t *testing.T, key, content string) {
	t.Helper()
	_ = must(w.b.admin.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("target"), Key: &key, Body: strings.NewReader(content)}))(t)
}

// changes runs a Sync and returns what it found out, by key below the prefix. It
// fails t if anything went wrong.
func changes(t *testing.T, c *bridge.Copier, s *bridge.Sync) map[string]bridge.Change {
	t.Helper()
	found := make(map[string]bridge.Change)
	summary, err := c.Sync(t.Context(), s, func(e *bridge.Event) error {
		if e.Err != nil {
			t.Errorf("%s: %v", e.Job.Dst, e.Err)
		}
		key := strings.TrimPrefix(e.Job.Dst.Key, s.Dst.Key)
		if found[key] != "" {
			t.Errorf("%s is told of twice", key)
		}
		found[key] = e.Change
		return nil
	})
	check(t, err)
	if n := summary.Added + summary.Changed + summary.Unchanged + summary.Excluded + summary.Extra; int(n) != len(found) || summary.Failed != 0 {
		t.Errorf("the summary is %+v, there were %d keys", summary, len(found))
	}
	return found
}

func same(t *testing.T, got, want map[string]bridge.Change) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes differ (-want +got):\n%s", diff)
	}
}

// TestSync: what is new or changed is copied, also if its size is the same, and
// after that all is unchanged and costs nothing but listings.
func TestSync(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "p/new", []byte("a"), nil)
		w.put(t, "p/a/deep/new", random(5000), nil)
		w.put(t, "p/same", []byte("same"), nil)
		w.putTarget(t, "q/same", "same")
		w.put(t, "p/other size", []byte("longer"), nil)
		w.putTarget(t, "q/other size", "short")
		w.put(t, "p/other bytes", []byte("12345"), nil)
		w.putTarget(t, "q/other bytes", "54321")
		w.putTarget(t, "q/extra", "stays")
		w.put(t, "beside", []byte("x"), nil)
		c := w.copier(nil)
		same(t, changes(t, c, w.sync(nil)), map[string]bridge.Change{
			"new": bridge.Added, "a/deep/new": bridge.Added, "same": bridge.Unchanged, "other size": bridge.Changed, "other bytes": bridge.Changed,
			"extra": bridge.Extra,
		})
		for key, want := range map[string][]byte{
			"q/new": []byte("a"), "q/a/deep/new": random(5000), "q/other size": []byte("longer"), "q/other bytes": []byte("12345"), "q/extra": []byte("stays"),
		} {
			if got := w.got(t, key); !bytes.Equal(got, want) {
				t.Errorf("%s has %d bytes, want %d", key, len(got), len(want))
			}
		}
		w.put(t, "p/a/deep/new", []byte("small, so that its ETag is the same on both sides"), nil)
		_ = changes(t, c, w.sync(nil))
		before := len(w.a.s3.Requests()) + len(w.b.s3.Requests())
		for key, change := range changes(t, c, w.sync(nil)) {
			if change != bridge.Unchanged && key != "extra" {
				t.Errorf("%s is %s the second time", key, change)
			}
		}
		if n := len(w.a.s3.Requests()) + len(w.b.s3.Requests()) - before; n != 2 {
			t.Errorf("a Sync without changes took %d requests, want 2 listings", n)
		}
	})
}

// TestSyncWriteOnly: with a key that can only write, the ledger knows what is
// there, in parts or not, and from which version.
func TestSyncWriteOnly(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ledger := new(bridge.MemLedger)
		c := w.copier(nil)
		w.put(t, "p/large", random(5000), nil)
		w.put(t, "p/small", random(10), nil)
		w.put(t, "p/gone", random(10), nil)
		same(t, changes(t, c, w.writeOnly(ledger)), map[string]bridge.Change{"large": bridge.Added, "small": bridge.Added, "gone": bridge.Added})
		replaced := w.put(t, "p/small", []byte("0123456789"), nil)
		_ = must(w.a.admin.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("source"), Key: aws.String("p/gone")}))(t)
		same(t, changes(t, c, w.writeOnly(ledger)), map[string]bridge.Change{"large": bridge.Unchanged, "small": bridge.Changed, "gone": bridge.Extra})
		sent := acknowledged(w.b.s3, "PutObject")
		same(t, changes(t, c, w.writeOnly(ledger)), map[string]bridge.Change{"large": bridge.Unchanged, "small": bridge.Unchanged, "gone": bridge.Extra})
		if n := acknowledged(w.b.s3, "PutObject") - sent; n != 0 {
			t.Errorf("%d objects were sent, of which none had changed", n)
		}
		got, ok, err := ledger.Lookup(t.Context(), dst("q/small"))
		if err != nil || !ok || got.Src != src("p/small") || got.ETag != replaced.ETag || got.Size != 10 || got.Level != bridge.Stored || got.Checksum == "" || got.Target == "" {
			t.Errorf("the ledger has %+v, %v, %v", got, ok, err)
		}
		demanding := w.copier(func(o *bridge.Options) { o.MinLevel = bridge.Stored })
		got.Level = bridge.Wire
		check(t, ledger.Record(t.Context(), got))
		if change := changes(t, demanding, w.writeOnly(ledger))["small"]; change != bridge.Changed {
			t.Errorf("a copy that is not proven as demanded is %s", change)
		}
		if change := changes(t, demanding, w.writeOnly(ledger))["small"]; change != bridge.Unchanged {
			t.Errorf("a copy that is proven just as demanded is %s", change)
		}
	})
}

// TestSyncNoticesReplacements at the target, by others, where it may list: an
// entry of the ledger is about the object that the copy made.
func TestSyncNoticesReplacements(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		both := w.sync(func(s *bridge.Sync) { s.Ledger = new(bridge.MemLedger) })
		w.put(t, "p/large", random(5000), nil)
		w.put(t, "p/kept", random(5000), nil)
		w.put(t, "p/removed", random(5000), nil)
		_ = changes(t, w.copier(nil), both)
		w.putTarget(t, "q/large", string(random(5001)[:5000]))
		_ = must(w.b.admin.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("target"), Key: aws.String("q/removed")}))(t)
		same(t, changes(t, w.copier(nil), both), map[string]bridge.Change{"large": bridge.Changed, "kept": bridge.Unchanged, "removed": bridge.Added})
		if !bytes.Equal(w.got(t, "q/large"), random(5000)) {
			t.Error("what somebody else has put there is still there")
		}
	})
}

// TestSyncDry says what would be done, and does nothing.
func TestSyncDry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "http")
		w.put(t, "p/new", []byte("a"), nil)
		w.put(t, "p/changed", []byte("a"), nil)
		w.putTarget(t, "q/changed", "b")
		w.putTarget(t, "q/extra", "b")
		ledger := new(bridge.MemLedger)
		writes := w.b.s3.Requests()
		same(t, changes(t, w.copier(nil), w.sync(func(s *bridge.Sync) { s.DryRun, s.Ledger, s.Remover = true, ledger, w.b.admin })),
			map[string]bridge.Change{"new": bridge.Added, "changed": bridge.Changed, "extra": bridge.Extra})
		for _, r := range w.b.s3.Requests()[len(writes):] {
			if r.Op != "ListObjectsV2" {
				t.Errorf("the target got %s", r.Op)
			}
		}
		for e := range ledger.List(t.Context(), dst(""), "") {
			t.Errorf("the ledger has %s", e.Dst)
		}
	})
}

// TestSyncRefuses what would do harm, or could not be done.
func TestSyncRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "http")
		w.putTarget(t, "q/precious", "x")
		for name, s := range map[string]*bridge.Sync{
			"remove everything":     w.sync(func(s *bridge.Sync) { s.Remover = w.b.admin }),
			"remove without list":   w.sync(func(s *bridge.Sync) { s.Target, s.Remover = nil, w.b.admin }),
			"no prefix at source":   w.sync(func(s *bridge.Sync) { s.Src.Key = "p" }),
			"no prefix at target":   w.sync(func(s *bridge.Sync) { s.Dst.Key = "q" }),
			"no bucket":             w.sync(func(s *bridge.Sync) { s.Dst.Bucket = "" }),
			"no way to list source": w.sync(func(s *bridge.Sync) { s.Source = nil }),
		} {
			_, err := w.copier(nil).Sync(t.Context(), s, func(e *bridge.Event) error { return errors.New("nothing is done about " + e.Job.Dst.Key) })
			if !errors.Is(err, bridge.ErrSync) {
				t.Errorf("%s: got %v, want ErrSync", name, err)
			}
		}
		if w.got(t, "q/precious") == nil {
			t.Error("the target was emptied")
		}
	})
}

// TestSyncOfWhatChanges: an object that was replaced after it was listed is copied
// as it is now, and the ledger says so.
func TestSyncOfWhatChanges(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for _, size := range []int{10, 5000} {
			ledger := new(bridge.MemLedger)
			w.put(t, "p/k", random(size), nil)
			var now bridge.Object
			s := w.writeOnly(ledger)
			s.Source = bridge.NewLister(after{w.reader, func() { now = w.put(t, "p/k", random(size + 1)[:size], nil) }}, nil)
			same(t, changes(t, w.copier(nil), s), map[string]bridge.Change{"k": bridge.Added})
			if !bytes.Equal(w.got(t, "q/k"), random(size + 1)[:size]) {
				t.Errorf("%d bytes: another object arrived", size)
			}
			if e, _, err := ledger.Lookup(t.Context(), dst("q/k")); err != nil || e.ETag != now.ETag {
				t.Errorf("%d bytes: the ledger has %s, %v; want %s", size, e.ETag, err, now.ETag)
			}
		}
	})
}

// after calls a function when something was listed.
type after struct {
	*s3.Client
	listed func()
}

func (a after) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, options ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	defer a.listed()
	return a.Client.ListObjectsV2(ctx, in, options...)
}

// TestSyncFailures: an object that fails stops no other and is not in the ledger; a
// listing that fails, or a done that has enough, stops it all; and a ledger that
// fails is an error.
func TestSyncFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "http")
		for i := range 20 {
			w.put(t, fmt.Sprintf("p/k%02d", i), random(10), nil)
		}
		ledger := new(bridge.MemLedger)
		w.b.s3.Inject(fakes3.Fault{Op: "PutObject", Key: "q/k07", Times: -1, Status: 403, Code: "AccessDenied"})
		var failed []string
		summary, err := w.copier(nil).Sync(t.Context(), w.writeOnly(ledger), func(e *bridge.Event) error {
			if e.Err != nil {
				failed = append(failed, e.Job.Dst.Key)
			}
			return nil
		})
		check(t, err)
		entries := 0
		for range ledger.List(t.Context(), dst("q/"), "") {
			entries++
		}
		if _, ok, _ := ledger.Lookup(t.Context(), dst("q/k07")); ok || entries != 19 || summary.Failed != 1 || summary.Copied != 19 || !slices.Equal(failed, []string{"q/k07"}) {
			t.Errorf("failed %q, %d entries, summary %+v", failed, entries, summary)
		}
		enough := errors.New("enough")
		n := 0
		if _, err := w.copier(nil).Sync(t.Context(), w.sync(nil), func(*bridge.Event) error { n++; return enough }); !errors.Is(err, enough) || n != 1 {
			t.Errorf("done was called %d times, Sync = %v", n, err)
		}
		w.b.s3.ClearFaults()
		w.put(t, "p/k00", random(11), nil) // the only change, and the first
		over := false
		_, err = w.copier(nil).Sync(t.Context(), w.writeOnly(ledger), func(e *bridge.Event) error {
			if over {
				t.Errorf("done is told of %s after it had enough", e.Job.Dst)
			}
			if over = e.Change == bridge.Changed; over {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) {
			t.Errorf("Sync = %v", err)
		}
		w.a.s3.Inject(fakes3.Fault{Op: "ListObjectsV2", Times: -1, Status: 403, Code: "AccessDenied"})
		if _, err := w.copier(nil).Sync(t.Context(), w.sync(nil), func(*bridge.Event) error { return nil }); err == nil || !strings.Contains(err.Error(), "s3:ListBucket") {
			t.Errorf("the source cannot be listed: %v", err)
		}
		w.a.s3.ClearFaults()
		w.b.s3.Inject(fakes3.Fault{Op: "ListObjectsV2", Times: -1, Status: 403, Code: "AccessDenied"})
		var denied *bridge.Error
		if _, err := w.copier(nil).Sync(t.Context(), w.sync(nil), func(*bridge.Event) error { return nil }); !errors.As(err, &denied) || denied.Side != bridge.SideTarget || denied.Dst != dst("q/") {
			t.Errorf("the target cannot be listed: %v", err)
		}
		w.b.s3.ClearFaults()
		full := errors.New("no space left")
		if _, err := w.copier(nil).Sync(t.Context(), w.writeOnly(fullLedger{new(bridge.MemLedger), full}), func(*bridge.Event) error { return nil }); !errors.Is(err, full) {
			t.Errorf("the ledger is full: %v", err)
		}
	})
}

type fullLedger struct {
	bridge.Ledger
	full error
}

func (l fullLedger) Record(context.Context, ...bridge.Entry) error { return l.full }

// TestSyncOrder: a listing in another order than S3's is noticed.
func TestSyncOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "http")
		for _, key := range []string{"a", "b", "c"} {
			w.put(t, "p/"+key, []byte("x"), nil)
		}
		_, err := w.copier(nil).Sync(t.Context(), w.sync(func(s *bridge.Sync) { s.Source = bridge.NewLister(backwards{w.reader}, nil) }),
			func(*bridge.Event) error { return nil })
		if !errors.Is(err, bridge.ErrOrder) {
			t.Errorf("got %v, want ErrOrder", err)
		}
	})
}

type backwards struct{ *s3.Client }

func (b backwards) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, options ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	out, err := b.Client.ListObjectsV2(ctx, in, options...)
	if err == nil {
		slices.Reverse(out.Contents)
	}
	return out, err
}

// TestSyncAgainstModel compares what a Sync finds out about random sets of keys on
// both sides and in the ledger with what a few maps say, and with what is at the
// target afterwards.
func TestSyncAgainstModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "http")
		random := rand.New(rand.NewPCG(1, 2))
		keys := []string{"a", "a!", "a/", "a/b", "a0", "b", "z/z/z", "ü"}
		for round := range 60 {
			ledger := new(bridge.MemLedger)
			prefix := fmt.Sprintf("%d/", round)
			s := w.sync(func(s *bridge.Sync) { s.Src, s.Dst = src("p/"+prefix), dst("q/"+prefix) })
			if round%3 != 0 {
				s.Ledger = ledger
			}
			if round%3 == 1 {
				s.Target = nil
			}
			if round%2 == 1 {
				s.Split = keys[random.IntN(4) : 4+random.IntN(5)]
			}
			want := make(map[string]bridge.Change)
			for _, key := range keys {
				source, target, entry := content(random), content(random), content(random)
				if source != "" {
					w.put(t, "p/"+prefix+key, []byte(source), nil)
				}
				if target != "" {
					w.putTarget(t, "q/"+prefix+key, target)
				}
				if entry != "" && s.Ledger != nil {
					check(t, ledger.Record(t.Context(), entryOf(s.Dst.Join(key), s.Src.Join(key), entry, target)))
				} else {
					entry = ""
				}
				if change := expected(source, target, entry, s.Target != nil); change != "" {
					want[key] = change
				}
			}
			same(t, changes(t, w.copier(nil), s), want)
			for key := range maps.Keys(want) {
				w.alike(t, "p/"+prefix+key, "q/"+prefix+key, want[key])
			}
		}
	})
}

// md5ETag is the ETag of an object that was put with one request.
func md5ETag(content string) string { return fmt.Sprintf("\"%x\"", md5.Sum([]byte(content))) }

// content is one of three of the same size, or nothing.
func content(random *rand.Rand) string { return []string{"", "111", "222", "333"}[random.IntN(4)] }

// entryOf says that content was copied, and became what the target has.
func entryOf(dst, src redferry.URI, content, target string) bridge.Entry {
	return bridge.Entry{Dst: dst, Target: md5ETag(target), Src: src, ETag: md5ETag(content), Size: int64(len(content)), Level: bridge.Stored}
}

// expected is what a Sync finds out, by the contents of both sides and of the
// entry in the ledger.
func expected(source, target, entry string, lists bool) bridge.Change {
	there := target != ""
	if !lists {
		there = entry != ""
	}
	switch {
	case source == "" && there:
		return bridge.Extra
	case source == "":
		return ""
	case !there:
		return bridge.Added
	case entry == source, lists && target == source:
		return bridge.Unchanged
	}
	return bridge.Changed
}

// alike checks that what was copied is the same on both sides.
func (w *world) alike(t *testing.T, source, target string, change bridge.Change) {
	t.Helper()
	if change != bridge.Added && change != bridge.Changed {
		return
	}
	out := must(w.a.admin.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("source"), Key: &source}))(t)
	want := must(io.ReadAll(out.Body))(t)
	if got := w.got(t, target); !bytes.Equal(got, want) {
		t.Errorf("%s has %q, %s has %q", source, want, target, got)
	}
}

// TestSyncWithinItself: where one end lies in the other, what is not at the source below
// one prefix may be the source below the other, and is not removed.
func TestSyncWithinItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "p/k", []byte("x"), nil)
		for _, ends := range [][2]redferry.URI{{src("p/"), src("")}, {src(""), src("p/")}, {src("p/"), src("p/")}, {src("p/"), src("p/q/")}} {
			s := w.sync(func(s *bridge.Sync) { s.Src, s.Dst, s.Remover = ends[0], ends[1], w.a.admin })
			s.Target = bridge.NewLister(w.a.admin, nil)
			_, err := bridge.New(w.a.admin, w.a.admin, nil).Sync(t.Context(), s, ignore)
			if !errors.Is(err, bridge.ErrSync) || !strings.Contains(err.Error(), "one end lies in the other") {
				t.Errorf("from %s to %s: got %v, want ErrSync", ends[0], ends[1], err)
			}
		}
		if n := len(w.a.s3.Objects(src(""))); n != 1 {
			t.Errorf("the source has %d objects, want the one that it had", n)
		}
	})
}
