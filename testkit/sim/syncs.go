package sim

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// Trace is for [bridge.Options]: a [bridge.Sync] begins its copies one after the
// other, as [Process.CopiesInTurn] has it for those of CopyAll; and what fails at
// one moment is not repeated at one moment.
func (p *Process) Trace() bridge.Trace {
	return bridge.Trace{
		Plan: func(dst redferry.URI, _ int64) { p.Turn("copy to " + dst.Key) },
		Retry: func(dst redferry.URI, part int, _ error, _ time.Duration) {
			p.Turn(fmt.Sprintf("repeat for %s part %d", dst.Key, part))
		},
		Restart: func(redferry.URI, error) { p.world.reach(CopyRestarted) },
	}
}

// WatchSync returns a function for Copier.Sync to call, which holds each event
// against the world and then calls done. A program that uses it and says that its
// work is done has an event for each object that it was told of by a listing of
// the source, and has copied what that listing said, or something later.
func (p *Process) WatchSync(done func(*bridge.Event) error) func(*bridge.Event) error {
	return func(e *bridge.Event) error {
		if !p.isDead() {
			p.world.told(p, e)
		}
		return done(e)
	}
}

// A syncLife is what one process was told about a sync, and says.
type syncLife struct {
	listed map[string]map[string]bridge.Object // by server and key
	ranges ranges                              // that its listings are cut into
	had    map[string]bridge.Entry             // by key: what the ledger has or had; nil without one
	events map[string]bridge.Event             // by key at the source
	proven map[string]bool                     // by key: copied, and not in the ledger yet
	doubt  map[string]bool                     // by key: forgotten by the ledger, and not copied yet
}

// sync is what is known of the sync of a process. The caller holds o.mu.
func (o *observer) sync(p *Process) *syncLife {
	s := o.syncs[p]
	if s == nil {
		s = &syncLife{
			listed: make(map[string]map[string]bridge.Object), events: make(map[string]bridge.Event),
			proven: make(map[string]bool), doubt: make(map[string]bool), ranges: newRanges(),
		}
		o.syncs[p] = s
	}
	return s
}

// told is told of an event when a Sync tells it.
func (w *World) told(p *Process, e *bridge.Event) {
	err := w.believeEvent(p, e)
	o := w.observer
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.sync(p)
	if err == nil {
		err = s.listsOtherwise(e)
	}
	if err != nil {
		o.violation("%s reports %v", p.name, err)
	}
	s.events[e.Job.Src.URI.Key] = *e
	switch {
	case e.Err != nil:
	case e.Result != nil:
		if s.had != nil {
			s.proven[e.Job.Dst.Key] = true
		}
		delete(s.doubt, e.Job.Dst.Key)
		if e.Result.Resumed > 0 {
			o.reached[PartsReused]++
		}
		if e.Result.SourceETag != e.Job.Src.ETag {
			o.reached[ReplacedSinceListed]++
		}
	case e.Change == bridge.Extra && !e.Removed && w.sourceHas(e.Job.Dst.Key):
		o.reached[KeptAtTarget]++
	case e.Change == bridge.Unchanged:
		if by := o.recordedBy[copyKey{p.Runner, e.Job.Dst.Key}]; by != nil && by != p {
			o.reached[LeftAlone]++
		}
	}
}

// believeEvent holds an event against the world.
func (w *World) believeEvent(p *Process, e *bridge.Event) error {
	switch {
	case e.Removed:
		if _, ok := w.B.S3.Object(e.Job.Dst); ok && !w.overwritten(p.Runner, e.Job.Dst) {
			return fmt.Errorf("%s as removed, but it is there", e.Job.Dst)
		}
	case e.Err != nil || e.Change == bridge.Excluded || e.Change == bridge.Extra:
		return nil
	case e.Result != nil:
		if err := w.copyHolds(p.Runner, e.Job.Dst, e.Job.Src.URI, e.Result); err != nil {
			return fmt.Errorf("%s as copied, with proof %q, but %w", e.Job.Dst, e.Result.Level, err)
		}
	case e.Change == bridge.Unchanged:
		if err := w.unchanged(p, e.Job); err != nil {
			return fmt.Errorf("%s as unchanged, but %w", e.Job.Dst, err)
		}
	}
	return nil
}

