package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/fakes3/internal/blob"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

const bucket = "bucket-a"

func newStore() *store.Store {
	s := store.New(1, "seed")
	s.CreateBucket(store.Bucket{Name: bucket, Owner: "111111111111"})
	return s
}

func empty(t testing.TB) *blob.Blob {
	t.Helper()
	w, err := blob.Memory{}.Create()
	if err != nil {
		t.Fatal(err)
	}
	b, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t testing.TB, s *store.Store, key string) {
	t.Helper()
	if err := s.Put(bucket, &store.Object{Key: key, ETag: `"x"`, Content: empty(t)}, store.Condition{}); err != nil {
		t.Fatal(err)
	}
}

// all returns the entries of all pages in the order of a listing.
func all(t testing.TB, s *store.Store, q store.Query) []string {
	t.Helper()
	var found []string
	for {
		page, err := s.List(bucket, q)
		if err != nil {
			t.Fatal(err)
		}
		entries := slices.Clone(page.Prefixes)
		for _, o := range page.Objects {
			entries = append(entries, o.Key)
		}
		slices.Sort(entries)
		found = append(found, entries...)
		if !page.Truncated {
			return found
		}
		q.After = page.Next
	}
}

// naive lists by looking at each key.
func naive(keys []string, prefix, delimiter string) []string {
	var found []string
	for _, key := range keys {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok {
			continue
		}
		if at := strings.Index(rest, delimiter); delimiter != "" && at >= 0 {
			key = prefix + rest[:at+len(delimiter)]
		}
		found = append(found, key)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// Any row of writes and deletions lists as a set would, in pages of any size.
func FuzzList(f *testing.F) {
	f.Add("a a/b a/c b -a/b c/d", "", "/", 1)
	f.Add("2024/a 2024/b 2025/a/b 2025/a/c top", "2025/", "/", 2)
	f.Add("x -x x xx xxx", "x", "", 3)
	f.Add("a//b a/ a", "a", "//", 1)
	f.Fuzz(func(t *testing.T, writes, prefix, delimiter string, size int) {
		s := newStore()
		there := make(map[string]bool)
		for i, key := range strings.Fields(writes) {
			if gone, ok := strings.CutPrefix(key, "-"); ok {
				if err := s.Delete(bucket, gone, store.Condition{}); err != nil {
					t.Fatal(err)
				}
				delete(there, gone)
			} else {
				put(t, s, key)
				there[key] = true
			}
			if i%3 == 0 { // a listing in between settles the index
				all(t, s, store.Query{Max: 1000})
			}
		}
		var keys []string
		for key := range there {
			keys = append(keys, key)
		}
		delimiter = strings.ToValidUTF8(delimiter, "")
		got := all(t, s, store.Query{Prefix: prefix, Delimiter: delimiter, Max: max(size, 1)})
		if diff := cmp.Diff(naive(keys, prefix, delimiter), got); diff != "" {
			t.Errorf("keys %q, prefix %q, delimiter %q (-want +got):\n%s", keys, prefix, delimiter, diff)
		}
	})
}

func BenchmarkListHundredThousandKeys(b *testing.B) {
	s := newStore()
	for i := range 100_000 {
		put(b, s, fmt.Sprintf("run/%06d_part_00", i*7919%100_000))
	}
	b.ReportAllocs()
	for b.Loop() {
		if n := len(all(b, s, store.Query{Max: 1000})); n != 100_000 {
			b.Fatalf("got %d keys", n)
		}
	}
}
