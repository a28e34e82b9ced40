package bridge

import (
	"encoding/json"
	"errors"
	"io"
	"sync"

	"github.com/redferry/redferry"
)

// A Line is what a report says of one object, as JSON on a line of its own. Fields
// are added in later versions, never changed; readers ignore those they do not know.
type Line struct {
	Dst    redferry.URI `json:"dst"`
	Src    redferry.URI `json:"src,omitzero"` // of an object that only the target has there is none
	Change Change       `json:"change"`
	// Outcome is "copied", "removed", "failed", or "none" if nothing was done.
	Outcome  string `json:"outcome"`
	Bytes    int64  `json:"bytes"` // of the object; of one that only the target has 0
	Parts    int    `json:"parts,omitempty"`
	Reused   int    `json:"reused,omitempty"`   // parts that an earlier run had sent
	Attempts int    `json:"attempts,omitempty"` // requests that carried a body
	// Level is how well the copy is proven; of one that a ledger knows from before, how well
	// it was. What both sides list with one ETag, and no ledger knows, has none.
	Level      string  `json:"level,omitempty"`
	Checksum   string  `json:"checksum,omitempty"` // CRC-64/NVME of the whole object, in base64
	SourceETag string  `json:"source_etag,omitempty"`
	TargetETag string  `json:"target_etag,omitempty"`
	Seconds    float64 `json:"seconds,omitempty"` // that the copy took
	// Error is why it failed.
	Error string `json:"error,omitempty"`
}

// NewLine returns what a report says of an event.
func NewLine(e *Event) Line {
	l := Line{Dst: e.Job.Dst, Src: e.Job.Src.URI, Change: e.Change, Outcome: "none", Bytes: e.Job.Src.Size, SourceETag: e.Job.Src.ETag}
	if r := e.Result; r != nil {
		l.Outcome, l.Bytes, l.Parts, l.Reused, l.Attempts = "copied", r.Size, r.Parts, r.Resumed, r.Attempts
		l.Level, l.Checksum, l.SourceETag, l.TargetETag, l.Seconds = r.Level.String(), r.Checksum, r.SourceETag, r.ETag, r.Elapsed.Seconds()
	}
	if k := e.Known; k != nil {
		l.Level, l.Checksum, l.TargetETag = k.Level.String(), k.Checksum, k.Target
	}
	switch {
	case e.Err != nil:
		l.Outcome, l.Error = "failed", e.Err.Error()
		if failed, ok := errors.AsType[*Error](e.Err); ok {
			l.Attempts, l.Seconds = failed.Attempts, failed.Elapsed.Seconds()
		}
	case e.Removed:
		l.Outcome = "removed"
	}
	return l
}

// JSONLines writes a report: a [Line] for each event, and at last the summary, as
// {"summary": ...}. A report without one is of a run that did not come to its end.
// It is safe for concurrent use.
type JSONLines struct {
	mu      sync.Mutex // guards encoder
	encoder *json.Encoder
}

// NewJSONLines returns a report that is written to w, a line at a time. The caller
// keeps w and closes it.
func NewJSONLines(w io.Writer) *JSONLines {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // keys are for people, too
	return &JSONLines{encoder: encoder}
}

// Event writes the line of an event.
func (j *JSONLines) Event(e *Event) error { return j.write(NewLine(e)) }

// Summary writes the last line.
func (j *JSONLines) Summary(s *Summary) error {
	return j.write(struct {
		Summary *Summary `json:"summary"`
	}{s})
}

func (j *JSONLines) write(v any) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.encoder.Encode(v)
}
