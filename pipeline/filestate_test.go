package pipeline_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/pipeline"
)

// sameFile keeps one file, whatever its name.
type sameFile struct {
	data []byte
	err  error
}

func (f *sameFile) Read(string) ([]byte, error) { return f.data, f.err }

func (f *sameFile) Write(_ string, data []byte) error {
	f.data = data
	return f.err
}

// TestFileStateOfAnother: a file that came to the wrong place is not believed.
func TestFileStateOfAnother(t *testing.T) {
	one, other := redferry.Table{Schema: "s", Name: "one"}, redferry.Table{Schema: "s", Name: "other"}
	s := pipeline.FileState(new(sameFile))
	if err := s.Write(t.Context(), &pipeline.Record{Run: "run-1", Table: one}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		run   string
		table redferry.Table
		right bool
	}{{"run-1", one, true}, {"run-2", one, false}, {"run-1", other, false}, {"run-2", other, false}} {
		record, err := s.Read(t.Context(), tt.run, tt.table)
		if (err == nil) != tt.right || errors.Is(err, fs.ErrNotExist) || !tt.right && !strings.Contains(err.Error(), "is of run run-1") {
			t.Errorf("run %s, table %s: got %v, %v", tt.run, tt.table, record, err)
		}
	}
}

// TestFileStateFails as its files do.
func TestFileStateFails(t *testing.T) {
	s := pipeline.FileState(&sameFile{err: errBroken})
	if _, err := s.Read(t.Context(), "run-1", table); !errors.Is(err, errBroken) {
		t.Errorf("Read = %v", err)
	}
	if err := s.Write(t.Context(), &pipeline.Record{Run: "run-1", Table: table}); !errors.Is(err, errBroken) {
		t.Errorf("Write = %v", err)
	}
}
