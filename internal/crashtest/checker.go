package crashtest

import (
	"fmt"
	"slices"
	"time"

	"github.com/redferry/redferry/testkit/memdisk"
)

// dir is where the files are: in a directory that is not there yet, nor is the
// one above.
const dir = "var/state"

// An opener opens the files of dir.
type opener func(p *memdisk.Process) (Files, error)

// none is no kind of operation.
const none memdisk.Kind = ""

// A checker runs scripts on disks, and checks what power failures leave of them.
type checker struct {
	files opener
	store func(Files) Store

	runs, states int
	recovered    map[string]bool // files from which the next process recovered
}

func newChecker(store func(Files) Store, files opener) *checker {
	return &checker{files: files, store: store, recovered: make(map[string]bool)}
}

// open opens the store as a new process does.
func (c *checker) open(p *memdisk.Process) (Store, error) {
	files, err := c.files(p)
	if err != nil {
		return Store{}, err
	}
	return c.store(files), nil
}

// some goes through the states of which there are not too many, and returns the
// first violation.
func (c *checker) some() error {
	return first(
		func() error { return c.once(c.recovers) },
		func() error { return c.once(c.sweeps) },
		func() error { return c.killed(readIt, none) },
		func() error { return c.killed(remove, none) },
		func() error { return c.killed(overwrite, memdisk.Sync) }, // or two files are torn at once
	)
}

// all goes through all states.
func (c *checker) all() error {
	return first(
		c.some,
		func() error { return c.killed(overwrite, none) },
		func() error { return c.refused(readIt) },
		c.twice,
	)
}

// first returns the first error.
func first(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// once goes through all states of one process.
func (c *checker) once(check func(memdisk.State, possible) error) error {
	return c.crashes(new(memdisk.Disk), possible{0}, straight, check)
}

// twice goes through all states after a power failure in the recovery, on the next
// day, from a power failure.
func (c *checker) twice() error {
	return c.once(func(state memdisk.State, now possible) error {
		time.Sleep(24 * time.Hour) // the recovery sweeps
		return c.crashes(state.Disk, now, recovery, c.recovers)
	})
}

// killed goes through the runs in which a first process is killed before its
// first, second, ... operation, but for those of the kind spared, and then a second
// process runs a script. What the power leaves before that is as without the kill.
func (c *checker) killed(then script, spared memdisk.Kind) error {
	for n, reached := 0, true; reached; n++ {
		r := c.start(possible{0})
		r.disk, r.promise = new(memdisk.Disk), func() {}
		skip := false
		reached = r.interrupt(n, func(p *memdisk.Process, op memdisk.Op) error {
			skip = op.Kind == spared
			p.Kill()
			return memdisk.ErrDead
		})
		if r.wrong != nil {
			return r.wrong
		}
		if skip {
			continue
		}
		if err := c.crashes(r.disk, r.now, then, c.recovers); err != nil {
			return fmt.Errorf("the first process was killed before operation %d: %w", n+1, err)
		}
	}
	return nil
}

// refused goes through the runs in which the first, second, ... operation of a
// first process fails, which tries again, and then a second process runs a script.
func (c *checker) refused(then script) error {
	for n, reached := 0, true; reached; n++ {
		err := c.crashes(new(memdisk.Disk), possible{0}, func(r *run, p *memdisk.Process) {
			reached = r.interrupt(n, func(*memdisk.Process, memdisk.Op) error { return errFull })
			then(r, p)
		}, c.recovers)
		if err != nil {
			return fmt.Errorf("operation %d of the first process failed: %w", n+1, err)
		}
	}
	return nil
}

// crashes runs a script on a copy of disk, where one of the versions now is, and
// calls check for each state that a power failure can leave, with the versions
// that are possible then.
func (c *checker) crashes(disk *memdisk.Disk, now possible, s script, check func(memdisk.State, possible) error) error {
	r := c.start(now)
	states := disk.CrashStates(func(d *memdisk.Disk, promise func()) {
		r.disk, r.promise = d, promise
		s(r, d.Start(nil))
	})
	for state := range states {
		if r.wrong != nil {
			return r.wrong
		}
		c.states++
		if err := check(state, r.promised[state.Promises]); err != nil {
			return fmt.Errorf("%w: %s", err, state)
		}
	}
	return nil
}

// start starts a run, where one of the versions now is.
func (c *checker) start(now possible) *run {
	c.runs++
	return &run{checker: c, now: now, promised: []possible{now}}
}

// recovers checks that the next process finds a version that is possible, and can
// go on.
func (c *checker) recovers(state memdisk.State, now possible) error {
	files := state.Disk.Files()
	if key := fmt.Sprint(now, files); len(files) > 0 && c.recovered[key] {
		return nil
	} else if len(files) > 0 { // without files, there still are directories or not
		c.recovered[key] = true
	}
	s, err := c.open(state.Disk.Start(nil))
	if err != nil {
		return err
	}
	version, err := s.read()
	if err := now.check(version, err); err != nil {
		return err
	}
	if err := s.Write(99); err != nil {
		return err
	}
	version, err = s.read()
	return possible{99}.check(version, err)
}

// sweeps checks that the first process of the next day leaves nothing lying but
// the version.
func (c *checker) sweeps(state memdisk.State, now possible) error {
	time.Sleep(24 * time.Hour)
	s, err := c.open(state.Disk.Start(nil))
	if err != nil {
		return err
	}
	version, err := s.read()
	if err := now.check(version, err); err != nil {
		return err
	}
	if left := len(state.Disk.Files()); left != min(version, 1) {
		return fmt.Errorf("version %d is in %d files", version, left)
	}
	return nil
}

// possible are the versions that may be there.
type possible []int

func (p possible) check(version int, err error) error {
	if err != nil {
		return fmt.Errorf("reading instead of one of the versions %v: %w", []int(p), err)
	}
	if !slices.Contains(p, version) {
		return fmt.Errorf("read version %d instead of one of %v", version, []int(p))
	}
	return nil
}
