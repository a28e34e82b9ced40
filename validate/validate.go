// Package validate compares what a table's move should have brought with what
// is there: rows counted on both sides, the manifest, and the files in the
// target's bucket.
//
// A difference is a finding, not an error: [Compare] returns an error only when
// it could not look. A [Check] that was not made says why, and never counts as
// passed. [Report.Err] makes an error of findings.
//
// This package knows no wire: it imports neither the AWS SDK nor a driver.
package validate

import (
	"context"
	"fmt"
	"iter"
	"strconv"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
)

// A Move is one table's move, as those who made it tell it.
type Move struct {
	Source, Target redferry.Table
	// Manifest is what the UNLOAD wrote; empty for no rows.
	Manifest *redferry.Manifest
	// From is the prefix of its files; they were copied to the same place below To.
	From, To redferry.URI
	// Loaded is what the COPY counted; -1 if nobody knows.
	Loaded int64
	// Appended says that the target had rows before, so that its count tells
	// nothing about this move.
	Appended bool
}

// A File is an object of the target's bucket.
type File struct {
	URI  redferry.URI
	Size int64 // bytes
}

// A Lister lists a bucket; it needs no right to read what it lists.
type Lister interface {
	// List yields the files under prefix, in any order. An error ends it.
	List(ctx context.Context, prefix redferry.URI) iter.Seq2[File, error]
}

// The names of the checks of [Compare].
const (
	SourceRows = "source rows" // count(*) at the source, and the manifest
	LoadedRows = "loaded rows" // what COPY counted, and the manifest
	TargetRows = "target rows" // count(*) at the target, and the manifest
	TargetFile = "files"       // the manifest's files, and the target's bucket
)

// Compare makes all checks of one move. A nil files leaves the check of files
// unmade. The counts of both sides are taken when Compare is called: rows that
// came to the source since its UNLOAD are a finding, too.
func Compare(ctx context.Context, target, source exec.Executor, files Lister, m *Move) (*Report, error) {
	r := &Report{Source: m.Source, Target: m.Target}
	want := m.Manifest.Rows
	if err := r.countRows(ctx, SourceRows, source, m.Source, want); err != nil {
		return nil, fmt.Errorf("validate: source: %w", err)
	}
	r.loaded(m, want)
	if m.Appended {
		r.add(Check{Name: TargetRows, NotMade: "the table had rows before this load"})
	} else if err := r.countRows(ctx, TargetRows, target, m.Target, want); err != nil {
		return nil, fmt.Errorf("validate: target: %w", err)
	}
	if err := r.compareFiles(ctx, files, m); err != nil {
		return nil, fmt.Errorf("validate: files of the target: %w", err)
	}
	return r, nil
}

// countRows holds a table's count against the manifest's.
func (r *Report) countRows(ctx context.Context, check string, e exec.Executor, table redferry.Table, want int64) error {
	rows, err := e.Query(ctx, exec.Statement{SQL: "SELECT count(*) FROM " + table.String(), Label: "count " + table.String(), Idempotent: true})
	if err != nil {
		return err
	}
	got, err := exec.Scalar[int64](rows)
	if err != nil {
		return err
	}
	c := Check{Name: check, Value: strconv.FormatInt(got, 10)}
	if got != want {
		c.Findings = append(c.Findings, Finding{Subject: table.String(), Want: number(want, "rows in the manifest"), Got: number(got, "rows")})
	}
	r.add(c)
	return nil
}

func (r *Report) loaded(m *Move, want int64) {
	c := Check{Name: LoadedRows, Value: strconv.FormatInt(m.Loaded, 10)}
	switch {
	case m.Loaded < 0:
		c = Check{Name: LoadedRows, NotMade: "nobody knows what the COPY counted"}
	case m.Loaded != want:
		c.Findings = append(c.Findings, Finding{Subject: m.Target.String(), Want: number(want, "rows in the manifest"), Got: number(m.Loaded, "rows loaded")})
	}
	r.add(c)
}

func number(n int64, what string) string { return fmt.Sprintf("%d %s", n, what) }
