package sim

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/pipeline"
)

// An observer sees what passes and what the programs are told, and holds the one
// against the other. It believes no program.
type observer struct {
	world *World

	mu         sync.Mutex // guards what follows
	violations []string
	reached    map[State]int
	lives      []Life
	claims     int                     // lives that said that their work was done
	acked      map[partKey]bool        // parts that a living process knows to be in place
	uploads    map[string]*openUpload  // by their ids
	finished   map[stepKey]bool        // steps of which a record is on the disk
	copied     map[copyKey]bool        // files of which a record is on the disk
	journals   map[int]map[string]bool // by runner: ids of uploads that its journal has
	deaths     []time.Time
	syncs      map[*Process]*syncLife
	recordedBy map[copyKey]*Process    // who has put an entry into a ledger
	writers    map[string]map[int]bool // by key: runners that have begun to send an object, or to remove it
	gone       map[string]bool         // by key: that somebody has begun to remove
	surfaces   []surface
}

type partKey struct {
	runner       int
	upload, part string
}

type stepKey struct {
	runner int
	table  redferry.Table
	step   pipeline.Step
}

type copyKey struct {
	runner int
	key    string
}

type openUpload struct {
	creator *Process // who was told of it
	saved   bool     // a journal knows or knew it
	aborted bool     // somebody tried to abort it
}

// A surface is text that a secret must not be in.
type surface struct{ name, text string }

func newObserver(w *World) *observer {
	return &observer{
		world: w, reached: make(map[State]int), acked: make(map[partKey]bool), uploads: make(map[string]*openUpload),
		finished: make(map[stepKey]bool), copied: make(map[copyKey]bool), journals: make(map[int]map[string]bool),
		syncs: make(map[*Process]*syncLife), recordedBy: make(map[copyKey]*Process), writers: make(map[string]map[int]bool), gone: make(map[string]bool),
	}
}

func (o *observer) violation(format string, args ...any) {
	o.violations = append(o.violations, fmt.Sprintf(format, args...))
}

// reach records that a run came through a rare state.
func (w *World) reach(s State) {
	w.observer.mu.Lock()
	defer w.observer.mu.Unlock()
	w.observer.reached[s]++
}

// sent is told of a request before it leaves a process.
func (w *World) sent(p *Process, r *request) {
	o := w.observer
	o.mu.Lock()
	defer o.mu.Unlock()
	o.surfaces = append(o.surfaces, surface{"the URL of " + r.op, r.url})
	switch r.action {
	case "UploadPart":
		o.partSent(p, r)
	case "PutObject", "CreateMultipartUpload":
		if o.copied[copyKey{p.Runner, r.key}] && !w.together() {
			o.violation("%s copies %s again, of which a record says that it is copied", p.name, r.key)
		}
		o.copyBegins(p, r)
	case "CompleteMultipartUpload":
		o.written(p, r)
	case "DeleteObject":
		o.removed(p, r)
	case "AbortMultipartUpload":
		if u := o.uploads[r.upload]; u != nil {
			u.aborted = true
		}
	}
}

// partSent is told of a part before it leaves a process.
func (o *observer) partSent(p *Process, r *request) {
	if o.acked[partKey{p.Runner, r.upload, r.part}] {
		o.violation("%s sends part %s of %s again, which it knows to be in place", p.name, r.part, r.key)
	}
	if known := o.journals[p.Runner]; known != nil && !known[r.upload] {
		o.violation("%s sends part %s of %s for an upload that its journal does not know", p.name, r.part, r.key)
	}
}

// together reports whether several runners write one another's records: then a
// record that one of them has read says nothing of what it has written.
func (w *World) together() bool { return w.scenario.SharedDisk && w.rivals() }

// asked is told of a statement before it leaves a process.
func (w *World) asked(p *Process, about any) {
	sql, label := statementOf(about)
	step, ok := map[string]pipeline.Step{"UNLOAD": pipeline.Unload, "COPY": pipeline.Load}[command(sql)]
	if !ok || w.together() {
		return
	}
	o := w.observer
	o.mu.Lock()
	defer o.mu.Unlock()
	for done := range o.finished {
		if done.runner == p.Runner && done.step.Reached(step) && strings.HasSuffix(label, done.table.String()) {
			o.violation("%s does %s of %s again, of which a record says that it is done", p.name, command(sql), done.table)
			return
		}
	}
}

