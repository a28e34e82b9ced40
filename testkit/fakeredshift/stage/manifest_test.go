package stage

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

var twoFiles = []written{
	{uri: redferry.URI{Bucket: "bucket-a", Key: "t/0000_part_00.parquet"}, size: 100, rows: 3},
	{uri: redferry.URI{Bucket: "bucket-a", Key: "t/0001_part_00.parquet"}, size: 50, rows: 1},
}

func column(t *testing.T, name, text string) fakeredshift.Column {
	t.Helper()
	typ, err := rsql.ParseType(text)
	if err != nil {
		t.Fatal(err)
	}
	return fakeredshift.Column{Name: name, Type: typ}
}

func TestRenderManifest(t *testing.T) {
	columns := []fakeredshift.Column{column(t, "id", "int"), column(t, `a"b`, "varchar(25)"), column(t, "price", "numeric(12,2)")}
	tests := []struct {
		name string
		cmd  rsql.Unload
		want string
	}{
		{"text", rsql.Unload{Manifest: true}, `{
  "entries": [
    {
      "url": "s3://bucket-a/t/0000_part_00.parquet"
    },
    {
      "url": "s3://bucket-a/t/0001_part_00.parquet"
    }
  ]
}
`},
		{"parquet", rsql.Unload{Manifest: true, Format: rsql.Parquet}, `{
  "entries": [
    {
      "url": "s3://bucket-a/t/0000_part_00.parquet",
      "meta": {
        "content_length": 100
      }
    },
    {
      "url": "s3://bucket-a/t/0001_part_00.parquet",
      "meta": {
        "content_length": 50
      }
    }
  ]
}
`},
		{"verbose", rsql.Unload{Manifest: true, Verbose: true}, `{
  "entries": [
    {
      "url": "s3://bucket-a/t/0000_part_00.parquet",
      "meta": {
        "content_length": 100,
        "record_count": 3
      }
    },
    {
      "url": "s3://bucket-a/t/0001_part_00.parquet",
      "meta": {
        "content_length": 50,
        "record_count": 1
      }
    }
  ],
  "schema": {
    "elements": [
      {
        "name": "id",
        "type": {
          "base": "integer"
        }
      },
      {
        "name": "a\"b",
        "type": {
          "base": "character varying",
          "max_length": 25
        }
      },
      {
        "name": "price",
        "type": {
          "base": "numeric",
          "precision": 12,
          "scale": 2
        }
      }
    ]
  },
  "meta": {
    "content_length": 150,
    "record_count": 4
  },
  "author": {
    "name": "Amazon Redshift",
    "version": "1.0.0"
  }
}
`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := renderManifest(&test.cmd, twoFiles, columns)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if _, err := redferry.ParseManifest([]byte(got)); err != nil {
				t.Errorf("ParseManifest: %v", err)
			}
		})
	}
}

