package memdisk

import (
	"fmt"
	"iter"
	"strconv"
)

// A State is what a power failure during a run can leave.
type State struct {
	// Disk is the disk after it, with no process on it. It is the caller's.
	Disk *Disk
	// Promises counts what the run had promised by then.
	Promises int
	// Done are the operations that had been done by then, those that change
	// something. It must not be changed.
	Done []Op
}

// String says when the power failed, and what was left.
func (s State) String() string {
	last := "before the first operation"
	if len(s.Done) > 0 {
		last = fmt.Sprintf("after %d operations, the last: %s", len(s.Done), s.Done[len(s.Done)-1])
	}
	return fmt.Sprintf("power lost %s; %d promises; left %q", last, s.Promises, s.Disk.Files())
}

// CrashStates calls run with a copy of the disk, and then goes through every
// state that a power failure can leave after any number of its operations, in
// order. Run calls promise whenever something has become true that no power
// failure may undo. Of states with the same files and the same number of
// promises, it gives one.
//
// The states are those of the order that the operations happened to have. Their
// number is the product of what can become of each name and each write that is
// not synced, and thus small for programs that sync, and large for others: stop
// early, or write little.
func (d *Disk) CrashStates(run func(d *Disk, promise func())) iter.Seq[State] {
	return func(yield func(State) bool) {
		seen := make(map[string]bool)
		for _, m := range d.record(run) {
			for disk := range m.Disk.outcomes {
				key := disk.key(m.Promises)
				if seen[key] {
					continue
				}
				seen[key] = true
				if !yield(State{Disk: disk, Promises: m.Promises, Done: m.Done}) {
					return
				}
			}
		}
	}
}

// record returns the disk as it is before run, after each operation and after
// each promise.
func (d *Disk) record(run func(d *Disk, promise func())) []State {
	d.mu.Lock()
	disk := d.clone()
	d.mu.Unlock()
	var moments []State
	var done []Op
	var promises int
	note := func() { // under disk.mu
		moments = append(moments, State{Disk: disk.clone(), Promises: promises, Done: done[:len(done):len(done)]})
	}
	note()
	disk.changed = func(op Op) {
		done = append(done, op)
		note()
	}
	run(disk, func() {
		disk.mu.Lock()
		defer disk.mu.Unlock()
		promises++
		note()
	})
	disk.mu.Lock()
	defer disk.mu.Unlock()
	disk.changed = nil
	return moments
}

// clone copies a disk, without its processes, for callers that hold mu.
func (d *Disk) clone() *Disk {
	return &Disk{root: d.tree().clone(make(map[*node]*node)), temps: d.temps}
}

// outcomes yields, for each choice that Crash has, a copy of the disk after it:
// depth first, the last choice changing fastest.
func (d *Disk) outcomes(yield func(*Disk) bool) {
	type choice struct{ picked, of int }
	var path []choice
	for {
		disk, i := d.clone(), 0
		disk.Crash(func(n int) int {
			if i == len(path) {
				path = append(path, choice{of: n})
			}
			i++
			return path[i-1].picked
		})
		if !yield(disk) {
			return
		}
		for len(path) > 0 && path[len(path)-1].picked == path[len(path)-1].of-1 {
			path = path[:len(path)-1]
		}
		if len(path) == 0 {
			return
		}
		path[len(path)-1].picked++
	}
}

// key is the same for disks with the same files and directories.
func (d *Disk) key(promises int) string {
	key := strconv.AppendInt(nil, int64(promises), 10)
	d.tree().walk("", func(at string, n *node) {
		key = append(append(key, at...), 0)
		if !n.isDir() {
			key = append(strconv.AppendInt(key, int64(len(n.content)), 10), ':')
			key = append(key, n.content...)
		}
	})
	return string(key)
}
