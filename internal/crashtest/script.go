package crashtest

import (
	"errors"
	"slices"

	"github.com/redferry/redferry/testkit/memdisk"
)

// A script is what a process does with a store.
type script func(r *run, p *memdisk.Process)

// straight writes a first time, over a version, removes, and writes again.
func straight(r *run, p *memdisk.Process) {
	r.open(p, func(s Store) {
		r.write(s, 1)
		r.write(s, 2)
		r.remove(s)
		r.write(s, 3)
	})
}

// readIt reads.
func readIt(r *run, p *memdisk.Process) { r.open(p, r.read) }

// overwrite writes without reading.
func overwrite(r *run, p *memdisk.Process) { r.open(p, func(s Store) { r.write(s, 10) }) }

// remove removes without reading.
func remove(r *run, p *memdisk.Process) { r.open(p, r.remove) }

// recovery reads and writes.
func recovery(r *run, p *memdisk.Process) {
	r.open(p, func(s Store) {
		r.read(s)
		r.write(s, 20)
	})
}

// errFull is what operations fail with that are refused.
var errFull = errors.New("disk full")

// A run is scripts on a disk, one after the other.
type run struct {
	checker *checker
	disk    *memdisk.Disk
	wrong   error // the first violation, seen by the script itself

	now      possible   // what a power failure may leave now
	promised []possible // now, after each promise
	promise  func()
}

// open opens the store and uses it.
func (r *run) open(p *memdisk.Process, use func(Store)) {
	s, err := r.checker.open(p)
	if err != nil {
		r.note(err)
		return
	}
	use(s)
}

// interrupt runs straight in a process that an event meets before operation n,
// counted from 0, and reports whether it did so many.
func (r *run) interrupt(n int, event func(*memdisk.Process, memdisk.Op) error) (reached bool) {
	var p *memdisk.Process
	done := 0
	p = r.disk.Start(func(op memdisk.Op) error {
		done++
		if done != n+1 {
			return nil
		}
		reached = true
		return event(p, op)
	})
	straight(r, p)
	return reached
}

// expect sets what is possible from here on.
func (r *run) expect(now possible) {
	r.now = now
	r.promised = append(r.promised, now)
	r.promise()
}

func (r *run) write(s Store, version int) {
	r.change(version, func() error { return s.Write(version) })
}

func (r *run) remove(s Store) {
	if s.Remove != nil {
		r.change(0, s.Remove)
	}
}

// change makes version the only one possible, or after an error one more. It
// tries again, once, if the first try was refused.
func (r *run) change(version int, change func() error) {
	if !slices.Contains(r.now, version) {
		r.expect(append(slices.Clone(r.now), version))
	}
	err := change()
	if errors.Is(err, errFull) {
		err = change()
	}
	r.note(err)
	if err == nil {
		r.expect(possible{version})
	}
}

// read is the first of its process. What it returns is not undone.
func (r *run) read(s Store) {
	version, err := s.read()
	if err := r.now.check(version, err); err != nil {
		r.note(err)
		return
	}
	r.expect(possible{version})
}

// note keeps an error that no event caused.
func (r *run) note(err error) {
	if err != nil && r.wrong == nil && !errors.Is(err, memdisk.ErrDead) && !errors.Is(err, errFull) {
		r.wrong = err
	}
}
