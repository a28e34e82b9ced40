package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/redferry/redferry"
)

// Files keeps small files by name. Names are of letters, digits, dots, hyphens
// and underscores, and up to 130 bytes long. It is safe for concurrent use for
// different names.
type Files interface {
	// Read returns the content of a file, or an error that wraps fs.ErrNotExist.
	Read(name string) ([]byte, error)
	// Write stores a file in place of the one before. It is there whole or not at
	// all; when Write returns without an error, it survives a crash.
	Write(name string, data []byte) error
}

// FileState returns a State that keeps one small JSON file per table in files.
// It outlives what files outlives. If files also has a method Path(name string)
// string, errors name a file by its path.
func FileState(files Files) State { return fileState{files} }

type fileState struct{ files Files }

var _ State = fileState{}

func (s fileState) Read(_ context.Context, run string, table redferry.Table) (*Record, error) {
	name := fileName(run, table)
	data, err := s.files.Read(name)
	if err != nil {
		return nil, fmt.Errorf("pipeline: state: %w", err)
	}
	var record Record
	if err := json.Unmarshal(data, &record); err != nil {
		return nil, fmt.Errorf("pipeline: state: %s: %w; delete it to move %s from the start", s.path(name), err, table)
	}
	if record.Run != run || record.Table != table {
		return nil, fmt.Errorf("pipeline: state: %s is of run %s, table %s", s.path(name), record.Run, record.Table)
	}
	return &record, nil
}

func (s fileState) Write(_ context.Context, record *Record) error {
	data, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("pipeline: state: %w", err)
	}
	if err := s.files.Write(fileName(record.Run, record.Table), data); err != nil {
		return fmt.Errorf("pipeline: state: %w", err)
	}
	return nil
}

// path is the file of that name as people find it.
func (s fileState) path(name string) string {
	if files, ok := s.files.(interface{ Path(name string) string }); ok {
		return files.Path(name)
	}
	return name
}

func fileName(run string, table redferry.Table) string { return run + "." + folder(table) + ".json" }

// folder is a name for a table in object keys and file names: what is plain in
// its name, for people, and a hash of the rest, for being unique. It begins
// with a letter, because Redshift takes files below a name that begins with an
// underscore or a dot for hidden.
func folder(table redferry.Table) string {
	sum := sha256.Sum256([]byte(table.String()))
	return fmt.Sprintf("t-%.40s-%x", plain(table.Schema+"."+table.Name), sum[:6])
}

func plain(name string) string {
	b := []byte(name)
	for i, c := range b {
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_'
		if !ok {
			b[i] = '-'
		}
	}
	return string(b)
}
