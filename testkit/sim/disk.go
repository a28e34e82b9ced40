package sim

import (
	"context"
	"maps"
	"path/filepath"
	"syscall"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/memdisk"
)

// A disk is what a runner's processes have in common. One that is shared belongs
// to a machine that never fails: only processes die.
type disk struct {
	*memdisk.Disk
	shared bool
}

// diskOf returns the disk of a runner.
func (w *World) diskOf(runner int) *disk {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.scenario.SharedDisk {
		runner = 0
	}
	if w.disks[runner] == nil {
		w.disks[runner] = &disk{Disk: new(memdisk.Disk), shared: w.scenario.SharedDisk}
	}
	return w.disks[runner]
}

// crash loses what was not synced. It reports whether anything was lost.
func (d *disk) crash(choose func(n int) int) bool {
	if d.shared {
		return false
	}
	before := d.Files()
	d.Crash(choose)
	return !maps.Equal(before, d.Files())
}

// Disk returns the disk of a runner, counted from 1: [Scenario].Fill may put there
// what its first life finds.
func (w *World) Disk(runner int) *memdisk.Disk { return w.diskOf(runner).Disk }

// Disk is the process's way to its disk, for a program that keeps files of its own.
// Each operation is a boundary.
func (p *Process) Disk() *memdisk.Process { return p.files }

// Files returns a directory on the simulated disk, for pipeline.FileState and
// bridge.NewFileJournal.
func (p *Process) Files(dir string) (*Files, error) {
	if p.cross(Answer, "open "+dir) == dead {
		return nil, errKilled
	}
	files, err := p.files.Files(dir)
	if err != nil {
		return nil, err
	}
	return &Files{Files: files, name: dir, process: p}, nil
}

// Files are whole files in one directory of the simulated disk. Each operation
// that they are made of is a boundary.
type Files struct {
	*memdisk.Files
	name    string
	process *Process
}

// Write stores a file.
func (f *Files) Write(name string, data []byte) error {
	if f.process.cross(Answer, "write "+filepath.Join(f.name, name)) == dead {
		return errKilled
	}
	return f.Files.Write(name, data)
}

// Create stores a file that is not there.
func (f *Files) Create(name string, data []byte) error {
	if f.process.cross(Answer, "create "+filepath.Join(f.name, name)) == dead {
		return errKilled
	}
	return f.Files.Create(name, data)
}

// Remove removes a file.
func (f *Files) Remove(name string) error {
	if f.process.cross(Answer, "remove "+filepath.Join(f.name, name)) == dead {
		return errKilled
	}
	return f.Files.Remove(name)
}

// State returns a [pipeline.State] on the simulated disk.
func (p *Process) State() (pipeline.State, error) {
	files, err := p.Files("state")
	if err != nil {
		return nil, err
	}
	return pipeline.FileState(files), nil
}

// Journal returns a [bridge.Journal] on the simulated disk.
func (p *Process) Journal() (bridge.Journal, error) {
	files, err := p.Files("journal")
	if err != nil {
		return nil, err
	}
	return bridge.NewFileJournal(files), nil
}

// WatchState has the simulator know what state keeps: no step of which a record
// is on the disk may be done again. It is the last to be put around a State.
func (p *Process) WatchState(state pipeline.State) pipeline.State { return &watchedState{state, p} }

type watchedState struct {
	pipeline.State
	process *Process
}

func (s *watchedState) Write(ctx context.Context, r *pipeline.Record) error {
	err := s.State.Write(ctx, r)
	if err == nil && !s.process.isDead() {
		s.process.world.observer.recorded(s.process, r)
	}
	return err
}

// WatchJournal has the simulator know what journal keeps: no part may be sent for
// an upload that it does not have. It is the last to be put around a Journal.
func (p *Process) WatchJournal(journal bridge.Journal) bridge.Journal {
	p.world.observer.hasJournal(p)
	return &watchedJournal{journal, p}
}

type watchedJournal struct {
	bridge.Journal
	process *Process
}

// Load finds what an earlier life saved, even if that one did not live to hear of
// it.
func (j *watchedJournal) Load(ctx context.Context, dst redferry.URI) (bridge.Upload, bool, error) {
	u, ok, err := j.Journal.Load(ctx, dst)
	if err == nil && ok && !j.process.isDead() {
		j.process.world.observer.journaled(j.process, u)
	}
	return u, ok, err
}

func (j *watchedJournal) Save(ctx context.Context, u bridge.Upload) error {
	err := j.Journal.Save(ctx, u)
	if err == nil && !j.process.isDead() {
		j.process.world.observer.journaled(j.process, u)
	}
	return err
}

// passes is asked before each operation of a process on its disk.
func (p *Process) passes(op memdisk.Op) error {
	if !op.Kind.Changes() {
		return nil
	}
	switch p.cross(DiskOp, "disk "+op.String()) {
	case dead:
		return errKilled
	case DiskFull:
		return syscall.ENOSPC
	}
	return nil
}
