package pipeline

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/validate"
)

// A Report says what a move did, table by table, in the order of the plan.
type Report struct {
	Run     string
	Plan    *ddl.Plan    // nil if the move did not get so far
	Applied *ddl.Applied // what was created; nil likewise
	Tables  []TableReport
	Elapsed time.Duration
}

// A TableReport says what became of one table.
type TableReport struct {
	Source, Target redferry.Table
	// Step is the last that ended well; Validate means that all did.
	Step Step
	// Resumed is the last step that an earlier run had finished; empty if there was none.
	Resumed Step
	Rows    int64 // in the manifest; -1 before the UNLOAD
	Bytes   int64
	// Loaded is what the COPY counted, before its transaction was committed; -1
	// before the load.
	Loaded int64
	Files  []File
	// Already is true if the ledger showed that the rows had been loaded before.
	Already bool
	// Checks is what the validation looked at and found; nil if it did not come to it.
	Checks  *validate.Report
	Elapsed time.Duration
	// Err is nil if the table has arrived and everything that was compared is
	// equal; else it wraps an [*Error].
	Err error
}

// A File is one file that the bridge copied.
type File struct {
	Source   redferry.URI `json:"source"`
	Target   redferry.URI `json:"target"`
	Size     int64        `json:"size"` // bytes
	Level    bridge.Level `json:"level"`
	Checksum string       `json:"checksum"` // CRC-64/NVME, base64
	Parts    int          `json:"parts"`
	Resumed  int          `json:"resumed"` // parts that were there already
}

// An Error is the failure of one table's step.
type Error struct {
	Table redferry.Table // at the source
	Step  Step
	Side  string // "source", "target", or empty where both are concerned
	Err   error
}

// Error returns the table, the step and the side before the cause.
func (e *Error) Error() string {
	step := string(e.Step)
	if e.Side != "" {
		step += " at the " + e.Side
	}
	return fmt.Sprintf("pipeline: %s: %s: %v", e.Table, step, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Err joins the errors of the tables; nil means that all have arrived.
func (r *Report) Err() error {
	var failed []error
	for _, t := range r.Tables {
		failed = append(failed, t.Err)
	}
	return errors.Join(failed...)
}

// WriteTo writes the report as a table for people.
func (r *Report) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "source\ttarget\trows\tfiles\tbytes\tproof\tresult")
	for _, t := range r.Tables {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%d\t%d\t%s\t%s\n", t.Source, t.Target, count(t.Rows), len(t.Files), t.Bytes, t.proof(), t.outcome())
	}
	if err := tw.Flush(); err != nil {
		return 0, err
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

func count(n int64) string {
	if n < 0 {
		return "?"
	}
	return fmt.Sprint(n)
}

// proof is the weakest level of the table's files.
func (t *TableReport) proof() string {
	if len(t.Files) == 0 {
		return "-"
	}
	weakest := t.Files[0].Level
	for _, f := range t.Files[1:] {
		weakest = min(weakest, f.Level)
	}
	return weakest.String()
}

func (t *TableReport) outcome() string {
	switch {
	case t.Err != nil:
		return "FAILED: " + strings.ReplaceAll(t.Err.Error(), "\n", "; ")
	case t.Step != Validate:
		return "stopped after " + string(t.Step)
	}
	outcome := "validated"
	if t.Already {
		outcome += " (loaded by an earlier run)"
	}
	if t.Checks != nil {
		for _, c := range t.Checks.Checks {
			if c.NotMade != "" {
				outcome += ", not checked: " + c.Name
			}
		}
	}
	return outcome
}
