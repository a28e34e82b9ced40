package stage_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/stage"
)

func file(slice, part int, content string) stage.File {
	return stage.File{Slice: slice, Part: part, Body: strings.NewReader(content), Rows: 1}
}

// put runs an UNLOAD that writes files, to its end.
func (w *world) unload(to string, options string, files ...stage.File) error {
	w.t.Helper()
	ctx := w.t.Context()
	d, err := stage.OpenDestination(ctx, w, unload(w.t, to, w.admin, options))
	if err != nil {
		return err
	}
	for _, f := range files {
		if _, err := d.Put(ctx, f); err != nil {
			return err
		}
	}
	return d.Finish(ctx, nil)
}

func TestUnloadWrites(t *testing.T) {
	tests := []struct {
		name, to, options string
		files             []stage.File
		want              []string
	}{
		{
			"a file per slice", "s3://bucket-home/run/t_", "parquet",
			[]stage.File{file(0, 0, "x"), file(3, 1, "y")},
			[]string{"run/t_0000_part_00.parquet", "run/t_0003_part_01.parquet"},
		},
		{
			"the manifest beside them", "s3://bucket-home/run/t/", "parquet manifest",
			[]stage.File{file(0, 0, "x")},
			[]string{"run/t/0000_part_00.parquet", "run/t/manifest"},
		},
		{
			"one after the other", "s3://bucket-home/run/t/", "csv parallel off gzip manifest verbose",
			[]stage.File{file(0, 0, "x"), file(0, 1, "y")},
			[]string{"run/t/000.gz", "run/t/001.gz", "run/t/manifest"},
		},
		{"no rows, no manifest", "s3://bucket-home/run/t/", "parquet manifest verbose", nil, nil},
		{
			"partitions get a slash", "s3://bucket-home/run", "parquet partition by (year) manifest",
			[]stage.File{{Partition: "year=2001/", Body: strings.NewReader("x")}, {Partition: "year=__HIVE_DEFAULT_PARTITION__/", Body: strings.NewReader("y")}},
			[]string{"run/manifest", "run/year=2001/0000_part_00.parquet", "run/year=__HIVE_DEFAULT_PARTITION__/0000_part_00.parquet"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			if err := w.unload(test.to, test.options, test.files...); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, slices.Sorted(maps.Keys(w.contents()))); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnloadManifest(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	d, err := stage.OpenDestination(ctx, w, unload(t, "s3://bucket-home/t/", w.admin, "csv header manifest verbose"))
	if err != nil {
		t.Fatal(err)
	}
	for i, content := range []string{"a,b\n1,2\n", "a,b\n3,4\n5,6\n"} {
		if _, err := d.Put(ctx, stage.File{Slice: i, Body: strings.NewReader(content), Rows: int64(i + 1)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Finish(ctx, []fakeredshift.Column{{Name: "a", Type: fakeredshift.Type{OID: 23, Modifier: -1}}}); err != nil {
		t.Fatal(err)
	}
	if d.Rows() != 3 {
		t.Errorf("Rows() = %d, want 3: pg_last_unload_count() counts no header", d.Rows())
	}
	got, err := redferry.ParseManifest([]byte(w.contents()["t/manifest"]))
	if err != nil {
		t.Fatal(err)
	}
	want := &redferry.Manifest{
		Entries: []redferry.Entry{
			{URL: redferry.MustParseURI("s3://bucket-home/t/0000_part_00"), Size: 8, Rows: 2},
			{URL: redferry.MustParseURI("s3://bucket-home/t/0001_part_00"), Size: 12, Rows: 3},
		},
		Columns: []redferry.Column{{Name: "a", Type: "integer"}},
		Rows:    5,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("HEADER lines count in the manifest (-want +got):\n%s", diff)
	}
}

func TestUnloadNotEmpty(t *testing.T) {
	tests := []struct {
		name, have, to, options string
		refused                 bool
	}{
		{"the same prefix", "run/t/x", "s3://bucket-home/run/t/", "", true},
		{"a prefix above", "run/t/x", "s3://bucket-home/run/", "", true},
		{"the whole bucket", "run/t/x", "s3://bucket-home/", "", true},
		{"t1 and t10", "run/t10/x", "s3://bucket-home/run/t1", "", true},
		{"t1/ and t10", "run/t10/x", "s3://bucket-home/run/t1/", "", false},
		{"a prefix below", "run/x", "s3://bucket-home/run/t/", "", false},
		{"ALLOWOVERWRITE", "run/t/x", "s3://bucket-home/run/t/", "allowoverwrite", false},
		{"CLEANPATH", "run/t/x", "s3://bucket-home/run/t/", "cleanpath", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.put(test.have, "old")
			err := w.unload(test.to, "parquet "+test.options)
			if test.refused {
				wantRefusal(t, err, 8001, "Specified unload destination on S3 is not empty")
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAllowOverwriteLeavesStaleFiles(t *testing.T) {
	w := newWorld(t)
	w.put("t/0000_part_00.parquet", "old")
	w.put("t/0001_part_00.parquet", "stale")
	if err := w.unload("s3://bucket-home/t/", "parquet allowoverwrite", file(0, 0, "new")); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"t/0000_part_00.parquet": "new", "t/0001_part_00.parquet": "stale"}
	if diff := cmp.Diff(want, w.contents()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCleanPath(t *testing.T) {
	w := newWorld(t)
	for _, key := range []string{"t/stale", "t/year=1/stale", "t/year=2/stale", "u"} {
		w.put(key, "old")
	}
	partitioned := stage.File{Partition: "year=1/", Body: strings.NewReader("new")}
	second := stage.File{Partition: "year=1/", Part: 1, Body: strings.NewReader("new, too")}
	if err := w.unload("s3://bucket-home/t", "parquet partition by (year) cleanpath", partitioned, second); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"t/stale": "old", "t/year=1/0000_part_00.parquet": "new", "t/year=1/0000_part_01.parquet": "new, too",
		"t/year=2/stale": "old", "u": "old",
	}
	if diff := cmp.Diff(want, w.contents()); diff != "" {
		t.Errorf("only partitions that are written are cleaned (-want +got):\n%s", diff)
	}
	if err := w.unload("s3://bucket-home/t/", "parquet cleanpath", file(0, 0, "all new")); err != nil {
		t.Fatal(err)
	}
	want = map[string]string{"t/0000_part_00.parquet": "all new", "u": "old"}
	if diff := cmp.Diff(want, w.contents()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUnloadNeedsRights(t *testing.T) {
	w := newWorld(t)
	w.put("t/stale", "old")
	least := w.role("least", "s3:GetObject", "s3:ListBucket", "s3:PutObject")
	ctx := t.Context()

	_, err := stage.OpenDestination(ctx, w, unload(t, "s3://bucket-home/u/", w.role("no-list", "s3:PutObject"), ""))
	wantRefusal(t, err, 8001, "S3ServiceException:")
	wantRefusal(t, err, 8001, ",Status 403,Error AccessDenied,Rid ")
	wantRefusal(t, err, 8001, ",ExtRid ")
	_, err = stage.OpenDestination(ctx, w, unload(t, "s3://bucket-home/t/", least, "cleanpath"))
	wantRefusal(t, err, 8001, "Error AccessDenied")

	d, err := stage.OpenDestination(ctx, w, unload(t, "s3://bucket-home/u/", w.role("no-put", "s3:ListBucket"), ""))
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Put(ctx, file(0, 0, "x"))
	wantRefusal(t, err, 8001, "Status 403,Error AccessDenied")

	d, err = stage.OpenDestination(ctx, w, unload(t, "s3://bucket-home/u/", least, "manifest"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Put(ctx, file(0, 0, "x")); err != nil {
		t.Fatal(err)
	}
	if err := d.Finish(ctx, nil); err != nil {
		t.Fatal(err)
	}
}

func TestUnloadRole(t *testing.T) {
	w := newWorld(t)
	cmd := unload(t, "s3://bucket-home/u/", w.admin, "")
	cmd.Roles = []string{"arn:aws:iam::111111111111:role/other"}
	_, err := stage.OpenDestination(t.Context(), w, cmd)
	wantRefusal(t, err, 30000, "not authorized to assume IAM Role")
	for _, roles := range [][]string{{"SESSION"}, {w.admin.ARN(), w.admin.ARN()}} {
		cmd.Roles = roles
		_, err = stage.OpenDestination(t.Context(), w, cmd)
		var refused *fakeredshift.Error
		if !errors.As(err, &refused) || refused.SQLState != "0A000" {
			t.Errorf("%v: got %v, want 0A000", roles, err)
		}
	}
}

func TestUnloadBuckets(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	_, err := stage.OpenDestination(ctx, w, unload(t, "s3://bucket-abroad/t/", w.admin, ""))
	wantRefusal(t, err, 8001, "must be addressed using the specified endpoint")
	wantRefusal(t, err, 8001, "Status 301,Error PermanentRedirect")
	d, err := stage.OpenDestination(ctx, w, unload(t, "s3://bucket-abroad/t/", w.admin, "region '"+abroad+"'"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Put(ctx, file(0, 0, "x")); err != nil {
		t.Fatal(err)
	}
	_, err = stage.OpenDestination(ctx, w, unload(t, "s3://bucket-nowhere/t/", w.admin, ""))
	wantRefusal(t, err, 8001, "Status 404,Error NoSuchBucket")
}

func TestUnloadCancelled(t *testing.T) {
	w := newWorld(t)
	d, err := stage.OpenDestination(t.Context(), w, unload(t, "s3://bucket-home/u/", w.admin, ""))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = d.Put(ctx, file(0, 0, "x"))
	var refused *fakeredshift.Error
	if !errors.As(err, &refused) || refused.SQLState != "57014" {
		t.Errorf("got %v, want 57014", err)
	}
}

// TestBubble holds that nothing blocks virtual time.
func TestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		if err := w.unload("s3://bucket-home/t/", "parquet manifest verbose", file(0, 0, "x"), file(1, 0, "y")); err != nil {
			t.Fatal(err)
		}
		source, err := stage.OpenSource(t.Context(), w, load(t, "s3://bucket-home/t/manifest", w.admin, "parquet manifest"))
		if err != nil {
			t.Fatal(err)
		}
		if err := source.Fetch(t.Context(), t.TempDir()); err != nil {
			t.Fatal(err)
		}
		if len(source.Objects) != 2 {
			t.Errorf("got %v", source.Objects)
		}
	})
}
