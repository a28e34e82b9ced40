package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/pipeline"
)

// printHalf shows what there is of each table after the first run, by the servers.
func (w *world) printHalf(ctx context.Context, out io.Writer) error {
	tw := tabwriter.NewWriter(out, 2, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "  table\tfiles in bucket B\tparts of the next\trows in B")
	for _, p := range w.there() {
		parts := "-"
		for _, u := range w.pair.B.S3.OpenUploads(p.at) {
			for _, half := range w.half() {
				if half.key == u.URI.Key {
					parts = fmt.Sprintf("%d of %d", len(u.Parts), half.parts)
				}
			}
		}
		from, _ := p.at.Rebase(w.B.Stage, w.A.Stage)
		want, got := dataFiles(w.pair.A.S3.Objects(from)), dataFiles(w.pair.B.S3.Objects(p.at))
		a, b, err := w.rows(ctx, p.table)
		if err != nil {
			return err
		}
		fmt.Fprintf(tw, "  %s\t%d of %d\t%s\t%d of %d\n", p.table, len(got), len(want), parts, b, a)
	}
	return tw.Flush()
}

// rows counts a table's rows on both sides.
func (w *world) rows(ctx context.Context, table redferry.Table) (a, b int64, err error) {
	if a, err = rowsOf(ctx, w.a, table); err == nil {
		b, err = rowsOf(ctx, w.b, table)
	}
	return a, b, err
}

func rowsOf(ctx context.Context, e exec.Executor, table redferry.Table) (int64, error) {
	rows, err := e.Query(ctx, exec.Statement{SQL: "SELECT count(*) FROM " + table.String(), Label: "count"})
	if err != nil {
		return 0, err
	}
	return exec.Scalar[int64](rows)
}

// compareRuns shows what each run did, by the logs of the servers, and fails if
// the second did again what the first had finished.
func (w *world) compareRuns(ctx context.Context, out io.Writer, report *pipeline.Report, first, second evidence) error {
	before, after := first.summarize(w.there()), second.summarize(w.there())
	var list []comparison
	var wrong []error
	for _, t := range report.Tables {
		c := comparison{table: t.Source, first: before.of(t.Source), second: after.of(t.Source)}
		var err error
		if c.rowsA, c.rowsB, err = w.rows(ctx, t.Source); err != nil {
			return err
		}
		list, wrong = append(list, c), append(wrong, c.check())
	}
	printComparisons(out, list)
	printFiles(out, report, list)
	return errors.Join(wrong...)
}

func printComparisons(out io.Writer, list []comparison) {
	fmt.Fprintln(out, "\nWhat the servers have seen, first run + second run:")
	tw := tabwriter.NewWriter(out, 2, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "  table\tCREATE\tUNLOAD\tCOPY\tparts sent\tbytes sent\tsent again\trows in A\tin B")
	var kept savings
	for i := range list {
		c := &list[i]
		kept.add(c)
		parts, bytes := c.first.total()
		newParts, newBytes := c.second.total()
		fmt.Fprintf(tw, "  %s\t%s\t%s\t%s\t%d + %d\t%d + %d\t%d\t%d\t%d\n", c.table,
			both(c.first.create, c.second.create), both(c.first.unload, c.second.unload), both(c.first.load, c.second.load),
			parts, newParts, bytes, newBytes, len(c.again()), c.rowsA, c.rowsB)
	}
	_ = tw.Flush()
	fmt.Fprintf(out, "  Not done again: %d CREATE TABLE, %d UNLOAD, %d COPY; %d parts with %d bytes.", kept.creates, kept.unloads, kept.loads, kept.parts, kept.bytes)
	if kept.manifests > 0 {
		fmt.Fprintf(out, " Written again: %d manifest for COPY.", kept.manifests)
	}
	fmt.Fprintln(out)
}

func both(first, second count) string { return fmt.Sprintf("%d + %d", first.done, second.done) }

// printFiles shows each file with its proof, and how many of its parts each run
// has sent.
func printFiles(out io.Writer, r *pipeline.Report, list []comparison) {
	tw := tabwriter.NewWriter(out, 2, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "\n  file in bucket B\tbytes\tparts sent\tproof\tCRC-64/NVME")
	for _, t := range r.Tables {
		for _, f := range t.Files {
			var first, second int
			for i := range list {
				first += list[i].first.parts(f.Target.Key)
				second += list[i].second.parts(f.Target.Key)
			}
			_, name, _ := strings.Cut(f.Target.Key, r.Run+"/")
			fmt.Fprintf(tw, "  %s\t%d\t%d + %d\t%s\t%s\n", name, f.Size, first, second, f.Level, f.Checksum)
		}
	}
	_ = tw.Flush()
}
