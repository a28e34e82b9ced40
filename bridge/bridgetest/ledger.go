package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// TestLedger checks a [bridge.Ledger]. It calls open for a ledger that is empty,
// once per subtest. If reopen is not nil, it must return another view of the same
// ledger, as a later run of the program has it; a ledger that lives no longer than
// its program passes nil.
func TestLedger(t *testing.T, open func(t *testing.T) bridge.Ledger, reopen func(t *testing.T, l bridge.Ledger) bridge.Ledger) {
	t.Run("what is not there", func(t *testing.T) {
		l := open(t)
		unknown(t, l, "k")
		noError(t, l.Forget(t.Context(), dst("k"), dst("l")))
		noError(t, l.Forget(t.Context()))
		noError(t, l.Record(t.Context()))
		listed(t, l, "")
	})
	t.Run("what is recorded is found", func(t *testing.T) {
		l := open(t)
		for _, key := range keys() {
			noError(t, l.Record(t.Context(), entry(key)))
		}
		for _, key := range keys() {
			known(t, l, entry(key))
		}
	})
	t.Run("a later record takes the place of an earlier one", func(t *testing.T) {
		l := open(t)
		e := entry("k")
		noError(t, l.Record(t.Context(), e, entry("l")))
		e.ETag, e.Size, e.Checksum, e.Level = `"new-3"`, 1<<45, "b", bridge.Wire
		e.Src.Bucket, e.Copied = "elsewhere", e.Copied.Add(time.Hour+time.Microsecond)
		noError(t, l.Record(t.Context(), e))
		known(t, l, e)
		known(t, l, entry("l"))
		first, second := entry("twice"), entry("twice")
		second.Size++
		noError(t, l.Record(t.Context(), first, second))
		known(t, l, second)
	})
	t.Run("forget removes what is named", func(t *testing.T) {
		l := open(t)
		noError(t, l.Record(t.Context(), entry("k"), entry("K"), entry("kk"), entry("l")))
		noError(t, l.Forget(t.Context(), dst("k"), dst("none"), dst("l")))
		unknown(t, l, "k")
		unknown(t, l, "l")
		listed(t, l, "", "K", "kk")
	})
	t.Run("a list is in the order of S3", func(t *testing.T) { order(t, open(t)) })
	t.Run("a list begins behind a key", func(t *testing.T) { pages(t, open(t)) })
	t.Run("a list ends when it is left, and with its context", func(t *testing.T) { leave(t, open(t)) })
	t.Run("a list goes on beside changes", func(t *testing.T) { beside(t, open(t)) })
	t.Run("no key begins a line in an error", func(t *testing.T) {
		l := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err := l.Lookup(ctx, dst("k\n"))
		oneLine(t, err)
		for _, err := range l.List(ctx, dst("k\n"), "") {
			oneLine(t, err)
		}
		oneLine(t, l.Record(ctx, entry("k\n")))
		oneLine(t, l.Forget(ctx, dst("k\n")))
	})
	t.Run("it is safe for concurrent use", func(t *testing.T) {
		l := open(t)
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() { busy(t, l, fmt.Sprintf("k%d", i)) })
		}
		group.Wait()
		listed(t, l, "")
	})
	if reopen == nil {
		return
	}
	t.Run("it outlives the program", func(t *testing.T) {
		l := open(t)
		noError(t, l.Record(t.Context(), entry("gone"), entry("kept")))
		noError(t, l.Forget(t.Context(), dst("gone")))
		again := reopen(t, l)
		known(t, again, entry("kept"))
		listed(t, again, "", "kept")
	})
}

// order lists prefixes, among keys whose order people and databases would change.
func order(t *testing.T, l bridge.Ledger) {
	t.Helper()
	sorted := slices.Sorted(slices.Values(append(keys(), "a", "a!", "a/", "a/b/c", "a0", "b", "Z", "_", "\x7f", "\U0010ffff")))
	var entries []bridge.Entry
	for _, key := range slices.Backward(sorted) {
		entries = append(entries, entry(key))
	}
	other := entry("a/b")
	other.Dst.Bucket = "targes"
	noError(t, l.Record(t.Context(), append(entries, other)...))
	listed(t, l, "", sorted...)
	prefixes := []string{"", "a", "a/", "a/b", "k", "long", "none", "\u00fc", "\U0010ffff"}
	for _, prefix := range prefixes {
		below := slices.DeleteFunc(slices.Clone(sorted), func(key string) bool { return !strings.HasPrefix(key, prefix) })
		listed(t, l, prefix, below...)
		// Keys that are there, that are not, before the prefix, behind it, and it itself.
		for _, after := range slices.Concat(sorted, prefixes, []string{"!", "a/b/", "a/c", "b0", "A", "\u00e0", "\u00fc\u00fc", "~"}) {
			behind(t, l, prefix, after, slices.DeleteFunc(slices.Clone(below), func(key string) bool { return key <= after && after != "" })...)
		}
	}
}

