package bridge_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// toldOf runs a Sync that copies nothing and returns all that it told, sorted.
func toldOf(t *testing.T, s *bridge.Sync) ([]bridge.Event, bridge.Summary) {
	t.Helper()
	var events []bridge.Event
	var inside atomic.Int32
	summary, err := bridge.New(nil, nil, nil).Sync(t.Context(), s, func(e *bridge.Event) error {
		if inside.Add(1) > 1 {
			t.Error("done is called while it runs")
		}
		events = append(events, *e)
		inside.Add(-1)
		return nil
	})
	check(t, err)
	slices.SortFunc(events, func(a, b bridge.Event) int { return cmp.Compare(a.Job.Dst.Key, b.Job.Dst.Key) })
	return events, *summary
}

// TestSyncInRanges: wherever the cuts are, the same is told as without any, once per
// key, and no page is asked for that is not needed to know where a range ends.
func TestSyncInRanges(t *testing.T) {
	var source, target []string
	ledger := new(bridge.MemLedger)
	for i, name := range append(numbered(100), "", "a!", "a/b", "ü", "üb/\U0001f600", "\ufffd", "\U0010ffff") {
		if i%5 != 0 {
			source = append(source, "p/"+name)
		}
		if i%7 != 0 {
			target = append(target, "q/"+name)
		}
		if i%3 != 0 {
			check(t, ledger.Record(t.Context(), bridge.Entry{Dst: dst("q/" + name), Target: `"e"`, Src: src("p/" + name), ETag: `"e"`, Size: 1, Level: bridge.Stored}))
		}
	}
	from, to := newShelf(7, source...), newShelf(7, target...)
	from.etags = map[string]string{"p/k031": `"f"`, "p/k032": `"g"`, "p/ü": `"h"`}
	filter := must(bridge.NewFilter(nil, []string{"*4"}))(t)
	for _, lists := range []string{"target", "ledger", "both"} {
		s := &bridge.Sync{Src: src("p/"), Dst: dst("q/"), Source: from.lister(), DryRun: true, Filter: filter}
		if lists != "ledger" {
			s.Target = to.lister()
		}
		if lists != "target" {
			s.Ledger = ledger
		}
		want, sum := toldOf(t, s)
		if sum.Added == 0 || sum.Changed == 0 || sum.Unchanged == 0 || sum.Excluded == 0 || sum.Extra == 0 {
			t.Fatalf("%s: the summary is %+v", lists, sum)
		}
		_, _ = from.requests(), to.requests()
		for name, cuts := range map[string][]string{
			"before all":              {" "},
			"behind all":              {"\U0010ffff\U0010ffff"},
			"the last":                {"\U0010ffff"},
			"at a key":                {"k050"},
			"at a key of one side":    {"k049", "k055"},
			"between":                 {"k050!"},
			"adjacent":                {"k050", "k050\x00", "k050!", "k051"},
			"in the middle of a name": {"k0", "k05", "k1"},
			"beyond ASCII":            {"k", "\u00fb", "ü", "üb/", "\uffff", "\U00010000"},
			"everywhere":              append(numbered(100), "ü"),
		} {
			s.Split = cuts
			got, summary := toldOf(t, s)
			if diff := gocmp.Diff(want, got); diff != "" || summary != sum {
				t.Errorf("%s, %s: the summary is %+v, want %+v; events (-want +got):\n%s", lists, name, summary, sum, diff)
			}
			if n, want := len(from.requests()), pagesOf(from, "p/", cuts); n != want {
				t.Errorf("%s, %s: %d pages of the source were asked for, want %d", lists, name, n, want)
			}
			if n, want := len(to.requests()), pagesOf(to, "q/", cuts); lists != "ledger" && n != want {
				t.Errorf("%s, %s: %d pages of the target were asked for, want %d", lists, name, n, want)
			}
		}
	}
}

// numbered returns n keys in order.
func numbered(n int) (keys []string) {
	for i := range n {
		keys = append(keys, fmt.Sprintf("k%03d", i))
	}
	return keys
}

