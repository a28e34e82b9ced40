package redferry_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
)

func TestParseURI(t *testing.T) {
	tests := []struct {
		name, text string
		want       redferry.URI
	}{
		{"object", "s3://stage/run/1/a.parquet", redferry.URI{Bucket: "stage", Key: "run/1/a.parquet"}},
		{"bucket alone", "s3://stage", redferry.URI{Bucket: "stage"}},
		{"bucket and slash", "s3://stage/", redferry.URI{Bucket: "stage"}},
		{"prefix", "s3://stage/run/", redferry.URI{Bucket: "stage", Key: "run/"}},
		{"nothing is an escape", "s3://stage/a%20b?c#d//e", redferry.URI{Bucket: "stage", Key: "a%20b?c#d//e"}},
		{"leading slash in a key", "s3://stage//a", redferry.URI{Bucket: "stage", Key: "/a"}},
		{"dots in a bucket", "s3://a.b-c.d/k", redferry.URI{Bucket: "a.b-c.d", Key: "k"}},
		{"longest bucket", "s3://" + strings.Repeat("b", 63) + "/k", redferry.URI{Bucket: strings.Repeat("b", 63), Key: "k"}},
		{"longest key", "s3://stage/" + strings.Repeat("k", 1024), redferry.URI{Bucket: "stage", Key: strings.Repeat("k", 1024)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := redferry.ParseURI(test.text)
			if err != nil || got != test.want {
				t.Errorf("ParseURI(%q) = %+v, %v, want %+v", test.text, got, err, test.want)
			}
		})
	}
}

func TestParseURIRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", "does not begin with s3://"},
		{"path", "/stage/key", "does not begin with s3://"},
		{"web address", "https://stage.s3.amazonaws.com/key", "does not begin with s3://"},
		{"upper-case scheme", "S3://stage/key", "does not begin with s3://"},
		{"no bucket", "s3:///key", "3 to 63 characters"},
		{"short bucket", "s3://ab/key", "3 to 63 characters"},
		{"long bucket", "s3://" + strings.Repeat("b", 64) + "/key", "3 to 63 characters"},
		{"upper-case bucket", "s3://Stage/key", "lower-case letters"},
		{"underscore", "s3://my_stage/key", "lower-case letters"},
		{"hyphen in front", "s3://-stage/key", "begins and ends"},
		{"dot at the end", "s3://stage./key", "begins and ends"},
		{"two dots", "s3://my..stage/key", "no two dots"},
		{"long key", "s3://stage/" + strings.Repeat("k", 1025), "1025 bytes, the limit is 1024"},
		{"not UTF-8", "s3://stage/\xff", "no valid UTF-8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := redferry.ParseURI(test.text)
			if !errors.Is(err, redferry.ErrURI) || !strings.Contains(err.Error(), test.want) || got != (redferry.URI{}) {
				t.Errorf("ParseURI(%q) = %v, %v, want ErrURI and %q", test.text, got, err, test.want)
			}
		})
	}
}

func TestURIString(t *testing.T) {
	tests := []struct {
		uri      redferry.URI
		want     string
		isPrefix bool
	}{
		{redferry.URI{}, "", true},
		{redferry.URI{Bucket: "stage"}, "s3://stage/", true},
		{redferry.URI{Bucket: "stage", Key: "run/"}, "s3://stage/run/", true},
		{redferry.URI{Bucket: "stage", Key: "run"}, "s3://stage/run", false},
	}
	for _, test := range tests {
		if got := test.uri.String(); got != test.want {
			t.Errorf("String of %+v = %q, want %q", test.uri, got, test.want)
		}
		if got := test.uri.IsPrefix(); got != test.isPrefix {
			t.Errorf("IsPrefix of %+v = %t, want %t", test.uri, got, test.isPrefix)
		}
	}
}

func TestURIJoin(t *testing.T) {
	tests := []struct {
		name, start string
		elem        []string
		want        string
	}{
		{"nothing", "s3://stage/run", nil, "s3://stage/run"},
		{"onto a bucket", "s3://stage", []string{"run", "1"}, "s3://stage/run/1"},
		{"onto a prefix", "s3://stage/run/", []string{"1"}, "s3://stage/run/1"},
		{"onto an object", "s3://stage/run", []string{"1/"}, "s3://stage/run/1/"},
		{"cleans nothing away", "s3://stage/run/", []string{"../a", "//b"}, "s3://stage/run/../a///b"},
		{"an empty element ends in a slash", "s3://stage/run", []string{""}, "s3://stage/run/"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := redferry.MustParseURI(test.start).Join(test.elem...); got.String() != test.want {
				t.Errorf("Join = %s, want %s", got, test.want)
			}
		})
	}
}