// answered is told of an answer when a living process gets it.
func (w *World) answered(p *Process, r *request, kind Kind, response *http.Response) {
	if response.StatusCode != http.StatusOK {
		return
	}
	switch r.action {
	case "UploadPart":
		if kind != FlipBit {
			w.observer.mu.Lock()
			w.observer.acked[partKey{p.Runner, r.upload, r.part}] = true
			w.observer.mu.Unlock()
		}
	case "CreateMultipartUpload":
		var created struct{ UploadId string } //nolint:revive // S3's name
		if xml.Unmarshal(keep(response), &created) == nil {
			w.observer.mu.Lock()
			w.observer.uploads[created.UploadId] = &openUpload{creator: p}
			w.observer.mu.Unlock()
		}
	case "ListParts", "ListObjectsV2", "ListMultipartUploads":
		if kind != CutBody {
			data := keep(response)
			w.listed(p, r, kind, data)
			if r.action == "ListObjectsV2" {
				w.observer.listedObjects(p, r, data)
			}
		}
	}
}

// keep reads a body and leaves another one like it.
func keep(response *http.Response) []byte {
	data, err := io.ReadAll(response.Body)
	if closing := response.Body.Close(); err == nil {
		err = closing
	}
	response.Body = io.NopCloser(&recorded{data, err})
	return data
}

// recorded is read as the body was that it stands for: its bytes, then its error.
type recorded struct {
	data []byte
	err  error
}

func (r *recorded) Read(p []byte) (int, error) {
	if len(r.data) == 0 {
		return 0, cmp.Or(r.err, io.EOF)
	}
	n := copy(p, r.data)
	r.data = r.data[n:]
	return n, nil
}

// listed remembers the first listing of its kind, for [StaleListing]. What a
// process has been told by a stale one, it may act on.
func (w *World) listed(p *Process, r *request, kind Kind, data []byte) {
	w.mu.Lock()
	if w.lists[r.url] == nil {
		w.lists[r.url] = data
	}
	w.mu.Unlock()
	if kind != StaleListing {
		return
	}
	w.observer.mu.Lock()
	defer w.observer.mu.Unlock()
	for key := range w.observer.acked {
		if key.runner == p.Runner && key.upload == r.upload {
			delete(w.observer.acked, key)
		}
	}
}

// stale returns the first answer to a listing, nil if there was none.
func (w *World) stale(r *request) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lists[r.url]
}

// journaled is told that a journal keeps an upload, from now on.
func (o *observer) journaled(p *Process, u bridge.Upload) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.journals[p.Runner][u.UploadID] = true
	if open := o.uploads[u.UploadID]; open != nil {
		open.saved = true
	}
}

func (o *observer) hasJournal(p *Process) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.journals[p.Runner] == nil {
		o.journals[p.Runner] = make(map[string]bool)
	}
}

// recorded is told that a record is on the disk.
func (o *observer) recorded(p *Process, r *pipeline.Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finished[stepKey{p.Runner, r.Table, r.Step}] = true
	for _, f := range r.Files {
		o.copied[copyKey{p.Runner, f.Target.Key}] = true
	}
}

// hung is told that a life was ended because it took too long.
func (o *observer) hung(p *Process) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.violation("%s hung for %v", p.name, longest)
}

// died is told of a kill.
func (o *observer) died(p *Process) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.deaths = append(o.deaths, time.Now())
	o.syncDied(p)
	o.lives = append(o.lives, Life{Process: p.name, Killed: true})
}

// look asks the scenario for what may never be so.
func (o *observer) look(p *Process) {
	if o.world.scenario.Always == nil {
		return
	}
	wrong := o.world.scenario.Always(o.world)
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, w := range wrong {
		o.violation("when %s ended, %v", p.name, w)
	}
}

// ended is told what a program returned. A dead one told nobody.
func (o *observer) ended(p *Process, err error) {
	if errors.Is(err, errKilled) {
		return
	}
	o.look(p)
	o.mu.Lock()
	o.lives = append(o.lives, Life{Process: p.name, Err: err})
	if err != nil {
		o.surfaces = append(o.surfaces, surface{"the error of " + p.name, fmt.Sprintf("%v\n%+v\n%#v", err, err, err)})
	}
	o.mu.Unlock()
	if err != nil {
		return
	}
	var wrong []error
	if o.world.scenario.Check != nil {
		wrong = o.world.scenario.Check(o.world)
	}
	wrong = append(wrong, o.world.synced(p)...)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.claims++
	for _, w := range wrong {
		o.violation("%s says that its work is done, but %v", p.name, w)
	}
}