// pages lists behind a key that is far from the first, over more than one page.
func pages(t *testing.T, l bridge.Ledger) {
	t.Helper()
	var entries []bridge.Entry
	var want []string
	for i := range 3000 {
		key := fmt.Sprintf("k%04d", i)
		entries = append(entries, entry(key))
		if i > 500 {
			want = append(want, key)
		}
	}
	noError(t, l.Record(t.Context(), entries...))
	behind(t, l, "k", "k0500", want...)
	behind(t, l, "k", "k0500!", want...)
	behind(t, l, "k", "k2999")
}

func leave(t *testing.T, l bridge.Ledger) {
	t.Helper()
	for i := range 5000 / 100 {
		var entries []bridge.Entry
		for j := range 100 {
			entries = append(entries, entry(fmt.Sprintf("k%04d", 100*i+j)))
		}
		noError(t, l.Record(t.Context(), entries...))
	}
	for e, err := range l.List(t.Context(), dst("k"), "") {
		noError(t, err)
		if e.Dst != dst("k0000") {
			t.Errorf("the first is %s", e.Dst)
		}
		break
	}
	reason := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	n := 0
	var last error
	for _, err := range l.List(ctx, dst("k"), "") {
		if n++; n == 10 {
			cancel(reason)
		}
		last = err
	}
	if n >= 5000 || !errors.Is(last, reason) {
		t.Errorf("after the context had ended there were %d entries, and %v", n, last)
	}
	n = 0
	for _, err := range l.List(t.Context(), dst("k"), "") {
		noError(t, err)
		n++
	}
	if n != 5000 {
		t.Errorf("%d entries are listed, want 5000", n)
	}
}

// beside changes what lies before and behind the place where a list is.
func beside(t *testing.T, l bridge.Ledger) {
	t.Helper()
	for i := range 100 {
		noError(t, l.Record(t.Context(), entry(fmt.Sprintf("k%03d", i))))
	}
	var got []string
	for e, err := range l.List(t.Context(), dst("k"), "") {
		noError(t, err)
		got = append(got, e.Dst.Key)
		noError(t, l.Forget(t.Context(), e.Dst))
		noError(t, l.Record(t.Context(), entry("j"+e.Dst.Key)))
	}
	if len(got) != 100 || !slices.IsSorted(got) {
		t.Errorf("%d are listed, want 100 in order: %q", len(got), got)
	}
	listed(t, l, "k")
}

func busy(t *testing.T, l bridge.Ledger, key string) {
	t.Helper()
	for range 20 {
		noError(t, l.Record(t.Context(), entry(key), entry(key+"b")))
		known(t, l, entry(key))
		listed(t, l, key, key, key+"b")
		noError(t, l.Forget(t.Context(), dst(key), dst(key+"b")))
		unknown(t, l, key)
	}
}

func dst(key string) redferry.URI { return redferry.URI{Bucket: "target", Key: key} }

func entry(key string) bridge.Entry {
	return bridge.Entry{
		Dst: dst(key), Target: `"` + key + `"`, Src: redferry.URI{Bucket: "source", Key: key}, ETag: `"` + key + `-2"`, Size: int64(len(key)),
		Checksum: "AAAAAAAAAAA=", Level: bridge.Stored, Copied: time.Date(2026, 11, 21, 10, 30, 0, 123_456_000, time.UTC),
	}
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func known(t *testing.T, l bridge.Ledger, want bridge.Entry) {
	t.Helper()
	got, ok, err := l.Lookup(t.Context(), want.Dst)
	if diff := cmp.Diff(want, got); err != nil || !ok || diff != "" {
		t.Errorf("%s: %v, %v (-want +got):\n%s", want.Dst, ok, err, diff)
	}
}

func unknown(t *testing.T, l bridge.Ledger, key string) {
	t.Helper()
	if got, ok, err := l.Lookup(t.Context(), dst(key)); ok || err != nil {
		t.Errorf("%s: %+v, %v, %v; want none", key, got, ok, err)
	}
}

// listed checks that exactly these keys are listed below prefix, with all that
// their entries say.
func listed(t *testing.T, l bridge.Ledger, prefix string, want ...string) {
	t.Helper()
	behind(t, l, prefix, "", want...)
}

// behind checks the same of what is listed behind a key.
func behind(t *testing.T, l bridge.Ledger, prefix, after string, want ...string) {
	t.Helper()
	got, err := collect(l.List(t.Context(), dst(prefix), after))
	if err != nil {
		t.Errorf("list %q behind %q: %v", prefix, after, err)
	}
	var entries []bridge.Entry
	for _, key := range want {
		entries = append(entries, entry(key))
	}
	if diff := cmp.Diff(entries, got); diff != "" {
		t.Errorf("list %q behind %q (-want +got):\n%s", prefix, after, diff)
	}
}

func collect(entries iter.Seq2[bridge.Entry, error]) (list []bridge.Entry, err error) {
	for e, err := range entries {
		if err != nil {
			return list, err
		}
		list = append(list, e)
	}
	return list, nil
}