// pagesOf is how many pages it takes to list the ranges between cuts: each ends with the
// page that has its last key, if there is one, or else one behind it.
func pagesOf(s *shelf, prefix string, cuts []string) int {
	pages, first := 0, 0
	for _, cut := range append(slices.Clone(cuts), "") {
		last, exact := slices.BinarySearch(s.keys, prefix+cut)
		needed := last
		switch {
		case cut == "":
			last, needed = len(s.keys), len(s.keys)
		case exact:
			last, needed = last+1, last+1
		case last < len(s.keys):
			needed = last + 1
		}
		pages += max(1, (needed-first+s.page-1)/s.page)
		first = last
	}
	return pages
}

// TestSyncInRandomRanges compares random keys on both sides and in the ledger, in random
// ranges, with what is told without any.
func TestSyncInRandomRanges(t *testing.T) {
	for seed := range uint64(150) {
		if inRandomRanges(t, rand.New(rand.NewPCG(seed, 2))); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// FuzzSyncInRanges does the same with keys of any bytes.
func FuzzSyncInRanges(f *testing.F) {
	f.Add(uint64(1), "a\nb\nc", "b\nc\nd", "a\nd", "b")
	f.Add(uint64(2), "\n\x00\nü", "k/\nk/a", "", "k/\nk/a\n\xff")
	f.Fuzz(func(t *testing.T, page uint64, source, target, entries, cuts string) {
		ledger := new(bridge.MemLedger)
		for entry := range strings.SplitSeq(entries, "\n") {
			check(t, ledger.Record(t.Context(), bridge.Entry{Dst: dst("q/" + entry), Target: `"e"`, Src: src("p/" + entry), ETag: `"e"`, Size: 1, Level: bridge.Stored}))
		}
		from, to := newShelf(1+int(page%9), below("p/", strings.Split(source, "\n"))...), newShelf(1+int(page%9), below("q/", strings.Split(target, "\n"))...)
		s := &bridge.Sync{Src: src("p/"), Dst: dst("q/"), Source: from.lister(), Target: to.lister(), Ledger: ledger, DryRun: true}
		sameInRanges(t, s, slices.DeleteFunc(strings.Split(cuts, "\n"), func(cut string) bool { return cut == "" || strings.ToValidUTF8(cut, "") != cut }))
	})
}

// below puts names below a prefix.
func below(prefix string, names []string) (keys []string) {
	for _, name := range names {
		keys = append(keys, prefix+name)
	}
	return keys
}

func inRandomRanges(t *testing.T, random *rand.Rand) {
	t.Helper()
	var source, target []string
	ledger := new(bridge.MemLedger)
	etags := make(map[string]string)
	var names []string
	for range random.IntN(60) {
		name := oddKey(random)
		names = append(names, name)
		if random.IntN(3) > 0 {
			source = append(source, "p/"+name)
			etags["p/"+name] = md5ETag(content(random))
		}
		if random.IntN(3) > 0 {
			target = append(target, "q/"+name)
			etags["q/"+name] = md5ETag(content(random))
		}
		if random.IntN(3) > 0 {
			check(t, ledger.Record(t.Context(), bridge.Entry{
				Dst: dst("q/" + name), Target: md5ETag(content(random)), Src: src("p/" + name), ETag: md5ETag(content(random)), Size: 1, Level: bridge.Stored,
			}))
		}
	}
	from, to := newShelf(1+random.IntN(9), source...), newShelf(1+random.IntN(9), target...)
	from.etags, to.etags = etags, etags
	s := &bridge.Sync{Src: src("p/"), Dst: dst("q/"), Source: from.lister(), DryRun: true}
	way := random.IntN(3)
	if way > 0 {
		s.Target = to.lister()
	}
	if way < 2 {
		s.Ledger = ledger
	}
	var cuts []string
	for range random.IntN(8) {
		if cuts = append(cuts, oddKey(random)); len(names) > 0 && random.IntN(2) == 0 {
			cuts[len(cuts)-1] = names[random.IntN(len(names))]
		}
	}
	sameInRanges(t, s, cuts)
}

// sameInRanges compares what s tells in ranges between cuts with what it tells in one.
func sameInRanges(t *testing.T, s *bridge.Sync, cuts []string) {
	t.Helper()
	want, sum := toldOf(t, s)
	slices.Sort(cuts)
	s.Split = slices.Compact(cuts)
	got, summary := toldOf(t, s)
	if diff := gocmp.Diff(want, got); diff != "" || summary != sum {
		t.Errorf("cut at %q the summary is %+v, want %+v; events (-want +got):\n%s", s.Split, summary, sum, diff)
	}
}

// TestSyncCopiesInRanges: what is copied, recorded and removed in ranges is what should
// be, and a manifest can be cut, too.
func TestSyncCopiesInRanges(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		want := make(map[string]bridge.Change)
		m := new(redferry.Manifest)
		for i, key := range numbered(60) {
			w.put(t, "p/"+key, []byte(key), nil)
			m.Entries = append(m.Entries, redferry.Entry{URL: src("p/" + key), Size: 4})
			if want[key] = bridge.Added; i%4 == 0 {
				w.putTarget(t, "q/"+key, key)
				want[key] = bridge.Unchanged
			}
		}
		w.putTarget(t, "q/a", "extra")
		w.putTarget(t, "q/k020!", "extra")
		w.putTarget(t, "q/z", "extra")
		for _, key := range []string{"a", "k020!", "z"} {
			want[key] = bridge.Extra
		}
		// The source has nothing in the first range and the last.
		s := w.sync(func(s *bridge.Sync) {
			s.Ledger, s.Remover, s.Split = new(bridge.MemLedger), w.b.admin, []string{"b", "k015", "k020", "k021", "k040", "y"}
		})
		same(t, changes(t, w.copier(nil), s), want)
		for key, change := range want {
			switch got := string(w.got(t, "q/"+key)); {
			case change == bridge.Extra && got != "":
				t.Errorf("%s was not removed", key)
			case change != bridge.Extra && got != key:
				t.Errorf("%s has %q", key, got)
			}
		}
		for key, change := range want {
			if want[key] = bridge.Unchanged; change == bridge.Extra {
				delete(want, key)
			}
		}
		same(t, changes(t, w.copier(nil), s), want)
		s.Source = bridge.NewManifestLister(w.reader, m, nil)
		same(t, changes(t, w.copier(nil), s), want)
	})
}

