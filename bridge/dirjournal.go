package bridge

import (
	"fmt"

	"github.com/redferry/redferry/internal/atomicfile"
)

// A DirJournal is a [FileJournal] in one directory. A file appears whole or not
// at all, and is on the disk when Save returns, so the journal survives a kill at
// any point.
type DirJournal struct {
	FileJournal
}

var _ Journal = (*DirJournal)(nil)

// NewDirJournal returns the Journal in dir, which it creates if need be, and
// from which it removes what killed runs were still writing.
func NewDirJournal(dir string) (*DirJournal, error) {
	files, err := atomicfile.Open(atomicfile.OS, dir)
	if err != nil {
		return nil, fmt.Errorf("bridge: open journal directory: %w", err)
	}
	return &DirJournal{FileJournal{files}}, nil
}
