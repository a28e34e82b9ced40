package redferry_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
)

// verbose is a manifest in the form that UNLOAD writes with MANIFEST VERBOSE.
const verbose = `{
	"entries": [
		{"url": "s3://bucket-a/run/0000_part_00.parquet", "meta": {"content_length": 100, "record_count": 7}},
		{"url": "s3://bucket-a/run/0001_part_00.parquet", "meta": {"content_length": 50, "record_count": 3}}
	],
	"schema": {"elements": [
		{"name": "code", "type": {"base": "character varying", "max_length": 3}},
		{"name": "price", "type": {"base": "numeric", "precision": 12, "scale": 2}},
		{"name": "day", "type": {"base": "date"}}
	]},
	"meta": {"content_length": 150, "record_count": 10},
	"author": {"name": "Amazon Redshift", "version": "1.0.0"}
}`

func uri(s string) redferry.URI { return redferry.MustParseURI(s) }

func wantVerbose() *redferry.Manifest {
	return &redferry.Manifest{
		Entries: []redferry.Entry{
			{URL: uri("s3://bucket-a/run/0000_part_00.parquet"), Size: 100, Rows: 7},
			{URL: uri("s3://bucket-a/run/0001_part_00.parquet"), Size: 50, Rows: 3},
		},
		Columns: []redferry.Column{
			{Name: "code", Type: "character varying", Dimensions: map[string]int64{"max_length": 3}},
			{Name: "price", Type: "numeric", Dimensions: map[string]int64{"precision": 12, "scale": 2}},
			{Name: "day", Type: "date"},
		},
		Rows: 10,
	}
}

func TestParseManifest(t *testing.T) {
	file := redferry.Entry{URL: uri("s3://bucket-a/f"), Size: -1, Rows: -1}
	sized := redferry.Entry{URL: uri("s3://bucket-a/f"), Size: 5, Rows: 2, Mandatory: true}
	other := redferry.Entry{URL: uri("s3://bucket-a/g"), Size: 5, Rows: -1}
	tests := []struct {
		name, text string
		want       *redferry.Manifest
		size       int64
	}{
		{"verbose", verbose, wantVerbose(), 150},
		{"plain", `{"entries": [{"url": "s3://bucket-a/f"}]}`, &redferry.Manifest{Entries: []redferry.Entry{file}, Rows: -1}, -1},
		{
			"no totals", `{"entries": [{"url": "s3://bucket-a/f", "mandatory": true, "meta": {"content_length": 5, "record_count": 2}}]}`,
			&redferry.Manifest{Entries: []redferry.Entry{sized}, Rows: 2}, 5,
		},
		{
			"total without parts", `{"entries": [{"url": "s3://bucket-a/f"}], "meta": {"record_count": 9}}`,
			&redferry.Manifest{Entries: []redferry.Entry{file}, Rows: 9}, -1,
		},
		{"one count unknown", `{"entries": [{"url": "s3://bucket-a/f", "mandatory": true, "meta": {"content_length": 5, "record_count": 2}},
			{"url": "s3://bucket-a/g", "meta": {"content_length": 5}}]}`, &redferry.Manifest{Entries: []redferry.Entry{sized, other}, Rows: -1}, 10},
		{"empty", `{"entries": []}`, &redferry.Manifest{}, 0},
		{
			"numbers that are no dimension", `{"entries": [], "schema": {"elements": [{"name": "a", "type": {"base": "t", "x": 1.5, "y": 1e300, "z": [1]}}]}}`,
			&redferry.Manifest{Columns: []redferry.Column{{Name: "a", Type: "t"}}}, 0,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := redferry.ParseManifest([]byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("manifest (-want +got):\n%s", diff)
			}
			if got.Size() != test.size {
				t.Errorf("Size = %d, want %d", got.Size(), test.size)
			}
		})
	}
}

func TestParseManifestRefuses(t *testing.T) {
	const f = `{"url": "s3://bucket-a/f", "meta": {"content_length": 5, "record_count": 2}}`
	tests := []struct{ name, text, want string }{
		{"empty", ``, "EOF"},
		{"no JSON", `<Error/>`, "invalid character"},
		{"null", `null`, "it has no entries"},
		{"no entries", `{}`, "it has no entries"},
		{"other key", `{"entires": [` + f + `]}`, "it has no entries"},
		{"cut off", `{"entries": [` + f, "unexpected EOF"},
		{"two manifests", `{"entries": []} {"entries": []}`, "something follows"},
		{"no URL", `{"entries": [{"mandatory": true}]}`, "entry 0 names no file"},
		{"prefix", `{"entries": [{"url": "s3://bucket-a/run/"}]}`, "entry 0 names no file"},
		{"web address", `{"entries": [{"url": "https://bucket-a/f"}]}`, "does not begin with s3://"},
		{"twice", `{"entries": [` + f + `, ` + f + `]}`, "stands in it twice"},
		{"negative", `{"entries": [{"url": "s3://bucket-a/f", "meta": {"content_length": -5}}]}`, "negative"},
		{"size is text", `{"entries": [{"url": "s3://bucket-a/f", "meta": {"content_length": "5"}}]}`, "cannot unmarshal"},
		{"bytes do not add up", `{"entries": [` + f + `], "meta": {"content_length": 6}}`, "it says 6 bytes in all, its files say 5"},
		{"rows do not add up", `{"entries": [` + f + `], "meta": {"record_count": 3}}`, "it says 3 rows in all, its files say 2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := redferry.ParseManifest([]byte(test.text))
			if !errors.Is(err, redferry.ErrManifest) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want ErrManifest and %q", err, test.want)
			}
		})
	}
}

