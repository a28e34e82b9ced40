package pipeline_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/pipeline/pipelinetest"
	"github.com/redferry/redferry/testkit/memdisk"
)

func TestState(t *testing.T) {
	memory := pipeline.NewMemState()
	dir := filepath.Join(t.TempDir(), "state")
	disk := new(memdisk.Disk)
	for name, open := range map[string]func(*testing.T) pipeline.State{
		"memory":         func(*testing.T) pipeline.State { return memory },
		"directory":      func(t *testing.T) pipeline.State { return dirState(t, dir) },
		"simulated disk": func(t *testing.T) pipeline.State { return rebooted(t, disk) },
	} {
		t.Run(name, func(t *testing.T) { pipelinetest.TestState(t, open) })
	}
}

// rebooted returns the state on a disk, after what was not synced was lost.
func rebooted(t *testing.T, disk *memdisk.Disk) pipeline.State {
	t.Helper()
	disk.Crash(func(n int) int { return n - 1 })
	files, err := disk.Start(nil).Files("state")
	if err != nil {
		t.Fatal(err)
	}
	return pipeline.FileState(files)
}

func dirState(t *testing.T, dir string) pipeline.State {
	t.Helper()
	s, err := pipeline.DirState(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var table = redferry.Table{Schema: "air", Name: "flights"}

// TestDirStateTorn: a record that cannot be read is an error that says what to
// do, never an empty record.
func TestDirStateTorn(t *testing.T) {
	dir := t.TempDir()
	s := dirState(t, dir)
	if err := s.Write(t.Context(), &pipeline.Record{Run: "run-1", Table: table}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if err := os.Truncate(files[0], 20); err != nil {
		t.Fatal(err)
	}
	_, err = s.Read(t.Context(), "run-1", table)
	if err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "delete it") {
		t.Errorf("got %v", err)
	}
}
