package bridge_test

import (
	"path"
	"strings"
	"testing"

	"github.com/redferry/redferry/bridge"
)

func TestFilter(t *testing.T) {
	for _, tt := range []struct {
		include, exclude []string
		takes, leaves    string // keys, separated by spaces
	}{
		{nil, nil, "a a/b .hidden \n", ""},
		{[]string{"*.parquet"}, nil, "x.parquet a/b/x.parquet .parquet a/.parquet", "x.parquet.gz xparquet parquet/x"},
		{[]string{"/*.parquet"}, nil, "x.parquet", "a/x.parquet"},
		{[]string{"/2026/**"}, nil, "2026/x 2026/a/b 2026/", "2026 a/2026/x 20266/x"},
		{[]string{"b/c"}, nil, "b/c a/b/c", "ab/c b/cc b/c/d"},
		{[]string{"a?c"}, nil, "abc aéc x/abc", "a/c ac abbc"},
		{[]string{"/a/**/z"}, nil, "a/b/z a/b/c/z a//z", "a/z b/a/b/z"},
		{[]string{"[a-c]1", `[^a-c]2`, `\*`, `[\]]8`, `[a\-c]3`}, nil, "a1 c1 d2 [2 ^2 * ]8 a3 -3 c3", "d1 a2 ** 8 b3"},
		{[]string{"a.b", "x+y", "(z)"}, nil, "a.b x+y (z)", "axb xxy z"},
		{nil, []string{"*.tmp", "/logs/**"}, "a.parquet a/logs/x logs", "x.tmp a/x.tmp logs/x logs/a/b"},
		{[]string{"*.csv"}, []string{"bad*"}, "good.csv", "bad.csv good.tsv x/bad.csv"},
	} {
		f, err := bridge.NewFilter(tt.include, tt.exclude)
		if err != nil {
			t.Errorf("%q, %q: %v", tt.include, tt.exclude, err)
			continue
		}
		for key := range strings.FieldsFuncSeq(tt.takes, func(r rune) bool { return r == ' ' }) {
			if !f.Takes(key) {
				t.Errorf("include %q, exclude %q: %q is left", tt.include, tt.exclude, key)
			}
		}
		for _, key := range strings.Fields(tt.leaves) {
			if f.Takes(key) {
				t.Errorf("include %q, exclude %q: %q is taken", tt.include, tt.exclude, key)
			}
		}
	}
	if none := (*bridge.Filter)(nil); !none.Takes("x") {
		t.Error("no filter leaves something")
	}
}

func TestFilterRefuses(t *testing.T) {
	for _, pattern := range []string{"", "/", "[", "[a", "[]", `a\`, "[z-", "[-"} {
		if _, err := bridge.NewFilter(nil, []string{pattern}); err == nil || !strings.Contains(err.Error(), "bridge: pattern ") {
			t.Errorf("%q: got %v, want it refused", pattern, err)
		}
	}
}

// FuzzFilter: without ** a pattern that begins with a slash means what package
// path says that it means.
func FuzzFilter(f *testing.F) {
	f.Add("a*[b-d]?", "aabx")
	f.Add(`[^\]]x\*`, "ax*")
	f.Add("[a-]", "-")
	f.Fuzz(func(t *testing.T, pattern, key string) {
		filter, err := bridge.NewFilter([]string{"/" + pattern}, nil)
		if err != nil || strings.Contains(pattern, "**") || strings.ToValidUTF8(key+pattern, "") != key+pattern {
			return
		}
		want, err := path.Match(pattern, key)
		if got := filter.Takes(key); err == nil && got != want {
			t.Errorf("%q and %q: got %v, package path says %v", pattern, key, got, want)
		}
	})
}
