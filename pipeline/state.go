package pipeline

import (
	"context"
	"fmt"
	"io/fs"
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
	// Step is the last that ended well.
	Step Step `json:"step"`
	// Attempt counts UNLOADs. It is saved before one starts, because what an
	// interrupted one wrote under its prefix is not used.
	Attempt int `json:"attempt"`
	// Generation orders loads that replace the target; it is set with the first
	// Attempt, in Unix microseconds.
	Generation int64 `json:"generation"`
	// Manifest is what the UNLOAD wrote; nil before it ended.
	Manifest *redferry.Manifest `json:"manifest,omitempty"`
	// Loaded is what the COPY counted, once Step is Load or later.
	Loaded int64 `json:"loaded,omitempty"`
	// Files are the copies made, once Step is Transfer or later.
	Files []File `json:"files,omitempty"`
}

// A State remembers records, so that a move survives the program. It is safe
// for concurrent use for different tables. TestState checks implementations.
type State interface {
	// Read returns the record of a table, or an error that wraps fs.ErrNotExist.
	Read(ctx context.Context, run string, table redferry.Table) (*Record, error)
	// Write stores a record in place of the one before; when it returns, the
	// record survives a crash. It keeps nothing of record.
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