// unchanged checks that dst has the bytes of the version that the source's listing
// gave. That it may be an old one by now, because the object was replaced since or
// the listing was out of date, is why the version is that one.
func (w *World) unchanged(p *Process, job bridge.Job) error {
	w.observer.mu.Lock()
	listed := w.observer.sync(p).listed["s3.a"][job.Src.URI.Key]
	w.observer.mu.Unlock()
	if listed != job.Src {
		return fmt.Errorf("it was listed as %s of %d bytes, not as %s of %d", listed.ETag, listed.Size, job.Src.ETag, job.Src.Size)
	}
	return w.versionHolds(p.Runner, job.Dst, job.Src.URI, job.Src.ETag)
}

// synced checks what follows when a process says that its sync is done.
func (w *World) synced(p *Process) []error {
	w.observer.mu.Lock()
	s := w.observer.sync(p)
	listed, events := s.listed["s3.a"], s.events
	w.observer.mu.Unlock()
	if len(events) == 0 {
		return nil // it syncs nothing
	}
	var wrong []error
	for _, key := range slices.Sorted(maps.Keys(listed)) {
		e, told := events[key]
		switch {
		case !told:
			wrong = append(wrong, fmt.Errorf("it has said nothing of %s", listed[key].URI))
		case e.Change != bridge.Excluded:
			if err := w.notOlder(p.Runner, e.Job.Dst, e.Job.Src.URI, listed[key].ETag); err != nil {
				wrong = append(wrong, err)
			}
		}
	}
	return wrong
}

// hasLedger is told what the ledger of a process has when it is opened.
func (o *observer) hasLedger(p *Process, entries []bridge.Entry) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.sync(p)
	s.had = make(map[string]bridge.Entry)
	for _, e := range entries {
		s.had[e.Dst.Key] = e
	}
}

// entered is told that entries are in the ledger.
func (o *observer) entered(p *Process, entries []bridge.Entry) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.sync(p)
	for _, e := range entries {
		s.had[e.Dst.Key] = e
		delete(s.proven, e.Dst.Key)
		o.recordedBy[copyKey{p.Runner, e.Dst.Key}] = p
	}
}

// forgot is told that entries are in the ledger no more. Those that the listing
// agrees with should be there.
func (o *observer) forgot(p *Process, destinations []redferry.URI) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.sync(p)
	for _, dst := range destinations {
		s.doubt[dst.Key] = true
		if !s.agree(dst.Key) {
			delete(s.had, dst.Key)
		}
	}
}

// agree reports whether the ledger and the listings agree about an object: it need
// not be copied.
func (s *syncLife) agree(key string) bool {
	e, recorded := s.had[key]
	source, ok := s.listed["s3.a"][key]
	if !recorded || !ok || e.ETag != source.ETag || e.Size != source.Size {
		return false
	}
	there := s.listed["s3.b"]
	return there == nil || there[key].ETag == e.Target && there[key].Size == e.Size
}

// copyBegins is told of the first request of a copy before it leaves a process.
func (o *observer) copyBegins(p *Process, r *request) {
	if s := o.syncs[p]; s != nil && s.agree(r.key) {
		o.violation("%s copies %s again, of which the ledger says that it is copied", p.name, r.key)
	}
	if r.action == "PutObject" {
		o.written(p, r)
	}
}

// removed is told that a process is about to remove an object at the target: not one
// that the source has.
func (o *observer) removed(p *Process, r *request) {
	if r.bucket == o.world.B.Stage.Bucket && o.world.sourceHas(r.key) {
		o.violation("%s removes %s, which the source has", p.name, r.key)
	}
	o.written(p, r)
	o.gone[r.key] = true
}

// sourceHas reports whether A has an object of a name.
func (w *World) sourceHas(key string) bool {
	_, ok := w.A.S3.Object(redferry.URI{Bucket: w.A.Stage.Bucket, Key: key})
	return ok
}

// written is told that a process is about to put an object in its place, or to remove it.
func (o *observer) written(p *Process, r *request) {
	if o.writers[r.key] == nil {
		o.writers[r.key] = make(map[int]bool)
	}
	o.writers[r.key][p.Runner] = true
}

// overwritten reports whether another runner may have written or removed dst.
func (w *World) overwritten(runner int, dst redferry.URI) bool {
	w.observer.mu.Lock()
	defer w.observer.mu.Unlock()
	for other := range w.observer.writers[dst.Key] {
		if other != runner {
			return true
		}
	}
	return false
}

// syncDied finds the rare states of a sync that is killed. The caller holds o.mu.
func (o *observer) syncDied(p *Process) {
	s := o.syncs[p]
	if s == nil {
		return
	}
	if len(s.proven) > 0 {
		o.reached[KilledUnrecorded]++
	}
	if len(s.doubt) > 0 {
		o.reached[KilledInDoubt]++
	}
}