// TestSyncInRangesOfNothing: an empty source removes nothing, in no range.
func TestSyncInRangesOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "http")
		for _, key := range numbered(20) {
			w.putTarget(t, "q/"+key, "precious")
		}
		_, err := w.copier(nil).Sync(t.Context(), w.sync(func(s *bridge.Sync) { s.Remover, s.Split = w.b.admin, []string{"k005", "k010", "k015"} }), func(e *bridge.Event) error {
			t.Errorf("%s is told of", e.Job.Dst)
			return nil
		})
		if n := len(w.b.s3.Objects(dst("q/"))); !errors.Is(err, bridge.ErrSync) || n != 20 {
			t.Errorf("Sync = %v, %d objects are left", err, n)
		}
	})
}

// ranges lists a source range by range: each as the function for its beginning says.
type ranges map[string]func(ctx context.Context, yield func(bridge.Object, error) bool)

func (r ranges) List(ctx context.Context, _ redferry.URI, after string) iter.Seq2[bridge.Object, error] {
	return func(yield func(bridge.Object, error) bool) { r[after](ctx, yield) }
}

func nothingThere(context.Context, func(bridge.Object, error) bool) {}

// something yields objects and ends.
func something(keys ...string) func(context.Context, func(bridge.Object, error) bool) {
	return func(_ context.Context, yield func(bridge.Object, error) bool) {
		for _, key := range keys {
			if !yield(bridge.Object{URI: src("p/" + key), ETag: `"e"`, Size: 1}, nil) {
				return
			}
		}
	}
}

// endlessly lists nothing until it is stopped.
func endlessly(ctx context.Context, yield func(bridge.Object, error) bool) {
	<-ctx.Done()
	yield(bridge.Object{}, context.Cause(ctx))
}

