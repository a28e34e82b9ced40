// Package pipelinetest proves implementations of pipeline.State.
package pipelinetest

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/pipeline"
)

// TestState checks that the State which open returns keeps the contract. open is
// called once, and then again for a State on the same storage, as the next
// process opens it, when the first is not used any more; one that lives in memory
// returns the same State again.
func TestState(t *testing.T, open func(t *testing.T) pipeline.State) {
	s := open(t)
	want := record()
	if _, err := s.Read(t.Context(), want.Run, want.Table); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read before the first Write: got %v, want fs.ErrNotExist", err)
	}
	for _, step := range []pipeline.Step{pipeline.Define, pipeline.Unload, pipeline.Transfer, pipeline.Load, pipeline.Validate} {
		want.Step = step
		if err := s.Write(t.Context(), want); err != nil {
			t.Fatalf("Write: %v", err)
		}
		check(t, s, want)
	}
	other := record()
	other.Table.Name, other.Manifest.Rows = "other", 4
	if err := s.Write(t.Context(), other); err != nil {
		t.Fatalf("Write of another table: %v", err)
	}
	check(t, s, want)
	again := open(t)
	check(t, again, want)
	if _, err := again.Read(t.Context(), "run-2", want.Table); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read of another run: got %v, want fs.ErrNotExist", err)
	}
}

func check(t *testing.T, s pipeline.State, want *pipeline.Record) {
	t.Helper()
	got, err := s.Read(t.Context(), want.Run, want.Table)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Read gives another record than was written (-want +got):\n%s", diff)
	}
}

// record is one with every field set, and a name that is hard to store.
func record() *pipeline.Record {
	from := redferry.MustParseURI("s3://bucket-a/stage/run-1/x/2-t/")
	return &pipeline.Record{
		Run: "run-1", Table: redferry.Table{Schema: "air", Name: `we/ird "t" ✈`}, Target: redferry.Table{Schema: "air", Name: "t"},
		Begun: true, Attempt: 2, Folder: "2-t", Generation: 7,
		Columns: []redferry.Column{{Name: `a"b\c`, Type: "character varying(10)"}},
		Manifest: &redferry.Manifest{Rows: 3, Entries: []redferry.Entry{
			{URL: from.Join("0000_part_00.parquet"), Size: 10, Rows: 3},
		}},
		Files: []pipeline.File{{
			Source: from.Join("0000_part_00.parquet"), Target: redferry.MustParseURI("s3://bucket-b/x"),
			Size: 10, Level: bridge.Stored, Checksum: "AAAAAAAAAAA=", Parts: 1, Resumed: 1,
		}},
	}
}
