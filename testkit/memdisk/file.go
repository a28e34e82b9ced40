package memdisk

import "io/fs"

// A File is one that a [Process] opened for writing. It is not safe for
// concurrent use.
type File struct {
	process *Process
	path    string
	node    *node
	at      int // where the next write goes
	closed  bool
}

// Name is the path of the file when it was opened.
func (f *File) Name() string { return f.path }

// Write appends data to what was written through f.
func (f *File) Write(data []byte) (int, error) {
	err := f.do(Op{Kind: Write, Path: f.path, Size: len(data)}, func() {
		if len(data) > 0 {
			f.node.write(write{at: f.at, data: append([]byte{}, data...)})
			f.at += len(data)
		}
	})
	if err != nil {
		return 0, err
	}
	return len(data), nil
}

// Sync returns when the content of the file survives a loss of power; its name is
// for [Process.SyncDir].
func (f *File) Sync() error {
	return f.do(Op{Kind: Sync, Path: f.path}, f.node.syncContent)
}

// Close ends the use of f. It syncs nothing.
func (f *File) Close() error {
	return f.do(Op{Kind: Close, Path: f.path}, func() { f.closed = true })
}

func (f *File) do(op Op, effect func()) error {
	return f.process.do(op, func() error {
		if f.closed {
			return fs.ErrClosed
		}
		effect()
		return nil
	})
}
