package memdisk

import (
	"errors"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrDead is what the operations of a process fail with that was killed, or that
// ran when the power failed.
var ErrDead = errors.New("memdisk: the process is dead")

var errBeside = errors.New("memdisk renames and links files within one directory only")

// A Process uses a [Disk]. Its operations are those of package os; their errors
// are *fs.PathError. It is safe for concurrent use.
type Process struct {
	disk     *Disk
	boundary func(Op) error
	boot     int  // of the disk, when the process started
	dead     bool // guarded by disk.mu
}

// Kill ends the process: its operations have no effect any more. What it did
// stays as it is, in the cache of the kernel: nothing is lost unless the power
// fails later.
func (p *Process) Kill() {
	p.disk.mu.Lock()
	defer p.disk.mu.Unlock()
	p.dead = true
}

// do asks the boundary, and then does op under the lock of the disk.
func (p *Process) do(op Op, effect func() error) error {
	err := p.ask(op)
	if err == nil {
		err = p.take(op, effect)
	}
	if err != nil {
		return &fs.PathError{Op: string(op.Kind), Path: op.Path, Err: err}
	}
	return nil
}

func (p *Process) ask(op Op) error {
	if err := p.alive(); err != nil || p.boundary == nil {
		return err
	}
	return p.boundary(op)
}

func (p *Process) alive() error {
	p.disk.mu.Lock()
	defer p.disk.mu.Unlock()
	return p.check()
}

// check is for callers that hold disk.mu.
func (p *Process) check() error {
	if p.dead || p.boot != p.disk.boots {
		return ErrDead
	}
	return nil
}

func (p *Process) take(op Op, effect func() error) error {
	p.disk.mu.Lock()
	defer p.disk.mu.Unlock()
	if err := p.check(); err != nil {
		return err
	}
	if err := effect(); err != nil {
		return err
	}
	if p.disk.changed != nil && op.Kind.Changes() {
		p.disk.changed(op)
	}
	return nil
}

// dir returns the directory at path.
func (p *Process) dir(at string) (*node, error) {
	n, err := p.disk.find(at)
	if err == nil && !n.isDir() {
		return nil, syscall.ENOTDIR
	}
	return n, err
}

// within returns the directory that the last name of path is in, and that name.
func (p *Process) within(at string) (*node, string, error) {
	above, name := parent(at)
	if name == "" {
		return nil, "", fs.ErrExist // the root
	}
	dir, err := p.dir(above)
	return dir, name, err
}

// Exists reports whether there is a file or a directory at path.
func (p *Process) Exists(at string) (bool, error) {
	found := false
	err := p.do(Op{Kind: Exists, Path: at}, func() error {
		n, err := p.disk.find(at)
		found = n != nil
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	return found, err
}

// Mkdir makes a directory.
func (p *Process) Mkdir(dir string) error {
	return p.do(Op{Kind: Mkdir, Path: dir}, func() error {
		above, name, err := p.within(dir)
		if err != nil {
			return err
		}
		if above.get(name) != nil {
			return fs.ErrExist
		}
		above.set(name, newDir())
		return nil
	})
}

// CreateTemp makes a new file in dir and opens it for writing. Its name is
// pattern with a number for its last asterisk: the disk counts them.
func (p *Process) CreateTemp(dir, pattern string) (*File, error) {
	f := &File{process: p}
	err := p.do(Op{Kind: Create, Path: path.Join(dir, pattern)}, func() error {
		in, err := p.dir(dir)
		if err != nil {
			return err
		}
		p.disk.temps++
		name := strconv.Itoa(p.disk.temps)
		if i := strings.LastIndex(pattern, "*"); i >= 0 {
			name = pattern[:i] + name + pattern[i+1:]
		} else {
			name = pattern + name
		}
		if in.get(name) != nil {
			return fs.ErrExist
		}
		f.path, f.node = path.Join(dir, name), newFile()
		in.set(name, f.node)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Create opens the file at path for writing. It makes the file, or empties it.
func (p *Process) Create(at string) (*File, error) {
	f := &File{process: p, path: at}
	err := p.do(Op{Kind: Create, Path: at}, func() error {
		in, name, err := p.within(at)
		if err != nil {
			return err
		}
		f.node = in.get(name)
		switch {
		case f.node == nil:
			f.node = newFile()
			in.set(name, f.node)
		case f.node.isDir():
			return syscall.EISDIR
		case len(f.node.content) > 0:
			f.node.write(write{})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Rename gives a file another name in its directory, in place of any file of that
// name.
func (p *Process) Rename(from, to string) error {
	return p.do(Op{Kind: Rename, Path: from, To: to}, func() error {
		in, name, err := p.within(from)
		if err != nil {
			return err
		}
		into, newName, err := p.within(to)
		if err != nil {
			return err
		}
		file, replaced := in.get(name), into.get(newName)
		switch {
		case file == nil:
			return fs.ErrNotExist
		case replaced != nil && replaced.isDir():
			return fs.ErrExist
		case in != into || file.isDir():
			return errBeside
		case file == replaced: // also under another name
			return nil
		}
		in.set(newName, file)
		in.set(name, nil)
		return nil
	})
}

// Link gives a file one more name in its directory, if there is no file of that name.
func (p *Process) Link(from, to string) error {
	return p.do(Op{Kind: Link, Path: from, To: to}, func() error {
		in, name, err := p.within(from)
		if err != nil {
			return err
		}
		file := in.get(name)
		if file == nil {
			return fs.ErrNotExist
		}
		into, newName, err := p.within(to)
		switch {
		case err != nil:
			return err
		case into.get(newName) != nil:
			return fs.ErrExist
		case file.isDir():
			return syscall.EPERM
		case in != into:
			return errBeside
		}
		into.set(newName, file)
		return nil
	})
}

// Remove removes a file or an empty directory.
func (p *Process) Remove(at string) error {
	return p.do(Op{Kind: Remove, Path: at}, func() error {
		in, name, err := p.within(at)
		if err != nil {
			return err
		}
		n := in.get(name)
		if n == nil {
			return fs.ErrNotExist
		}
		if n.isDir() && len(n.list()) > 0 {
			return syscall.ENOTEMPTY
		}
		in.set(name, nil)
		return nil
	})
}

// SyncDir returns when the names in dir survive a loss of power.
func (p *Process) SyncDir(dir string) error {
	return p.do(Op{Kind: SyncDir, Path: dir}, func() error {
		n, err := p.dir(dir)
		if err != nil {
			return err
		}
		n.syncNames()
		return nil
	})
}

// ReadFile returns the content of a file.
func (p *Process) ReadFile(at string) ([]byte, error) {
	var content []byte
	err := p.do(Op{Kind: Read, Path: at}, func() error {
		n, err := p.disk.find(at)
		if err != nil {
			return err
		}
		if n.isDir() {
			return syscall.EISDIR
		}
		content = append([]byte{}, n.content...)
		return nil
	})
	return content, err
}

// An Entry is one name in a directory.
type Entry struct {
	Name    string
	ModTime time.Time // of the last write
}

// ReadDir lists a directory, sorted by name.
func (p *Process) ReadDir(dir string) ([]Entry, error) {
	var entries []Entry
	err := p.do(Op{Kind: ReadDir, Path: dir}, func() error {
		n, err := p.dir(dir)
		if err != nil {
			return err
		}
		for _, name := range n.list() {
			entries = append(entries, Entry{Name: name, ModTime: n.get(name).modTime})
		}
		return nil
	})
	return entries, err
}