// TestSyncRemovesWhenItKnows: a range without a source waits with removing until another
// one has found something, and does not remove if none can say.
func TestSyncRemovesWhenItKnows(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name    string
		found   error // what the second range ends with; nil if it finds an object
		removed int
	}{{"found", nil, 5}, {"failed", broken, 0}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "http")
				w.put(t, "p/z", []byte("x"), nil)
				for _, key := range numbered(5) {
					w.putTarget(t, "q/"+key, "x")
				}
				answer := make(chan struct{})
				s := w.sync(func(s *bridge.Sync) {
					s.Remover, s.Split = w.b.admin, []string{"m"}
					s.Source = ranges{"": nothingThere, "p/m": func(ctx context.Context, yield func(bridge.Object, error) bool) {
						<-answer
						if tt.found != nil {
							yield(bridge.Object{}, tt.found)
							return
						}
						something("z")(ctx, yield)
					}}
				})
				ended := make(chan error)
				var summary *bridge.Summary
				go func() {
					var err error
					summary, err = w.copier(nil).Sync(t.Context(), s, func(*bridge.Event) error { return nil })
					ended <- err
				}()
				synctest.Wait()
				if n := len(w.b.s3.Objects(dst("q/k"))); n != 5 {
					t.Errorf("%d objects are left before it is known whether there is a source", n)
				}
				close(answer)
				if err := <-ended; !errors.Is(err, tt.found) || int(summary.Removed) != tt.removed {
					t.Errorf("Sync = %v, %+v", err, summary)
				}
			})
		})
	}
}

// TestSyncInRangesEnds with the error of one range, the end of its context, or when done
// has enough, whatever the other ranges do.
func TestSyncInRangesEnds(t *testing.T) {
	broken, enough := errors.New("broken"), errors.New("enough")
	fail := func(_ context.Context, yield func(bridge.Object, error) bool) { yield(bridge.Object{}, broken) }
	cuts := []string{"g", "m", "t"}
	for _, tt := range []struct {
		name   string
		source ranges
		copies bool // what is listed is copied, not only told
		want   error
	}{
		{"a range fails", ranges{"": endlessly, "p/g": fail, "p/m": endlessly, "p/t": something("x")}, false, broken},
		{"a range fails late", ranges{"": something("a", "b"), "p/g": endlessly, "p/m": func(ctx context.Context, yield func(bridge.Object, error) bool) {
			something("n", "o")(ctx, yield)
			fail(ctx, yield)
		}, "p/t": endlessly}, true, broken},
		{"a range begins too early", ranges{"": something("a"), "p/g": something("b", "h"), "p/m": endlessly, "p/t": endlessly}, false, bridge.ErrOrder},
		{"a range begins with the key before it", ranges{"": something("a"), "p/g": something("g"), "p/m": endlessly, "p/t": endlessly}, false, bridge.ErrOrder},
		{"done has enough", ranges{"": endlessly, "p/g": endlessly, "p/m": endlessly, "p/t": something("x", "y")}, false, enough},
		{"done has enough of copies", ranges{"": endlessly, "p/g": something("h"), "p/m": something("n"), "p/t": something("x")}, true, enough},
		{"the context ends", ranges{"": endlessly, "p/g": endlessly, "p/m": endlessly, "p/t": nothingThere}, false, context.Canceled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "http")
				for _, key := range []string{"a", "b", "h", "n", "o", "x"} {
					w.put(t, "p/"+key, []byte("x"), nil)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				over := false
				s := w.sync(func(s *bridge.Sync) { s.Source, s.Split, s.DryRun = tt.source, cuts, !tt.copies })
				ended := make(chan error)
				go func() {
					_, err := w.copier(nil).Sync(ctx, s, func(*bridge.Event) error {
						if over {
							t.Error("done is called after it had enough")
						}
						if over = errors.Is(tt.want, enough); over {
							return enough
						}
						return nil
					})
					ended <- err
				}()
				if synctest.Wait(); errors.Is(tt.want, context.Canceled) {
					cancel()
				}
				if err := <-ended; !errors.Is(err, tt.want) {
					t.Errorf("Sync = %v, want %v", err, tt.want)
				}
			})
		})
	}
}

