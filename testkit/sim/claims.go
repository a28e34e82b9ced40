package sim

import (
	"fmt"

	"github.com/redferry/redferry/pipeline"
)

// believe holds what a report says of each table and each file against the world,
// at the moment when it is said, also if the run as a whole failed.
func (w *World) believe(p *Process, report *pipeline.Report) {
	var wrong []error
	for i := range report.Tables {
		t := &report.Tables[i]
		if t.Err == nil && t.Step == pipeline.Validate {
			if err := w.sameTable(t.Source, t.Target); err != nil {
				wrong = append(wrong, fmt.Errorf("%s as validated, but %w", t.Source, err))
			}
		}
		for _, f := range t.Files {
			if err := w.sameFile(f.Target); err != nil {
				wrong = append(wrong, fmt.Errorf("%s as copied, with proof %q, but %w", f.Target, f.Level, err))
			}
		}
	}
	w.observer.mu.Lock()
	defer w.observer.mu.Unlock()
	for _, err := range wrong {
		w.observer.violation("%s reports %v", p.name, err)
	}
}
