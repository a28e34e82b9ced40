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
	// Manifest is what the UNLOAD wrote; empty for no rows, nil if it is lost.
	Manifest *redferry.Manifest
	// From is the prefix of its files; they were copied to the same place below To.
	// An object named manifest directly below To, as UNLOAD writes one, may be
	// there besides them.
	From, To redferry.URI
	// Loaded is what the COPY counted; -1 if nobody knows.
	Loaded int64
	// Appended says that the target may have had rows before, so that a count
	// above the manifest's tells nothing about this move.
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
	TargetRows = "target rows" // count(*) at the target, and the manifest, or the source without one
	TargetFile = "files"       // the manifest's files, and the target's bucket
)

// Compare makes all checks of one move. A nil files leaves the check of files
// unmade. The counts of both sides are taken when Compare is called: rows that
// came to the source since its UNLOAD are a finding, too.
func Compare(ctx context.Context, target, source exec.Executor, files Lister, m *Move) (*Report, error) {
	r := &Report{Source: m.Source, Target: m.Target}
	want := expectation{rows: -1, where: "in the manifest"}
	if m.Manifest != nil {
		want.rows = m.Manifest.Rows
	}
	counted, err := count(ctx, source, m.Source)
	if err != nil {
		return nil, fmt.Errorf("validate: source: %w", err)
	}
	r.compareRows(SourceRows, m.Source, counted, want)
	r.compareLoaded(m, want)
	if want.rows < 0 {
		want = expectation{rows: counted, where: "at the source"}
	}
	if counted, err = count(ctx, target, m.Target); err != nil {
		return nil, fmt.Errorf("validate: target: %w", err)
	}
	if m.Appended && counted > want.rows {
		r.add(Check{Name: TargetRows, NotMade: fmt.Sprintf("it has %d rows, and had some before this load", counted)})
	} else {
		r.compareRows(TargetRows, m.Target, counted, want)
	}
	if err := r.compareFiles(ctx, files, m); err != nil {
		return nil, fmt.Errorf("validate: files of the target: %w", err)
	}
	return r, nil
}

func count(ctx context.Context, e exec.Executor, table redferry.Table) (int64, error) {
	rows, err := e.Query(ctx, exec.Statement{SQL: "SELECT count(*) FROM " + table.String(), Label: "count " + table.String(), Idempotent: true})
	if err != nil {
		return 0, err
	}
	return exec.Scalar[int64](rows)
}

// An expectation is a number of rows, -1 if nobody knows it, and where it comes from.
type expectation struct {
	rows  int64
	where string
}

func (e expectation) String() string { return number(e.rows, "rows "+e.where) }

// compareRows holds a table's count against what is expected.
func (r *Report) compareRows(check string, table redferry.Table, counted int64, want expectation) {
	c := Check{Name: check, Value: strconv.FormatInt(counted, 10)}
	switch {
	case want.rows < 0:
		c.NotMade = "the manifest does not tell how many rows it has"
	case counted != want.rows:
		c.Findings = append(c.Findings, Finding{Subject: table.String(), Want: want.String(), Got: number(counted, "rows")})
	}
	r.add(c)
}

func (r *Report) compareLoaded(m *Move, want expectation) {
	c := Check{Name: LoadedRows, Value: strconv.FormatInt(m.Loaded, 10)}
	switch {
	case m.Loaded < 0:
		c = Check{Name: LoadedRows, NotMade: "nobody knows what the COPY counted"}
	case want.rows < 0:
		c.NotMade = "the manifest does not tell how many rows it has"
	case m.Loaded != want.rows:
		c.Findings = append(c.Findings, Finding{Subject: m.Target.String(), Want: want.String(), Got: number(m.Loaded, "rows loaded")})
	}
	r.add(c)
}

func number(n int64, what string) string { return fmt.Sprintf("%d %s", n, what) }