func TestParseManifest(t *testing.T) {
	const entry = `{"url":"s3://bucket-b/x","mandatory":true,"meta":{"content_length":7,"record_count":1}}`
	tests := []struct {
		name, text string
		columnar   bool
		want       []listed
		code       int
		message    string
	}{
		{
			"Parquet", `{"entries":[` + entry + `],"author":{}}`, true,
			[]listed{{uri: redferry.URI{Bucket: "bucket-b", Key: "x"}, mandatory: true, size: 7}},
			0, "",
		},
		{
			"text asks for no size", `{"entries":[{"url":"s3://bucket-b/x"}]}`, false,
			[]listed{{uri: redferry.URI{Bucket: "bucket-b", Key: "x"}, size: -1}},
			0, "",
		},
		{"no meta", `{"entries":[{"url":"s3://bucket-b/x"}]}`, true, nil, 15003, "File entry does not have 'meta' key."},
		{"no content_length", `{"entries":[{"url":"s3://bucket-b/x","meta":{}}]}`, true, nil, 15003, "'content_length'"},
		{"no url", `{"entries":[{"meta":{"content_length":7}}]}`, true, nil, 15003, "'url'"},
		{"a url that is none", `{"entries":[{"url":"/tmp/x","meta":{"content_length":7}}]}`, true, nil, 8001, "/tmp/x"},
		{"no JSON", `s3://bucket-b/x`, true, nil, 8001, "not in correct json format"},
		{"a Parquet file", "PAR1\x00\x01", true, nil, 8001, "not in correct json format"},
		{"no entries", `{}`, true, nil, 8001, "not in correct json format"},
		{"two documents", `{"entries":[` + entry + `]}{}`, true, nil, 8001, "not in correct json format"},
		{"an empty file", ``, true, nil, 8001, "not in correct json format"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseManifest([]byte(test.text), redferry.URI{Bucket: "bucket-b", Key: "manifest"}, test.columnar)
			var refused *fakeredshift.Error
			if errors.As(err, &refused) != (test.code != 0) {
				t.Fatalf("got %v, %v", got, err)
			}
			if refused != nil && (refused.Code != test.code || refused.SQLState != "XX000" || !strings.Contains(refused.Message, test.message)) {
				t.Errorf("got %s %d %s, want %d %q", refused.SQLState, refused.Code, refused.Message, test.code, test.message)
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(listed{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzParseManifest(f *testing.F) {
	for _, text := range []string{
		`{"entries":[{"url":"s3://bucket-b/x","mandatory":true,"meta":{"content_length":7}}]}`, `{"entries":null}`, `[]`,
		`{"entries":[{"url":5}]}`, `{"entries":[{"url":"s3://bucket-b/x","meta":{"content_length":1e3}}]}`,
	} {
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, columnar bool) {
		files, err := parseManifest([]byte(text), redferry.URI{Bucket: "bucket-b", Key: "manifest"}, columnar)
		var refused *fakeredshift.Error
		if err != nil && (!errors.As(err, &refused) || refused.Code == 0 || files != nil) {
			t.Fatalf("got %v, %#v", files, err)
		}
		for _, file := range files {
			if again, err := redferry.ParseURI(file.uri.String()); err != nil || again != file.uri {
				t.Fatalf("%q is read as %q, %v", file.uri, again, err)
			}
		}
	})
}

func TestFileName(t *testing.T) {
	tests := []struct {
		name        string
		cmd         rsql.Unload
		slice, part int
		want        string
	}{
		{"Parquet", rsql.Unload{Format: rsql.Parquet}, 64, 1, "0064_part_01.parquet"},
		{"Parquet, not parallel", rsql.Unload{Format: rsql.Parquet, Single: true}, 0, 12, "012.parquet"},
		{"text", rsql.Unload{}, 3, 0, "0003_part_00"},
		{"gzip", rsql.Unload{Compression: "gzip"}, 3, 0, "0003_part_00.gz"},
		{"zstd", rsql.Unload{Compression: "zstd"}, 3, 0, "0003_part_00.zst"},
		{"bzip2", rsql.Unload{Format: rsql.CSV, Compression: "bzip2", Single: true}, 3, 0, "000.bz2"},
		{"an extension", rsql.Unload{Compression: "gzip", Extension: "csv.gz"}, 0, 100, "0000_part_100.csv.gz"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := fileName(&test.cmd, test.slice, test.part); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestLocalExtension(t *testing.T) {
	for key, want := range map[string]string{"a/b.parquet": ".parquet", "a.x/b": "", "b.": "", "b.c d": "", "x.csv.GZ": ".GZ", "b.é": ""} {
		if got := localExtension(key); got != want {
			t.Errorf("localExtension(%q) = %q, want %q", key, got, want)
		}
	}
}

func ExampleFailure() {
	err := Failure(15007, "Spectrum Scan Error", "Unmatched number of columns between table and file. Table columns: 20, Data columns: 16")
	fmt.Println(err.SQLState, err.Code, err.Message)
	fmt.Println(err.Detail)
	// Output:
	// XX000 15007 Spectrum Scan Error
	//
	//   -----------------------------------------------
	//   error:  Spectrum Scan Error
	//   code:      15007
	//   context:   Unmatched number of columns between table and file. Table columns: 20, Data columns: 16
	//   query:     0
	//   -----------------------------------------------
}