func TestManifestRebase(t *testing.T) {
	m := wantVerbose()
	moved, err := m.Rebase(uri("s3://bucket-a/run/"), uri("s3://bucket-b/in/"))
	if err != nil {
		t.Fatal(err)
	}
	want := wantVerbose()
	want.Entries[0].URL, want.Entries[0].Mandatory = uri("s3://bucket-b/in/0000_part_00.parquet"), true
	want.Entries[1].URL, want.Entries[1].Mandatory = uri("s3://bucket-b/in/0001_part_00.parquet"), true
	if diff := cmp.Diff(want, moved); diff != "" {
		t.Errorf("moved manifest (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantVerbose(), m); diff != "" {
		t.Errorf("Rebase changed what it moved:\n%s", diff)
	}
	m.Entries[1].URL = uri("s3://bucket-a/other/f")
	if moved, err := m.Rebase(uri("s3://bucket-a/run/"), uri("s3://bucket-b/in/")); !errors.Is(err, redferry.ErrManifest) || moved != nil {
		t.Errorf("Rebase of an entry outside = %v, %v, want ErrManifest", moved, err)
	}
}

// COPY of Parquet refuses a file without content_length, and skips a missing one
// that is not mandatory.
func TestManifestForCopy(t *testing.T) {
	m := &redferry.Manifest{Entries: []redferry.Entry{{URL: uri("s3://bucket-b/f"), Size: 0, Rows: -1, Mandatory: true}}, Rows: -1}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"entries":[{"url":"s3://bucket-b/f","mandatory":true,"meta":{"content_length":0}}],"meta":{"content_length":0}}`
	if string(text) != want {
		t.Errorf("JSON = %s, want %s", text, want)
	}
}

func TestManifestUnmarshal(t *testing.T) {
	var got struct{ Manifest *redferry.Manifest }
	if err := json.Unmarshal([]byte(`{"Manifest": `+verbose+`}`), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantVerbose(), got.Manifest); diff != "" {
		t.Errorf("manifest (-want +got):\n%s", diff)
	}
	if err := json.Unmarshal([]byte(`{"Manifest": {}}`), &got); !errors.Is(err, redferry.ErrManifest) {
		t.Errorf("error = %v, want ErrManifest", err)
	}
}

// A manifest that parses is written so that it reads back the same, names each
// file once, and has the sums of its entries.
func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(verbose))
	f.Add([]byte(`{"entries": []}`))
	f.Add([]byte(`{"entries": [{"url": "s3://bucket-a/f", "mandatory": true, "meta": {"content_length": 9223372036854775807}}]}`))
	f.Add([]byte(`{"entries": [{"url": "s3://bucket-a/f"}], "meta": {"record_count": 9}, "schema": {"elements": [{"type": {"base": 7}}]}}`))
	f.Add([]byte(`{"entries": [{"url": "s3://bucket-a/f"}, {"url": "s3://bucket-a/f"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := redferry.ParseManifest(data)
		if err != nil {
			if !errors.Is(err, redferry.ErrManifest) {
				t.Errorf("error %v does not wrap ErrManifest", err)
			}
			return
		}
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		again, err := redferry.ParseManifest(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(m, again); diff != "" {
			t.Errorf("%s reads as (-want +got):\n%s", text, diff)
		}
		seen := make(map[redferry.URI]bool)
		for _, e := range m.Entries {
			if seen[e.URL] || e.URL.IsPrefix() || e.Size < -1 || e.Rows < -1 {
				t.Errorf("entry %+v was taken", e)
			}
			seen[e.URL] = true
		}
	})
}

func BenchmarkParseManifest(b *testing.B) {
	b.SetBytes(int64(len(verbose)))
	for b.Loop() {
		if _, err := redferry.ParseManifest([]byte(verbose)); err != nil {
			b.Fatal(err)
		}
	}
}
