package sim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/fakeredshift"
)

// finish holds the world at its end against what everybody said.
func (w *World) finish(out *Outcome) {
	o := w.observer
	if o.claims == 0 && w.Damaged() == "" && !w.excused() {
		o.violation("the work was never done, though nothing went wrong at the end%s", lastError(o.lives))
	}
	if o.claims > 0 && w.scenario.Check != nil {
		for _, wrong := range w.scenario.Check(w) {
			o.violation("at the end %v", wrong)
		}
	}
	w.checkUploads()
	w.checkRepeats()
	w.checkLoads()
	if err := w.checkSecrets(); err != nil {
		o.violation("searching for secrets: %v", err)
	}
	if w.turnstile.calm {
		o.reached[CalmNeeded]++
	}
	out.Trace, out.Lives, out.Violations = w.turnstile.trace, o.lives, append(out.Violations, o.violations...)
	for s, n := range o.reached {
		out.Reached[s] += n
	}
	out.Loads = w.loads()
}

// excused reports whether every runner's last word is one that the scenario
// excuses.
func (w *World) excused() bool {
	last := make(map[string]error)
	for _, life := range w.observer.lives {
		runner, _, _ := strings.Cut(life.Process, ".")
		last[runner] = life.Err
	}
	for _, err := range last {
		if err == nil || w.scenario.Excuse == nil || !w.scenario.Excuse(err) {
			return false
		}
	}
	return true
}

func lastError(lives []Life) string {
	for _, life := range slices.Backward(lives) {
		if life.Err != nil {
			return fmt.Sprintf(": %s ended with %v", life.Process, life.Err)
		}
	}
	return ""
}

// checkUploads looks for uploads that cost money for ever: open ones that a
// journal has known, and knows no more. What no journal could know, because the
// process died or lost the answer between the creation and the journal's entry,
// is counted, not held against anybody.
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
		case open != nil && open.saved:
			w.observer.violation("the upload %s to %s is open, and the journal has forgotten it", u.ID, u.URI.Key)
		default:
			w.observer.reached[OrphanLeft]++
		}
	}
}

// checkRepeats looks into the histories of the warehouses for what was done again
// though a record said that it was done. With rivals nothing is known: each of
// them has its own records, or read them before the other wrote.
func (w *World) checkRepeats() {
	if len(w.started) > 1 {
		return
	}
	for key, at := range w.observer.finished {
		if key.step.Reached(pipeline.Unload) {
			w.repeated(w.A.Warehouse.History(), "UNLOAD", key, at)
		}
		if key.step.Reached(pipeline.Load) {
			w.repeated(w.B.Warehouse.History(), "COPY", key, at)
		}
	}
}

// readAll returns the rows of a result as text.
func readAll(result *fakeredshift.Result) ([][]string, error) {
	var rows [][]string
	cells := make([][]byte, len(result.Columns))
	for {
		switch err := result.Read(cells); {
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil:
			return nil, err
		}
		rows = append(rows, texts(cells))
	}
}

// texts makes a row readable: each cell quoted, but for NULL.
func texts(cells [][]byte) []string {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = strconv.Quote(string(cell))
		if cell == nil {
			row[i] = "NULL"
		}
	}
	return row
}

func sorted(rows [][]string) []string {
	list := make([]string, len(rows))
	for i, row := range rows {
		list[i] = strings.Join(row, "|")
	}
	slices.Sort(list)
	return list
}

// SameTables checks that each table has exactly the rows in B that it has in A.
func SameTables(w *World, tables ...redferry.Table) []error {
	var wrong []error
	for _, t := range tables {
		want, err := w.Table("a", t)
		if err != nil {
			return append(wrong, err)
		}
		got, err := w.Table("b", t)
		switch {
		case err != nil:
			wrong = append(wrong, fmt.Errorf("%s: %w", t, err))
		case !slices.Equal(want, got):
			wrong = append(wrong, fmt.Errorf("%s has %d rows in A, %d in B: %s", t, len(want), len(got), difference(want, got)))
		}
	}
	return wrong
}

func difference(want, got []string) string {
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			return "missing " + clip(want[i])
		case i >= len(want):
			return "too many " + clip(got[i])
		case want[i] != got[i]:
			return "want " + clip(want[i]) + ", got " + clip(got[i])
		}
	}
	return "no difference"
}

func clip(s string) string { return s[:min(len(s), 60)] }

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

func (w *World) sameFile(uri redferry.URI) error {
	from, _ := uri.Rebase(w.B.Stage, w.A.Stage)
	got, err := w.B.S3.Content(uri)
	if err != nil {
		return err
	}
	want, err := w.A.S3.Content(from)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, version := range append([][]byte{want}, w.versions[from]...) {
		if bytes.Equal(version, got) {
			return nil
		}
	}
	return errors.New("it has bytes that " + from.String() + " never had")
}
