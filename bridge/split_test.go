package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/redferry/redferry/bridge"
)

// TestSplit finds keys at which a listing falls into even ranges, with few requests.
func TestSplit(t *testing.T) {
	numbers := func(n int, format string) (keys []string) {
		for i := range n {
			keys = append(keys, fmt.Sprintf(format, i))
		}
		return keys
	}
	for _, tt := range []struct {
		name     string
		keys     []string
		n        int
		most     float64 // how many keys the largest range has, of what would be even
		requests int
	}{
		{"numbers", numbers(10_000, "p/%06d"), 4, 1.3, 30},
		{"more ranges", numbers(10_000, "p/%06d"), 8, 1.3, 150},
		{"a long common beginning", numbers(10_000, "p/a/very/long/name/of/a/folder/that/all/have/in/common/%09d.parquet"), 8, 1.3, 170},
		{"the prefix is a key", append(numbers(10_000, "p/%06d"), "p/"), 4, 1.3, 30},
		{"hexadecimal", numbers(4096, "p/%03x/data"), 8, 1.1, 40},
		{"many ranges", numbers(4096, "p/%03x/data"), 32, 1.2, 400},
		{"folders", slices.Concat(numbers(1000, "p/customers/%04d"), numbers(1000, "p/lines/%04d"), numbers(1000, "p/orders/%04d"), numbers(1000, "p/parts/%04d")), 4, 1.2, 120},
		{"a key alone, and then many", append(numbers(1000, "p/b%03d"), "p/a"), 20, 1.3, 400},
		{"letters that are not ASCII", numbers(2000, "p/ümläut/%04d/\U0001f600"), 4, 1.6, 100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newShelf(1000, tt.keys...)
			cuts := must(s.lister().Split(t.Context(), src("p/"), tt.n))(t)
			requests := s.requests()
			checkCuts(t, cuts, tt.n)
			sizes := make([]int, len(cuts)+1)
			for _, key := range s.keys {
				i, _ := slices.BinarySearch(cuts, strings.TrimPrefix(key, "p/"))
				sizes[i]++
			}
			if most := float64(slices.Max(sizes)) * float64(tt.n) / float64(len(s.keys)); most > tt.most {
				t.Errorf("the largest range is %.2f of what is even: %d at %q", most, sizes, cuts)
			}
			if len(requests) > tt.requests {
				t.Errorf("%d requests, want %d at most", len(requests), tt.requests)
			}
			for _, listed := range requests {
				if len(listed) > 1 {
					t.Errorf("a page of %d keys was asked for", len(listed))
				}
			}
		})
	}
}

// TestSplitExactly: small sets, with the cuts and the number of requests that they take.
func TestSplitExactly(t *testing.T) {
	for _, tt := range []struct {
		name     string
		keys     []string
		n        int
		cuts     []string
		requests int
	}{
		{"nothing", nil, 4, nil, 1},
		{"two halves", []string{"p/a", "p/b", "p/c", "p/d"}, 2, []string{"c"}, 5},
		{"a key that all others begin with", []string{"p/a", "p/a0", "p/a1", "p/a2", "p/a3"}, 2, []string{"a2"}, 7},
		{"one key", []string{"p/a"}, 2, nil, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newShelf(1000, tt.keys...)
			cuts := must(s.lister().Split(t.Context(), src("p/"), tt.n))(t)
			if n := len(s.requests()); !slices.Equal(cuts, tt.cuts) || n != tt.requests {
				t.Errorf("cuts %q with %d requests, want %q with %d", cuts, n, tt.cuts, tt.requests)
			}
		})
	}
}

// TestSplitOfABucket: that there is no key any more is seen where all keys are below the
// prefix, too.
func TestSplitOfABucket(t *testing.T) {
	s := newShelf(1000, "a", "b", "c", "d")
	cuts := must(s.lister().Split(t.Context(), src(""), 2))(t)
	if n := len(s.requests()); !slices.Equal(cuts, []string{"c"}) || n != 5 {
		t.Errorf("cuts %q with %d requests, want c with 5", cuts, n)
	}
}

