package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/atomicfile"
)

// DirState returns a State that keeps one small JSON file per table in dir,
// which it creates. Files are written aside, synced and renamed, so a crash
// leaves the old record or the new one.
func DirState(dir string) (State, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("pipeline: state: %w", err)
	}
	if err := atomicfile.Sweep(dir); err != nil {
		return nil, fmt.Errorf("pipeline: state: %w", err)
	}
	return dirState(dir), nil
}

type dirState string

var _ State = dirState("")

func (d dirState) path(run string, table redferry.Table) string {
	return filepath.Join(string(d), run+"."+folder(table)+".json")
}

func (d dirState) Read(_ context.Context, run string, table redferry.Table) (*Record, error) {
	data, err := os.ReadFile(d.path(run, table))
	if err != nil {
		return nil, fmt.Errorf("pipeline: state: %w", err)
	}
	var record Record
	if err := json.Unmarshal(data, &record); err != nil {
		return nil, fmt.Errorf("pipeline: state: %s: %w; delete it to move %s from the start", d.path(run, table), err, table)
	}
	if record.Run != run || record.Table != table {
		return nil, fmt.Errorf("pipeline: state: %s is of run %s, table %s", d.path(run, table), record.Run, record.Table)
	}
	return &record, nil
}

func (d dirState) Write(_ context.Context, record *Record) error {
	data, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("pipeline: state: %w", err)
	}
	if err := atomicfile.Write(d.path(record.Run, record.Table), data); err != nil {
		return fmt.Errorf("pipeline: state: %w", err)
	}
	return nil
}

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