// TestSyncInRangesThatAreNotListed: a target or a ledger that does not begin where it is
// told to is noticed as well, and so is a target that fails.
func TestSyncInRangesThatAreNotListed(t *testing.T) {
	keys := newShelf(10, below("p/", numbered(50))...)
	sync := func(target *bridge.Lister, ledger bridge.Ledger) error {
		s := &bridge.Sync{Src: src("p/"), Dst: dst("p/"), Source: keys.lister(), Target: target, Ledger: ledger, DryRun: true, Split: []string{"k010", "k020"}}
		_, err := bridge.New(nil, nil, nil).Sync(t.Context(), s, func(*bridge.Event) error { return nil })
		return err
	}
	var e *bridge.Error
	if err := sync(bridge.NewLister(deaf{keys}, nil), nil); !errors.Is(err, bridge.ErrOrder) || !errors.As(err, &e) || e.Side != bridge.SideTarget {
		t.Errorf("a target that begins with the first key: %v", err)
	}
	ledger := new(bridge.MemLedger)
	for _, key := range numbered(50) {
		check(t, ledger.Record(t.Context(), bridge.Entry{Dst: dst("p/" + key)}))
	}
	if err := sync(nil, fromTheStart{ledger}); !errors.Is(err, bridge.ErrOrder) {
		t.Errorf("a ledger that begins with the first key: %v", err)
	}
}

// TestSyncInRangesSaysWhichSide: what the source of one range met is not said of the
// target of another, whose listing ends for it.
func TestSyncInRangesSaysWhichSide(t *testing.T) {
	for range 20 { // either end of a listing may come first
		synctest.Test(t, func(t *testing.T) {
			source, target := newShelf(10, below("p/", numbered(50))...), newShelf(10)
			target.delay = time.Hour
			s := &bridge.Sync{Src: src("p/"), Dst: dst("q/"), Source: bridge.NewLister(lame{source}, &bridge.Options{Retries: -1}), Target: target.lister(), DryRun: true, Split: []string{"k010"}}
			_, err := bridge.New(nil, nil, nil).Sync(t.Context(), s, func(*bridge.Event) error { return nil })
			var e *bridge.Error
			if !errors.Is(err, errLame) || !errors.As(err, &e) || e.Side != bridge.SideSource || e.Src != src("p/") {
				t.Errorf("got %v, want an error of the source", err)
			}
		})
	}
}

// lame fails where it is not to begin with the first key, after a while.
type lame struct{ *shelf }

var errLame = errors.New("lame")

func (l lame) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, options ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	if in.StartAfter == nil {
		return l.shelf.ListObjectsV2(ctx, in, options...)
	}
	time.Sleep(time.Second)
	return nil, errLame
}

// deaf does not hear where to begin.
type deaf struct{ *shelf }

func (d deaf) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, options ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	heard := *in
	heard.StartAfter = aws.String("")
	return d.shelf.ListObjectsV2(ctx, &heard, options...)
}

type fromTheStart struct{ *bridge.MemLedger }

func (l fromTheStart) List(ctx context.Context, prefix redferry.URI, _ string) iter.Seq2[bridge.Entry, error] {
	return l.MemLedger.List(ctx, prefix, "")
}

// TestSyncRefusesCuts that make no ranges.
func TestSyncRefusesCuts(t *testing.T) {
	for name, cuts := range map[string][]string{
		"an empty one": {""}, "an empty one behind": {"a", ""}, "twice": {"a", "a"}, "descending": {"b", "a"}, "no UTF-8": {"a", "b\xff"},
	} {
		s := &bridge.Sync{Src: src("p/"), Dst: dst("q/"), Source: newShelf(1).lister(), Split: cuts}
		if _, err := bridge.New(nil, nil, nil).Sync(t.Context(), s, func(*bridge.Event) error { return nil }); !errors.Is(err, bridge.ErrSync) {
			t.Errorf("%s: got %v, want ErrSync", name, err)
		}
	}
}