// checkCuts fails the test unless a Sync takes these cuts.
func checkCuts(t *testing.T, cuts []string, n int) {
	t.Helper()
	if len(cuts) >= max(n, 1) || !slices.IsSorted(cuts) || len(slices.Compact(slices.Clone(cuts))) != len(cuts) || slices.Contains(cuts, "") {
		t.Errorf("%d ranges: the cuts are %q", n, cuts)
	}
	if !slices.ContainsFunc(cuts, func(cut string) bool { return !utf8.ValidString(cut) }) {
		return
	}
	t.Errorf("a cut is no UTF-8: %q", cuts)
}

// TestSplitOfLittle: what cannot be cut is not, and costs little.
func TestSplitOfLittle(t *testing.T) {
	for _, tt := range []struct {
		keys []string
		n    int
		want int // cuts at most
	}{
		{nil, 8, 0},
		{[]string{"o", "q"}, 8, 0},
		{[]string{"p/"}, 8, 0},
		{[]string{"p/a"}, 8, 0},
		{[]string{"p/", "p/a/very/long/key/" + strings.Repeat("x", 900)}, 8, 0},
		{[]string{"p/a", "p/z"}, 8, 1},
		{[]string{"p/a", "p/b", "p/c", "p/z"}, 1, 0},
		{[]string{"p/a", "p/b", "p/c", "p/z"}, 0, 0},
		{[]string{"p/a", "p/b", "p/c", "p/z"}, -1, 0},
	} {
		s := newShelf(1000, tt.keys...)
		cuts := must(s.lister().Split(t.Context(), src("p/"), tt.n))(t)
		if n := len(s.requests()); len(cuts) > tt.want || n > 20 {
			t.Errorf("%.50q into %d ranges: %q with %d requests", tt.keys, tt.n, cuts, n)
		}
	}
}

