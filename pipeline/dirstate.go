package pipeline

import (
	"fmt"

	"github.com/redferry/redferry/internal/atomicfile"
)

// DirState returns a State that keeps one small JSON file per table in dir,
// which it creates. Files are written aside, synced and renamed, so a crash
// leaves the old record or the new one.
func DirState(dir string) (State, error) {
	files, err := atomicfile.Open(atomicfile.OS, dir)
	if err != nil {
		return nil, fmt.Errorf("pipeline: state: %w", err)
	}
	return FileState(files), nil
}
