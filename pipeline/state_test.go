package pipeline

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

func record() *Record {
	return &Record{
		Run: "run-1", Table: redferry.Table{Schema: "air", Name: `we/ird "t"`}, Step: Transfer, Attempt: 2, Generation: 7,
		Manifest: &redferry.Manifest{Rows: 3, Entries: []redferry.Entry{{URL: redferry.MustParseURI("s3://bucket-a/x/0000_part_00.parquet"), Size: 10, Rows: 3}}},
		Files: []File{{
			Source: redferry.MustParseURI("s3://bucket-a/x/f"), Target: redferry.MustParseURI("s3://bucket-b/x/f"),
			Size: 10, Level: bridge.Stored, Checksum: "AAAAAAAAAAA=", Parts: 1,
		}},
	}
}

func TestState(t *testing.T) {
	for name, open := range map[string]func(*testing.T) State{
		"memory": func(*testing.T) State { return NewMemState() },
		"directory": func(t *testing.T) State {
			s, err := DirState(filepath.Join(t.TempDir(), "state"))
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	} {
		t.Run(name, func(t *testing.T) { testState(t, open(t)) })
	}
}

func testState(t *testing.T, s State) {
	want := record()
	if _, err := s.Read(t.Context(), want.Run, want.Table); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before the first Write: got %v", err)
	}
	for _, step := range []Step{Unload, Transfer} {
		want.Step = step
		if err := s.Write(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		got, err := s.Read(t.Context(), want.Run, want.Table)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("read back (-want +got):\n%s", diff)
		}
	}
	if _, err := s.Read(t.Context(), "run-2", want.Table); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("another run: got %v", err)
	}
	if _, err := s.Read(t.Context(), want.Run, redferry.Table{Schema: "air", Name: "other"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("another table: got %v", err)
	}
}

func TestDirStateSurvives(t *testing.T) {
	dir := t.TempDir()
	first, err := DirState(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Write(t.Context(), record()); err != nil {
		t.Fatal(err)
	}
	second, err := DirState(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.Read(t.Context(), "run-1", record().Table); err != nil {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".state-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestDirStateTorn: a record that cannot be read is an error that says what to
// do, never an empty record.
func TestDirStateTorn(t *testing.T) {
	dir := t.TempDir()
	s, err := DirState(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), record()); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if err := os.Truncate(files[0], 20); err != nil {
		t.Fatal(err)
	}
	_, err = s.Read(t.Context(), "run-1", record().Table)
	if err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "delete it") {
		t.Errorf("got %v", err)
	}
}

func TestFolder(t *testing.T) {
	a := folder(redferry.Table{Schema: "s", Name: `a/b`})
	b := folder(redferry.Table{Schema: "s", Name: `a"b`})
	if a == b {
		t.Errorf("two tables share the folder %s", a)
	}
	long := folder(redferry.Table{Schema: strings.Repeat("é", 60), Name: strings.Repeat("x", 127)})
	for _, f := range []string{a, b, long} {
		if strings.ContainsAny(f, `/"\ '`) || !strings.HasPrefix(f, "t-") || len(f) > 60 {
			t.Errorf("folder %q", f)
		}
	}
}

func TestStepOrder(t *testing.T) {
	for i, later := range steps {
		for j, earlier := range steps {
			if got, want := later.Reached(earlier), i >= j; got != want {
				t.Errorf("%q reached %q: got %t, want %t", later, earlier, got, want)
			}
		}
	}
}