// oddCharacters are those at the borders of the lengths of UTF-8, of surrogates and of
// all there is.
var oddCharacters = []string{"\x00", "\x01", "/", "0", "9", "a", "b", "~", "\x7f", "\u0080", "ü", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\ufffd", "\uffff", "\U00010000", "\U0010fffe", "\U0010ffff"}

// oddKey is made of few of them, so that many keys begin in the same way.
func oddKey(random *rand.Rand) string {
	var key strings.Builder
	for range 1 + random.IntN(5) {
		key.WriteString(oddCharacters[random.IntN(len(oddCharacters))])
	}
	return key.String()
}

// TestSplitOfOddKeys: whatever the keys are, also where they are no UTF-8, the cuts can
// be used, and the bound on requests holds.
func TestSplitOfOddKeys(t *testing.T) {
	for seed := range uint64(150) {
		random := rand.New(rand.NewPCG(seed, 1))
		var keys []string
		for range random.IntN(300) {
			key := "p/" + oddKey(random)
			if seed%5 == 0 && random.IntN(4) == 0 {
				key += "\xff\xc0"
			}
			keys = append(keys, key)
		}
		s := newShelf(1000, keys...)
		n := 1 + random.IntN(20)
		cuts := must(s.lister().Split(t.Context(), src("p/"), n))(t)
		checkCuts(t, cuts, n)
		if requests := len(s.requests()); requests > 64+32*n {
			t.Errorf("seed %d: %d requests for %d ranges", seed, requests, n)
		}
		if again := must(s.lister().Split(t.Context(), src("p/"), n))(t); !slices.Equal(cuts, again) {
			t.Errorf("seed %d: first %q, then %q", seed, cuts, again)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// TestSplitOfManyCharacters: thousands of characters in one place take more requests
// than there are, and what was found is used.
func TestSplitOfManyCharacters(t *testing.T) {
	var keys []string
	for r := rune(0x4e00); r < 0x4e00+8000; r += 2 {
		keys = append(keys, "p/"+string(r))
	}
	s := newShelf(1000, keys...)
	cuts := must(s.lister().Split(t.Context(), src("p/"), 4))(t)
	checkCuts(t, cuts, 4)
	if n := len(s.requests()); len(cuts) != 3 || n != 64+32*4 {
		t.Errorf("%d requests, and the cuts are %q", n, cuts)
	}
}

// TestSplitOfManyLevels: what one level has cost, the next has not; all branches of one
// get as much.
func TestSplitOfManyLevels(t *testing.T) {
	var keys []string
	for _, name := range []string{"ax", "ay", "az", "bx", "by", "bz"} {
		for r := rune(0x4e00); r < 0x4e00+400; r += 2 {
			keys = append(keys, "p/"+name+string(r))
		}
	}
	s := newShelf(1000, keys...)
	cuts := must(s.lister().Split(t.Context(), src("p/"), 4))(t)
	checkCuts(t, cuts, 4)
	if n := len(s.requests()); len(cuts) != 3 || n > 64+32*4 || n < 64+32*4-6 {
		t.Errorf("%d requests, and the cuts are %q", n, cuts)
	}
}

// TestSplitErrors: what ends a listing ends Split, and a server that does not begin
// where it is told to is noticed.
func TestSplitErrors(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		_, err := bridge.NewLister(w.writer, nil).Split(t.Context(), dst("p/"), 4)
		says(t, err, fs.ErrPermission, []string{"list s3://target/p/", "s3:ListBucket"})
		for i := range 100 {
			w.put(t, fmt.Sprintf("p/%02d", i), nil, nil)
		}
		if cuts, err := bridge.NewLister(w.reader, nil).Split(t.Context(), src("p/"), 5); err != nil || len(cuts) != 4 {
			t.Errorf("the cuts are %q, %v", cuts, err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		enough := errors.New("enough")
		cancel(enough)
		if _, err := bridge.NewLister(w.reader, nil).Split(ctx, src("p/"), 5); !errors.Is(err, context.Canceled) && !errors.Is(err, enough) {
			t.Errorf("with an ended context: %v", err)
		}
	})
	if _, err := bridge.NewLister(pages{"p/a", "p/b", "p/c"}, nil).Split(t.Context(), src("p/"), 4); !errors.Is(err, bridge.ErrOrder) {
		t.Errorf("of a server that always begins with the first key: %v, want ErrOrder", err)
	}
}

// TestSplitListsFaster: where each page takes a tenth of a second, eight ranges take
// much less than one, also with the time that it takes to find them.
func TestSplitListsFaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source, target []string
		for i := range 100_000 {
			source = append(source, fmt.Sprintf("p/orders/%06d.parquet", i))
			target = append(target, fmt.Sprintf("q/orders/%06d.parquet", i))
		}
		from, to := newShelf(1000, source...), newShelf(1000, target...)
		from.delay, to.delay = 100*time.Millisecond, 100*time.Millisecond
		took := make(map[int]time.Duration)
		for _, n := range []int{1, 8} {
			begin := time.Now()
			s := &bridge.Sync{Src: src("p/"), Dst: dst("q/"), Source: from.lister(), Target: to.lister()}
			s.Split = must(from.lister().Split(t.Context(), s.Src, n))(t)
			t.Logf("%d ranges were found in %v", n, time.Since(begin))
			summary := must(bridge.New(nil, nil, nil).Sync(t.Context(), s, func(*bridge.Event) error { return nil }))(t)
			if took[n] = time.Since(begin); summary.Unchanged != 100_000 {
				t.Errorf("%d ranges: %+v", n, summary)
			}
		}
		if took[1] < 10*time.Second || took[8] > took[1]/2 {
			t.Errorf("one range took %v, eight took %v", took[1], took[8])
		}
		t.Logf("one range took %v, eight took %v", took[1], took[8])
	})
}
