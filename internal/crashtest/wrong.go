package crashtest

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/redferry/redferry/testkit/memdisk"
)

// A bug is a way to keep files that crashes break.
type bug struct {
	name     string
	removing bool // seen only by those who remove
	creating bool // seen only by those who create
	rare     bool // seen only after an operation failed
}

var (
	noSync       = bug{name: "content not synced"}
	syncLate     = bug{name: "renamed before synced"}
	syncDeaf     = bug{name: "error of sync ignored", rare: true}
	inPlace      = bug{name: "written in place"}
	removeFirst  = bug{name: "old file removed first"}
	noDirSync    = bug{name: "directory not synced after a write"}
	noRemoveSync = bug{name: "directory not synced after a removal", removing: true}
	goneNoSync   = bug{name: "directory not synced when there is nothing to remove", removing: true, rare: true}
	noOpenSync   = bug{name: "directory not synced when opened"}
	noParentSync = bug{name: "directory above not synced"}
	noFoundSync  = bug{name: "directory above not synced when the directory is there"}
	noSweep      = bug{name: "nothing swept"}

	createNoSync    = bug{name: "content not synced when created", creating: true}
	createLate      = bug{name: "linked before synced", creating: true}
	createInPlace   = bug{name: "created in place", creating: true}
	createNoDirSync = bug{name: "directory not synced after a creation", creating: true}
)

var bugs = []bug{
	noSync, syncLate, syncDeaf, inPlace, removeFirst, noDirSync, noRemoveSync, goneNoSync, noOpenSync, noParentSync, noFoundSync, noSweep,
	createNoSync, createLate, createInPlace, createNoDirSync,
}

// creations are the bugs of Create alone, and what they are in Write.
var creations = map[bug]bug{createNoSync: noSync, createLate: syncLate, createInPlace: inPlace, createNoDirSync: noDirSync}

// meets reports whether s does what b breaks.
func (b bug) meets(s Store) bool {
	return (s.Remove != nil || !b.removing) && (s.Creates || !b.creating)
}

// wrong is package atomicfile once more, with a bug.
type wrong struct {
	p   *memdisk.Process
	bug bug
}

func openWrong(b bug) opener {
	return func(p *memdisk.Process) (Files, error) {
		w := &wrong{p, b}
		errs := []error{w.mkdir(path.Dir(dir)), w.mkdir(dir), w.sweep()}
		if b != noOpenSync {
			errs = append(errs, p.SyncDir(dir))
		}
		return w, errors.Join(errs...)
	}
}

func (w *wrong) mkdir(dir string) error {
	err := w.p.Mkdir(dir)
	found := errors.Is(err, fs.ErrExist)
	if err != nil && !found {
		return err
	}
	if w.bug == noParentSync || found && w.bug == noFoundSync {
		return nil
	}
	return w.p.SyncDir(path.Dir(dir))
}

func (w *wrong) sweep() error {
	if w.bug == noSweep {
		return nil
	}
	entries, err := w.p.ReadDir(dir)
	for _, e := range entries {
		if strings.HasSuffix(e.Name, ".new") && time.Since(e.ModTime) > time.Hour {
			err = errors.Join(err, w.p.Remove(path.Join(dir, e.Name)))
		}
	}
	return err
}

func (w *wrong) Read(name string) ([]byte, error) { return w.p.ReadFile(path.Join(dir, name)) }

func (w *wrong) Remove(name string) error {
	err := w.p.Remove(path.Join(dir, name))
	gone := errors.Is(err, fs.ErrNotExist)
	if err != nil && !gone {
		return err
	}
	if w.bug == noRemoveSync || gone && w.bug == goneNoSync {
		return nil
	}
	return w.p.SyncDir(dir)
}

func (w *wrong) Write(name string, data []byte) error { return w.put(name, data, w.replace) }

func (w *wrong) Create(name string, data []byte) error {
	if found, err := w.p.Exists(path.Join(dir, name)); found || err != nil {
		return errors.Join(err, fs.ErrExist)
	}
	c := *w
	if b, ok := creations[w.bug]; ok {
		c.bug = b
	}
	return c.put(name, data, c.link)
}

func (w *wrong) put(name string, data []byte, place func(name, with string) error) error {
	f, err := w.open(name)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil && w.bug != noSync && w.bug != syncLate {
		err = f.Sync()
	}
	if w.bug == syncDeaf {
		err = nil
	}
	if err == nil && w.bug != inPlace {
		err = place(name, f.Name())
	}
	if err == nil && w.bug == syncLate {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil || w.bug == noDirSync {
		return err
	}
	return w.p.SyncDir(dir)
}

func (w *wrong) open(name string) (*memdisk.File, error) {
	if w.bug == inPlace {
		return w.p.Create(path.Join(dir, name))
	}
	return w.p.CreateTemp(dir, "*.new")
}

func (w *wrong) replace(name, with string) error {
	if w.bug == removeFirst {
		if err := w.p.Remove(path.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return w.p.Rename(with, path.Join(dir, name))
}

func (w *wrong) link(name, with string) error {
	if err := w.p.Link(with, path.Join(dir, name)); err != nil {
		return err
	}
	return w.p.Remove(with)
}