func TestURIRebase(t *testing.T) {
	tests := []struct{ name, uri, from, to, want string }{
		{"to another bucket", "s3://bucket-a/run/1/f", "s3://bucket-a/run/", "s3://bucket-b/in/", "s3://bucket-b/in/1/f"},
		{"whole bucket", "s3://bucket-a/run/1/f", "s3://bucket-a", "s3://bucket-b", "s3://bucket-b/run/1/f"},
		{"to gets its slash", "s3://bucket-a/run/f", "s3://bucket-a/run/", "s3://bucket-b/in", "s3://bucket-b/in/f"},
		{"one object", "s3://bucket-a/run/f", "s3://bucket-a/run/f", "s3://bucket-b/in/g", "s3://bucket-b/in/g"},
		{"the prefix itself", "s3://bucket-a/run/", "s3://bucket-a/run/", "s3://bucket-b/in/", "s3://bucket-b/in/"},
		{"other bucket", "s3://bucket-a2/run/f", "s3://bucket-a/run/", "s3://bucket-b/", ""},
		{"outside", "s3://bucket-a/other/f", "s3://bucket-a/run/", "s3://bucket-b/", ""},
		{"beside the prefix", "s3://bucket-a/run", "s3://bucket-a/run/", "s3://bucket-b/", ""},
		{"longer name", "s3://bucket-a/run2/f", "s3://bucket-a/run", "s3://bucket-b/in", ""},
		{"under an object", "s3://bucket-a/run/f", "s3://bucket-a/run", "s3://bucket-b/in", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok := redferry.MustParseURI(test.uri).Rebase(redferry.MustParseURI(test.from), redferry.MustParseURI(test.to))
			if got.String() != test.want || ok != (test.want != "") {
				t.Errorf("Rebase = %q, %t, want %q", got, ok, test.want)
			}
		})
	}
}

func TestURIText(t *testing.T) {
	type config struct {
		Stage, None redferry.URI
		ByURI       map[redferry.URI]int
	}
	want := config{
		Stage: redferry.URI{Bucket: "stage", Key: "a <&> b"},
		ByURI: map[redferry.URI]int{{Bucket: "stage", Key: "k"}: 1},
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got config
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s reads as (-want +got):\n%s", text, diff)
	}
	if err := json.Unmarshal([]byte(`{"Stage": "stage/k"}`), &got); !errors.Is(err, redferry.ErrURI) {
		t.Errorf("error = %v, want ErrURI", err)
	}
}

func TestMustParseURIPanics(t *testing.T) {
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, redferry.ErrURI) {
			t.Errorf("panic = %v, want ErrURI", err)
		}
	}()
	redferry.MustParseURI("stage")
}

// What parses is written as it was read, but for the slash after a bucket, and a
// move there and back is no move.
func FuzzParseURI(f *testing.F) {
	for _, s := range []string{"s3://stage", "s3://stage/", "s3://stage/run/1/a%20b", "s3://stage//", "s3://a.b/\x00é", "s3:///k", "https://stage/k"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := redferry.ParseURI(text)
		if err != nil {
			if !errors.Is(err, redferry.ErrURI) || u != (redferry.URI{}) {
				t.Errorf("ParseURI(%q) = %v, %v, want ErrURI", text, u, err)
			}
			return
		}
		if s := u.String(); s != text && s != text+"/" {
			t.Errorf("%q is written as %q", text, s)
		}
		from, to := redferry.URI{Bucket: u.Bucket}, redferry.URI{Bucket: "other", Key: "in/"}
		moved, ok := u.Rebase(from, to)
		back, okBack := moved.Rebase(to, from)
		if !ok || !okBack || back != u {
			t.Errorf("%s moved to %s and back to %s", u, moved, back)
		}
	})
}

// TestCompare: by bucket, then by key, byte by byte.
func TestCompare(t *testing.T) {
	sorted := []redferry.URI{{}, {Bucket: "a", Key: "z"}, {Bucket: "b"}, {Bucket: "b", Key: "A"}, {Bucket: "b", Key: "a!"}, {Bucket: "b", Key: "a/"}, {Bucket: "b", Key: "a0"}, {Bucket: "b", Key: "\u00fc"}, {Bucket: "b", Key: "\U0010ffff"}}
	for i, u := range sorted {
		for j, v := range sorted {
			if got, want := u.Compare(v), min(max(i-j, -1), 1); got != want {
				t.Errorf("%v to %v: got %d, want %d", u, v, got, want)
			}
		}
	}
}
