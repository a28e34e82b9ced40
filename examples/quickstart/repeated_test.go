package main

import (
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakes3"
)

const (
	folderX   = "stage/run/x/1/"
	createX   = `CREATE TABLE "s"."x" (a int)`
	manifestX = "stage/run/x/1.manifest"
)

// put is a part that bucket B took; part 0 is a whole object.
func put(key string, part int) fakes3.Request {
	r := fakes3.Request{Op: "UploadPart", Bucket: "bucket-b", Key: key, Part: part, Status: 200, Received: 100}
	if part == 0 {
		r.Op = "PutObject"
	}
	return r
}

// lost is a request that had no answer.
func lost(r fakes3.Request) fakes3.Request {
	r.Status, r.Received = 0, 40
	return r
}

// compare holds two runs against each other for table x, of which both sides have
// 10 rows.
func compare(first, second evidence) *comparison {
	all := append(first.a[:len(first.a):len(first.a)], second.a...)
	there := moved(prefixes(all), redferry.MustParseURI("s3://bucket-a/stage/"), redferry.MustParseURI("s3://bucket-b/stage/"))
	return &comparison{table: x, first: first.summarize(there).of(x), second: second.summarize(there).of(x), rowsA: 10, rowsB: 10}
}

// firstX has all but the load, of one file two parts of three.
func firstX() evidence {
	return evidence{
		a: []fakeredshift.Query{ran(unloadX)},
		b: []fakeredshift.Query{ran(createX)},
		requests: []fakes3.Request{
			put(folderX+"0.parquet", 0),
			{Op: "CreateMultipartUpload", Key: folderX + "1.parquet", Status: 200},
			put(folderX+"1.parquet", 1), put(folderX+"1.parquet", 2), lost(put(folderX+"1.parquet", 3)),
		},
	}
}

// secondX has the rest.
func secondX() evidence {
	return evidence{
		b:        []fakeredshift.Query{ran("BEGIN"), ran(copyX), ran("COMMIT")},
		requests: []fakes3.Request{{Op: "ListParts", Key: folderX + "1.parquet", Status: 200}, put(folderX+"1.parquet", 3), put(manifestX, 0)},
	}
}

func TestNothingRepeated(t *testing.T) {
	c := compare(firstX(), secondX())
	if err := c.check(); err != nil {
		t.Error(err)
	}
	parts, bytes := c.first.total()
	if parts != 3 || bytes != 300 {
		t.Errorf("the first run: %d parts, %d bytes", parts, bytes)
	}
	if parts, bytes = c.second.total(); parts != 1 || bytes != 100 {
		t.Errorf("the second run: %d parts, %d bytes", parts, bytes)
	}
	var s savings
	if s.add(c); s != (savings{creates: 1, unloads: 1, parts: 3, bytes: 300}) {
		t.Errorf("savings %+v", s)
	}
}

// TestRepeated has the second run do one thing that it must not do.
func TestRepeated(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(first, second *evidence)
		says   string
	}{
		{"an UNLOAD", func(_, second *evidence) { second.a = append(second.a, ran(unloadX)) }, "repeated UNLOAD"},
		{"an UNLOAD that fails", func(_, second *evidence) {
			q := ran(unloadX)
			q.Status = fakeredshift.QueryFailed
			second.a = append(second.a, q)
		}, "repeated UNLOAD"},
		{"a table", func(_, second *evidence) { second.b = append(second.b, ran(createX)) }, "repeated CREATE TABLE"},
		{"a load", func(first, _ *evidence) { first.b = append(first.b, ran("BEGIN"), ran(copyX), ran("COMMIT")) }, "repeated COPY"},
		{"a load within a run", func(_, second *evidence) { second.b = append(second.b, ran(copyX)) }, "loaded 2 times"},
		{"no load", func(_, second *evidence) { second.b = nil }, "loaded 0 times"},
		{"a whole file", func(_, second *evidence) {
			second.requests = append(second.requests, put(folderX+"0.parquet", 0))
		}, "part 0 of stage/run/x/1/0.parquet was acknowledged, and sent again"},
		{"a part", func(_, second *evidence) {
			second.requests = append(second.requests, put(folderX+"1.parquet", 2))
		}, "part 2 of stage/run/x/1/1.parquet was acknowledged, and sent again"},
		{"a part in vain", func(_, second *evidence) {
			second.requests = append(second.requests, lost(put(folderX+"1.parquet", 1)))
		}, "part 1 of stage/run/x/1/1.parquet was acknowledged, and sent again"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			first, second := firstX(), secondX()
			tt.change(&first, &second)
			err := compare(first, second).check()
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want an error that says %q", err, tt.says)
			}
		})
	}
}

func TestRowsDiffer(t *testing.T) {
	c := compare(firstX(), secondX())
	c.rowsB = 20
	if err := c.check(); err == nil || !strings.Contains(err.Error(), "A has 10 rows, B has 20") {
		t.Errorf("got %v", err)
	}
}

// TestRolledBackLoadMayBeRepeated: what left nothing was not finished.
func TestRolledBackLoadMayBeRepeated(t *testing.T) {
	first := firstX()
	first.b = append(first.b, ran("BEGIN"), ran(copyX))
	if err := compare(first, secondX()).check(); err != nil {
		t.Error(err)
	}
}

// TestManifestWrittenAgain is told, and no error.
func TestManifestWrittenAgain(t *testing.T) {
	first := firstX()
	first.requests = append(first.requests, put(manifestX, 0))
	c := compare(first, secondX())
	var s savings
	if s.add(c); s.manifests != 1 || c.check() != nil {
		t.Errorf("%+v, %v", s, c.check())
	}
}
