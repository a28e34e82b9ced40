package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/pair"
	"github.com/redferry/redferry/validate"
)

func printAccounts(w io.Writer, p *pair.Pair, took time.Duration) {
	fmt.Fprintf(w, "Two AWS accounts, made and filled in %.1f s:\n", took.Seconds())
	for _, a := range []*pair.Account{p.A, p.B} {
		fmt.Fprintf(w, "  account %s %s (%s): Redshift %s, bucket %s, role %s\n",
			a.Side, a.ID, a.Region, a.Workgroup, a.Stage.Bucket, a.Role)
	}
}

func printPlan(w io.Writer, e event) {
	fmt.Fprintln(w, "  plan, in this order:")
	for i, name := range e.Plan {
		fmt.Fprintf(w, "  %2d. %s\n", i+1, name)
	}
}

// printReport shows what became of each table, and what was compared.
func printReport(w io.Writer, r *pipeline.Report) {
	if r == nil {
		return
	}
	fmt.Fprintln(w)
	_, _ = r.WriteTo(w)
	tw := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	for _, t := range r.Tables {
		if t.Checks != nil {
			fmt.Fprintf(tw, "  %s\t%s\n", t.Target, checks(t.Checks))
		}
	}
	_ = tw.Flush()
}

// checks says in one line what was looked at.
func checks(r *validate.Report) string {
	list := make([]string, len(r.Checks))
	for i, c := range r.Checks {
		list[i] = c.Name + " " + c.Value
		switch {
		case c.NotMade != "":
			list[i] = c.Name + " not checked: " + c.NotMade
		case len(c.Findings) > 0:
			list[i] += " DIFFERENT"
		}
	}
	verdict := "equal"
	if err := r.Err(); err != nil {
		verdict = err.Error()
	}
	return strings.Join(list, ", ") + ": " + verdict
}

func printSummary(w io.Writer, r *pipeline.Report, took time.Duration) {
	var rows, bytes int64
	files := 0
	for _, t := range r.Tables {
		rows, bytes, files = rows+t.Rows, bytes+t.Bytes, files+len(t.Files)
	}
	fmt.Fprintf(w, "\nAll of it: %d tables, %d rows, %d files, %d bytes, moved in two runs and validated; %.1f s in all.\n",
		len(r.Tables), rows, files, bytes, took.Seconds())
}
