package stage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/stage"
	"github.com/redferry/redferry/testkit/fakes3"
)

// keys names the objects of a source.
func keys(objects []stage.Object) []string {
	var keys []string
	for _, o := range objects {
		keys = append(keys, fmt.Sprintf("%s %d", o.URI.Key, o.Size))
	}
	return keys
}

func TestCopyPrefix(t *testing.T) {
	w := newWorld(t)
	for _, key := range []string{"run/t/b.parquet", "run/t/a.parquet", "run/t/_SUCCESS", "run/t/.crc", "run/t2/c.parquet"} {
		w.put(key, key)
	}
	tests := []struct {
		name, from, options string
		want                []string
	}{
		{"columnar files, but for hidden ones", "s3://bucket-home/run/t/", "parquet", []string{"run/t/a.parquet 15", "run/t/b.parquet 15"}},
		{"a prefix of names", "s3://bucket-home/run/t2", "parquet", []string{"run/t2/c.parquet 16"}},
		{"nothing is no error with Parquet", "s3://bucket-home/none/", "parquet", nil},
		{"text", "s3://bucket-home/run/t/_", "csv", []string{"run/t/_SUCCESS 14"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			source, err := stage.OpenSource(t.Context(), w, load(t, test.from, w.admin, test.options))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, keys(source.Objects)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	_, err := stage.OpenSource(t.Context(), w, load(t, "s3://bucket-home/none/", w.admin, "csv"))
	wantRefusal(t, err, 8001, "The specified S3 prefix 'none/' does not exist")
}

// entry is one entry of a manifest, about a key of the bucket at home.
func entry(key string, size int, mandatory bool) string {
	return fmt.Sprintf(`{"url":"s3://bucket-home/%s","mandatory":%t,"meta":{"content_length":%d}}`, key, mandatory, size)
}

func TestCopyManifest(t *testing.T) {
	tests := []struct {
		name    string
		entries []string
		options string
		want    []string
		code    int
		message string
	}{
		{"in its own order", []string{entry("b", 2, true), entry("a", 1, true)}, "parquet", []string{"b 2", "a 1"}, 0, ""},
		{"twice is twice", []string{entry("a", 1, true), entry("a", 1, true)}, "parquet", []string{"a 1", "a 1"}, 0, ""},
		{"an empty file", []string{entry("empty", 0, true)}, "parquet", []string{"empty 0"}, 0, ""},
		{"missing and mandatory", []string{entry("a", 1, true), entry("none", 1, true)}, "parquet", nil, 15001, "Spectrum Scan Error: File not found"},
		{"missing and not mandatory", []string{entry("none", 1, false), entry("a", 1, false)}, "parquet", []string{"a 1"}, 0, ""},
		{"a bucket that is not there", []string{`{"url":"s3://bucket-nowhere/a","meta":{"content_length":1}}`}, "parquet", nil, 8001, "Status 404,Error NoSuchBucket"},
		{"nothing left", []string{entry("none", 1, false)}, "parquet", nil, 8001, "No file of the manifest exists"},
		{"two slashes are another key", []string{entry("/a", 1, true)}, "parquet", nil, 15001, "File not found"},
		{"a size too large", []string{entry("a", 9, true)}, "parquet", nil, 15001, "Spectrum Scan Error"},
		{"a size too small", []string{entry("b", 1, true)}, "parquet", nil, 15001, "Spectrum Scan Error"},
		{"sizes do not matter to text", []string{entry("b", 1, true)}, "csv", []string{"b 2"}, 0, ""},
		{"missing text", []string{entry("none", 1, true)}, "csv", nil, 8001, "Status 404,Error NoSuchKey"},
		{"a bucket in another region", []string{`{"url":"s3://bucket-abroad/a","mandatory":true,"meta":{"content_length":1}}`}, "parquet", nil, 8001, "Status 301,Error PermanentRedirect"},
	}
	w := newWorld(t)
	w.put("a", "1")
	w.put("b", "22")
	w.put("empty", "")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w.put("manifest", `{"entries":[`+strings.Join(test.entries, ",")+`]}`)
			source, err := stage.OpenSource(t.Context(), w, load(t, "s3://bucket-home/manifest", w.admin, test.options+" manifest"))
			if test.code != 0 {
				wantRefusal(t, err, test.code, test.message)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, keys(source.Objects)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCopyManifestIsOneObject(t *testing.T) {
	w := newWorld(t)
	w.put("run/manifest", "{}")
	const message = "COPY with MANIFEST parameter requires full path of an S3 object."
	for _, from := range []string{"s3://bucket-home/run/", "s3://bucket-home/run/man", "s3://bucket-home/none"} {
		_, err := stage.OpenSource(t.Context(), w, load(t, from, w.admin, "parquet manifest"))
		wantRefusal(t, err, 8001, message)
	}
	_, err := stage.OpenSource(t.Context(), w, load(t, "s3://bucket-home/run/manifest", w.role("no-get", "s3:ListBucket"), "parquet manifest"))
	wantRefusal(t, err, 8001, message)
	_, err = stage.OpenSource(t.Context(), w, load(t, "s3://bucket-home/run/manifest", w.role("no-list", "s3:GetObject"), "parquet manifest"))
	wantRefusal(t, err, 8001, "S3ServiceException:")
	_, err = stage.OpenSource(t.Context(), w, load(t, "s3://bucket-home/run/manifest", w.admin, "parquet manifest"))
	wantRefusal(t, err, 8001, "Manifest file is not in correct json format")
}

func TestFetch(t *testing.T) {
	w := newWorld(t)
	large := strings.Repeat("0123456789", 100_000)
	w.put("a.parquet", large)
	w.put("b.parquet", "b")
	w.put("manifest", `{"entries":[`+strings.Join([]string{entry("a.parquet", len(large), true), entry("b.parquet", 1, true), entry("a.parquet", len(large), true)}, ",")+`]}`)
	least := w.role("least", "s3:GetObject", "s3:ListBucket")
	source, err := stage.OpenSource(t.Context(), w, load(t, "s3://bucket-home/manifest", least, "parquet manifest"))
	if err != nil {
		t.Fatal(err)
	}
	// The connection of the first download breaks: it is begun anew.
	w.s3[home].Inject(fakes3.Fault{Op: "GetObject", Key: "a.parquet", CutResponse: 5000})
	if err := source.Fetch(t.Context(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if unhit := w.s3[home].Unhit(); len(unhit) > 0 {
		t.Errorf("not hit: %v", unhit)
	}
	for i, want := range []string{large, "b", large} {
		got, err := os.ReadFile(source.Objects[i].Path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("file %d has %d bytes, want %d", i, len(got), len(want))
		}
	}
	if source.Objects[0].Path != source.Objects[2].Path {
		t.Errorf("an object listed twice lies at %s and %s", source.Objects[0].Path, source.Objects[2].Path)
	}
}

func TestRead(t *testing.T) {
	w := newWorld(t)
	large := strings.Repeat("0123456789", 10_000)
	w.put("a.parquet", large)
	w.put("b.parquet", "b")
	w.put("manifest", `{"entries":[`+strings.Join([]string{entry("a.parquet", len(large), true), entry("b.parquet", 1, true), entry("a.parquet", len(large), true)}, ",")+`]}`)
	source, err := stage.OpenSource(t.Context(), w, load(t, "s3://bucket-home/manifest", w.admin, "parquet manifest"))
	if err != nil {
		t.Fatal(err)
	}
	w.s3[home].Inject(fakes3.Fault{Op: "GetObject", Key: "a.parquet", CutResponse: 5000})
	bodies, err := source.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if unhit := w.s3[home].Unhit(); len(unhit) > 0 {
		t.Errorf("not hit: %v", unhit)
	}
	for i, want := range []string{large, "b", large} {
		if string(bodies[i]) != want {
			t.Errorf("file %d has %d bytes, want %d", i, len(bodies[i]), len(want))
		}
	}
	w.s3[home].Inject(fakes3.Fault{Op: "GetObject", Key: "a.parquet", CutResponse: 5000, Times: -1})
	_, err = source.Read(t.Context())
	wantRefusal(t, err, 9001, "S3CurlException")
	w.s3[home].ClearFaults()
	w.put("b.parquet", "longer")
	_, err = source.Read(t.Context())
	wantRefusal(t, err, 9001, "S3CurlException")
}

func TestFetchGivesUp(t *testing.T) {
	w := newWorld(t)
	w.put("t/a", strings.Repeat("0123456789", 10_000))
	source, err := stage.OpenSource(t.Context(), w, load(t, "s3://bucket-home/t/", w.admin, "parquet"))
	if err != nil {
		t.Fatal(err)
	}
	w.s3[home].Inject(fakes3.Fault{Op: "GetObject", Key: "t/a", CutResponse: 5000, Times: -1})
	wantRefusal(t, source.Fetch(t.Context(), t.TempDir()), 9001, "S3CurlException")
	w.s3[home].ClearFaults()
	wantRefusal(t, source.Fetch(t.Context(), t.TempDir()+"/none"), 1016, "no such file")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var refused *fakeredshift.Error
	if err := source.Fetch(ctx, t.TempDir()); !errors.As(err, &refused) || refused.SQLState != "57014" {
		t.Errorf("got %v, want 57014", err)
	}
}

func TestOpenReadsOneObject(t *testing.T) {
	w := newWorld(t)
	w.put("t/a", "content")
	source, err := stage.OpenSource(t.Context(), w, load(t, "s3://bucket-home/t/", w.admin, "parquet"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := source.Open(t.Context(), source.Objects[0])
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); err != nil || string(got) != "content" {
		t.Errorf("got %q, %v", got, err)
	}
}
