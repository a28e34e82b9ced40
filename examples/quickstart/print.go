package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/pair"
)

func printAccounts(w io.Writer, p *pair.Pair, took time.Duration) {
	fmt.Fprintf(w, "Two AWS accounts, made and filled in %.1f s:\n", took.Seconds())
	for _, a := range []*pair.Account{p.A, p.B} {
		fmt.Fprintf(w, "  account %s %s (%s): Redshift %s, bucket %s, role %s\n",
			a.Side, a.ID, a.Region, a.Workgroup, a.Stage.Bucket, a.Role)
	}
}

// printReport shows what became of each table, and each file with its proof.
func printReport(w io.Writer, r *pipeline.Report) {
	if r == nil {
		return
	}
	if r.Applied != nil {
		fmt.Fprintln(w, "\nDefined at the target:")
		for _, s := range r.Applied.Steps {
			fmt.Fprintf(w, "  %-9s %s\n", s.Outcome, s.Step.Name)
		}
	}
	tw := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "\n  file in bucket B\tbytes\tproof\tCRC-64/NVME")
	for _, t := range r.Tables {
		for _, f := range t.Files {
			fmt.Fprintf(tw, "  %s\t%d\t%s\t%s\n", f.Target.Key, f.Size, f.Level, f.Checksum)
		}
	}
	_ = tw.Flush()
	fmt.Fprintln(w)
	_, _ = r.WriteTo(w)
	for _, t := range r.Tables {
		if t.Checks != nil {
			_, _ = t.Checks.WriteTo(w)
		}
	}
}

func printSummary(w io.Writer, r *pipeline.Report, took time.Duration) {
	var rows, bytes int64
	files := 0
	for _, t := range r.Tables {
		rows, bytes, files = rows+t.Rows, bytes+t.Bytes, files+len(t.Files)
	}
	fmt.Fprintf(w, "\nAll of it: %d tables, %d rows, %d files, %d bytes, moved in %.1f s and validated; %.1f s in all.\n",
		len(r.Tables), rows, files, bytes, r.Elapsed.Seconds(), took.Seconds())
}
