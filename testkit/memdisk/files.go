package memdisk

import "github.com/redferry/redferry/internal/atomicfile"

// Files keeps small files in one directory of a disk, with the code that
// pipeline.DirState and bridge.NewDirJournal use on real ones. It is what
// pipeline.FileState and bridge.NewFileJournal take.
type Files struct {
	dir *atomicfile.Dir
}

// Files opens a directory, which it makes if need be, and from which it removes
// what killed processes were still writing an hour ago or earlier.
func (p *Process) Files(dir string) (*Files, error) {
	d, err := atomicfile.Open(seam{p}, dir)
	if err != nil {
		return nil, err
	}
	return &Files{d}, nil
}

// Read returns the content of a file, or an error that wraps fs.ErrNotExist.
func (f *Files) Read(name string) ([]byte, error) { return f.dir.Read(name) }

// Write stores a file in place of the one before, durably when it returns.
func (f *Files) Write(name string, data []byte) error { return f.dir.Write(name, data) }

// Create stores a file that is not there, durably when it returns. If there is one, it
// stays, and the error wraps fs.ErrExist.
func (f *Files) Create(name string, data []byte) error { return f.dir.Create(name, data) }

// Remove removes a file, durably when it returns. That there is none is no error.
func (f *Files) Remove(name string) error { return f.dir.Remove(name) }

// Path is where a file is on the disk.
func (f *Files) Path(name string) string { return f.dir.Path(name) }

// A seam gives a Process the types of package atomicfile.
type seam struct{ *Process }

var _ atomicfile.FS = seam{}

func (s seam) CreateTemp(dir, pattern string) (atomicfile.File, error) {
	f, err := s.Process.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err // not f: a nil *File is not a nil atomicfile.File
	}
	return f, nil
}

func (s seam) ReadDir(dir string) ([]atomicfile.Entry, error) {
	listed, err := s.Process.ReadDir(dir)
	entries := make([]atomicfile.Entry, len(listed))
	for i, l := range listed {
		entries[i] = atomicfile.Entry(l)
	}
	return entries, err
}
