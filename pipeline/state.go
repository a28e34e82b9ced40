package pipeline

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"github.com/redferry/redferry"
)

// A Step is one of the five steps of a table's move.
type Step string

// The steps, in order. The empty Step comes before the first.
const (
	Define   Step = "define"
	Unload   Step = "unload"
	Transfer Step = "transfer"
	Load     Step = "load"
	Validate Step = "validate"
)

var steps = []Step{"", Define, Unload, Transfer, Load, Validate}

// Reached reports whether s is step or comes after it.
func (s Step) Reached(step Step) bool {
	var at, want int
	for i, candidate := range steps {
		if candidate == s {
			at = i
		}
		if candidate == step {
			want = i
		}
	}
	return at >= want
}

// A Record is what a [State] remembers of one table's move.
type Record struct {
	Run   string         `json:"run"`
	Table redferry.Table `json:"table"` // at the source
	// Target is where its rows go.
	Target redferry.Table `json:"target"`
	// Step is the last that ended well.
	Step Step `json:"step"`
	// Begun says that the move made the table of the target, or was about to; it is
	// saved before the table is made.
	Begun bool `json:"begun,omitempty"`
	// Attempt counts UNLOADs. It is saved before one starts, because what an
	// interrupted one wrote under its prefix is not used.
	Attempt int `json:"attempt"`
	// Generation orders loads that replace the target; it is set with the first
	// Attempt, in Unix microseconds.
	Generation int64 `json:"generation"`
	// Folder is the last part of the prefix of the last Attempt; no other has it.
	Folder string `json:"folder,omitempty"`
	// Columns are those of the source that the last Attempt unloads, in order.
	Columns []redferry.Column `json:"columns,omitempty"`
	// Manifest is what the UNLOAD wrote; nil before it ended.
	Manifest *redferry.Manifest `json:"manifest,omitempty"`
	// Files are copies made and proven: all of them once Step is Transfer or later,
	// before that those that the next run need not make again.
	Files []File `json:"files,omitempty"`
}

// check refuses a record that no run can have written.
func (r *Record) check(run string, table redferry.Table) error {
	var wrong string
	switch {
	case r.Run != run || r.Table != table:
		wrong = fmt.Sprintf("it is of run %s, table %s", r.Run, r.Table)
	case !slices.Contains(steps, r.Step):
		wrong = fmt.Sprintf("it has no step %q", r.Step)
	case r.Step.Reached(Unload) && (r.Manifest == nil || r.Manifest.Rows < 0 || r.Folder == "" || len(r.Columns) == 0):
		wrong = "it lacks what was unloaded"
	case r.Step.Reached(Transfer) && len(r.Files) != len(r.Manifest.Entries):
		wrong = "it lacks what was copied"
	default:
		return nil
	}
	return fmt.Errorf("pipeline: state: the record of run %s, table %s cannot be right: %s; delete it to move the table from the start", run, table, wrong)
}

// A State remembers records, so that a move survives the program. It is safe
// for concurrent use for different tables. Two runners of one move need not know
// of each other: rows are loaded once all the same, but files may be written and
// copied twice. Package pipelinetest checks implementations.
type State interface {
	// Read returns the record of a table, or an error that wraps fs.ErrNotExist.
	Read(ctx context.Context, run string, table redferry.Table) (*Record, error)
	// Write stores a record in place of the one before; when it returns, the
	// record survives a crash. What record points to is not changed afterwards.
	Write(ctx context.Context, record *Record) error
}

// NewMemState returns a State that lives as long as the process.
func NewMemState() State { return &memState{records: make(map[recordKey]Record)} }

type recordKey struct {
	run   string
	table redferry.Table
}

type memState struct {
	mu      sync.Mutex // guards records
	records map[recordKey]Record
}

var _ State = (*memState)(nil)

func (s *memState) Read(_ context.Context, run string, table redferry.Table) (*Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	record, ok := s.records[recordKey{run, table}]
	if !ok {
		return nil, fmt.Errorf("pipeline: state of run %s, table %s: %w", run, table, fs.ErrNotExist)
	}
	return &record, nil
}

func (s *memState) Write(_ context.Context, record *Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[recordKey{record.Run, record.Table}] = *record
	return nil
}
