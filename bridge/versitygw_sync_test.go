package bridge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/bridge"
)

// sync is a Sync of p/ to q/ of a writer that cannot list, with a ledger instead.
func (g *gateways) sync(l bridge.Ledger) *bridge.Sync {
	return &bridge.Sync{Dst: g.dst("q/"), Src: g.src("p/"), Source: bridge.NewLister(g.reader, nil), Ledger: l}
}

func (g *gateways) remove(t *testing.T, key string) {
	t.Helper()
	_ = must(g.A.admin.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &g.A.bucket, Key: &key}))(t)
}

// TestVersitygwSync: with a key that can only write, the ledger knows what is there, in
// parts or not, and from which version.
func TestVersitygwSync(t *testing.T) {
	g, ledger := versitygw(t), new(bridge.MemLedger)
	large := random(smallest + 1)
	g.put(t, "p/large", large, nil)
	g.put(t, "p/a/deep/small", random(10), nil)
	g.put(t, "p/gone", random(10), nil)
	g.put(t, "beside", random(10), nil)
	c := g.copier(nil)
	same(t, changes(t, c, g.sync(ledger)), map[string]bridge.Change{"large": bridge.Added, "a/deep/small": bridge.Added, "gone": bridge.Added})
	g.holds(t, "q/large", large)
	g.put(t, "p/a/deep/small", []byte("0123456789"), nil)
	g.remove(t, "p/gone")
	same(t, changes(t, c, g.sync(ledger)), map[string]bridge.Change{"large": bridge.Unchanged, "a/deep/small": bridge.Changed, "gone": bridge.Extra})
	g.holds(t, "q/a/deep/small", []byte("0123456789"))
	same(t, changes(t, c, g.sync(ledger)), map[string]bridge.Change{"large": bridge.Unchanged, "a/deep/small": bridge.Unchanged, "gone": bridge.Extra})

	listed := g.sync(ledger)
	listed.Target, listed.Remover = bridge.NewLister(g.B.admin, nil), g.B.admin
	same(t, changes(t, c, listed), map[string]bridge.Change{"large": bridge.Unchanged, "a/deep/small": bridge.Unchanged, "gone": bridge.Extra})
	g.holds(t, "q/gone", nil)
}

// TestVersitygwPages: a prefix of more objects than a page of a listing has.
func TestVersitygwPages(t *testing.T) {
	const n = 1005
	g, ledger := versitygw(t), new(bridge.MemLedger)
	want := make(map[string]bridge.Change)
	for i := range n {
		key := fmt.Sprintf("%04d", i)
		g.put(t, "p/"+key, []byte(key), nil)
		want[key] = bridge.Added
	}
	c := g.copier(func(o *bridge.Options) { o.Concurrency = 8 })
	same(t, changes(t, c, g.sync(ledger)), want)
	for key := range want {
		want[key] = bridge.Unchanged
	}
	listed := g.sync(ledger)
	listed.Target = bridge.NewLister(g.B.admin, nil)
	same(t, changes(t, c, listed), want)
}

// TestVersitygwKeys copies objects whose keys have all that has to be escaped in a URL,
// in XML or in a signature, and some whose order is not that of their directories.
// versitygw v1.8.0 keeps objects as files, where AWS has keys: k and k/l exclude each
// other, a part of a key has 255 bytes at most, k/ holds nothing, and what it is asked
// to write as a//b or ./a it writes as a/b or a. It lists plain keys when it is asked for
// escaped ones, so that a key with what XML cannot carry is listed as another one.
func TestVersitygwKeys(t *testing.T) {
	g := versitygw(t)
	keys := []string{
		"plain", "with space", "plus+plus", "per%cent", "per%20cent", "a&b<c>\"d'", "ümlaut/日本語/🛶", "semi;colon=x,y", "q?u#e@r:y", "back\\slash", "tilde~(x)!*$",
		"dir-a", "dir.b", "dir/c", "dir0", "dir/c.d/e", " leading", "trailing ", "[x]{y}|^`z", "marker/", "line=1/part=%2F/0000_part_00.parquet",
	}
	want := make(map[string]bridge.Change)
	for i, key := range keys {
		size := 100 + i
		switch {
		case strings.HasSuffix(key, "/"):
			size = 0
		case i%7 == 2:
			size += smallest
		}
		g.put(t, "p/"+key, random(size), nil)
		want[key] = bridge.Added
	}
	var listed []string
	for object, err := range bridge.NewLister(g.reader, nil).List(t.Context(), g.src("p/"), "") {
		check(t, err)
		listed = append(listed, strings.TrimPrefix(object.URI.Key, "p/"))
	}
	if slices.Sort(keys); !slices.Equal(listed, keys) {
		t.Errorf("listed are %q, want %q", listed, keys)
	}
	ledger := new(bridge.MemLedger)
	same(t, changes(t, g.copier(nil), g.sync(ledger)), want)
	for key := range want {
		want[key] = bridge.Unchanged
	}
	found := must(bridge.NewLister(g.reader, nil).Split(t.Context(), g.src("p/"), 5))(t)
	if len(found) != 4 {
		t.Errorf("the cuts are %q", found)
	}
	for _, cuts := range [][]string{found, keys} {
		s := g.sync(ledger)
		s.Target, s.Split = bridge.NewLister(g.B.admin, nil), cuts
		same(t, changes(t, g.copier(nil), s), want)
	}
	for _, key := range keys {
		from, to := g.A.metadataOf(t, "p/"+key), g.B.metadataOf(t, "q/"+key)
		if aws.ToString(from.ChecksumCRC64NVME) != aws.ToString(to.ChecksumCRC64NVME) || aws.ToInt64(from.ContentLength) != aws.ToInt64(to.ContentLength) {
			t.Errorf("%q did not arrive as it is", key)
		}
	}
}
