package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/redferry/redferry"
)

// finish holds the world at its end against what everybody said.
func (w *World) finish(out *Outcome) {
	o := w.observer
	if w.Damaged() == "" {
		w.checkWords()
	}
	if o.claims > 0 && w.scenario.Check != nil {
		for _, wrong := range w.scenario.Check(w) {
			o.violation("at the end %v", wrong)
		}
	}
	w.checkUploads()
	w.checkLoads()
	if err := w.checkSecrets(); err != nil {
		o.violation("searching for secrets: %v", err)
	}
	if w.turnstile.calm {
		o.reached[CalmNeeded]++
	}
	w.testify(out)
	out.Loads = w.loads()
}

// testify puts into an outcome what was seen, in a world in which nothing moves
// any more.
func (w *World) testify(out *Outcome) {
	out.Trace, out.Lives, out.Violations = w.turnstile.trace, w.observer.lives, append(out.Violations, w.observer.violations...)
	for s, n := range w.observer.reached {
		out.Reached[s] += n
	}
}

// checkWords holds the last word of each runner against what it should be when
// nothing went wrong any more: that its work is done, or something that the
// scenario excuses.
func (w *World) checkWords() {
	last := make(map[string]Life)
	for _, life := range w.observer.lives {
		runner, _, _ := strings.Cut(life.Process, ".")
		last[runner] = life
	}
	for _, runner := range slices.Sorted(maps.Keys(last)) {
		life := last[runner]
		excused := w.scenario.Excuse != nil && w.scenario.Excuse(life.Err)
		if life.Killed || life.Err != nil && !excused {
			w.observer.violation("the work was never done, though nothing went wrong at the end: %s ended with %v", life.Process, life.Err)
		}
	}
}

// checkUploads looks for uploads that cost money for ever: open ones that no
// journal has. Two kinds are counted, not held against anybody, because nothing
// can be done about them: one whose creation was answered to nobody who lived to
// write it down, and one that somebody tried to abort, in vain.
func (w *World) checkUploads() {
	known := make(map[string]bool)
	for _, d := range w.disks {
		for path, content := range d.Files() {
			for id := range w.observer.uploads {
				if strings.Contains(path, "journal") && strings.Contains(content, id) {
					known[id] = true
				}
			}
		}
	}
	for _, u := range w.B.S3.OpenUploads(redferry.URI{Bucket: w.B.Stage.Bucket, Key: w.B.Stage.Key}) {
		open := w.observer.uploads[u.ID]
		switch {
		case known[u.ID]:
		case open == nil, !open.saved && open.creator.wasKilled(), !open.saved && open.aborted:
			w.observer.reached[OrphanLeft]++
		case open.saved:
			w.observer.violation("the upload %s to %s is open, and the journal has forgotten it", u.ID, u.URI.Key)
		default:
			w.observer.violation("the upload %s to %s is open, and no journal knew it, though %s lived to hear of it", u.ID, u.URI.Key, open.creator.name)
		}
	}
}

// SameFiles checks that each file in B's stage, but for manifests, has the bytes
// that the one in A's that it was copied from has, or had before it was replaced:
// of one moment, never of several.
func SameFiles(w *World) []error {
	var wrong []error
	for _, o := range w.B.S3.Objects(w.B.Stage) {
		if strings.HasSuffix(o.URI.Key, ".manifest") {
			continue
		}
		if err := w.sameFile(o.URI); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", o.URI, err))
		}
	}
	return wrong
}
