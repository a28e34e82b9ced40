package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/examples/internal/flights"
	"github.com/redferry/redferry/exec"
)

// A digest is a query that gives one row of the same on both sides: it depends
// on every value of a column, or on every row.
type digest struct{ what, sql string }

var digests = []digest{
	{"flights: sums and ends", "SELECT count(id), sum(id), min(date), max(date), sum(delay), sum(distance), count(delay) FROM air.flights"},
	{"flights: each with its airports", "SELECT count(*), sum(f.distance * (length(a.name) + 3 * length(b.city))) FROM air.flights f JOIN air.airports a ON a.iata = f.origin JOIN air.airports b ON b.iata = f.destination"},
	{"airports, value by value", "SELECT * FROM air.airports ORDER BY iata"},
}

// compareContent looks at the values themselves, which counting rows does not:
// sums over every column of the large tables, and each value of the hostile one.
func (w *world) compareContent(ctx context.Context, out io.Writer) error {
	tw := tabwriter.NewWriter(out, 2, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "\n  looked at\tin A\tin B")
	var different []error
	hostile := digest{"the hostile table, value by value", `SELECT "it's", "back\slash", "select" FROM ` + flights.HostileTable.String() + " ORDER BY 1"}
	for _, d := range append(digests, hostile) {
		a, err := values(ctx, w.a, d.sql)
		if err != nil {
			return fmt.Errorf("%s in A: %w", d.what, err)
		}
		b, err := values(ctx, w.b, d.sql)
		if err != nil {
			return fmt.Errorf("%s in B: %w", d.what, err)
		}
		verdict := "the same"
		if a != b {
			verdict = "DIFFERENT"
			different = append(different, fmt.Errorf("%s: A has %s, B has %s", d.what, a, b))
		}
		fmt.Fprintf(tw, "  %s\t%.70s\t%s\n", d.what, a, verdict)
	}
	different = append(different, w.compareDefinitions(ctx, tw))
	return errors.Join(append(different, tw.Flush())...)
}

// compareDefinitions inspects both warehouses: columns, encodings, keys, identity,
// distribution, foreign keys and comments.
func (w *world) compareDefinitions(ctx context.Context, out io.Writer) error {
	all := ddl.Selector{Schemas: []string{flights.Schema}}
	a, err := ddl.New(nil).Inspect(ctx, w.a, all)
	if err != nil {
		return err
	}
	b, err := ddl.New(nil).Inspect(ctx, w.b, all)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(a.Tables, b.Tables); diff != "" {
		return fmt.Errorf("the definitions differ (-A +B):\n%s", diff)
	}
	fmt.Fprintf(out, "  definitions\t%d tables with all of their properties\tthe same\n", len(a.Tables))
	return nil
}

// values returns all rows of a query as one text, in which NULL is told from "".
func values(ctx context.Context, e exec.Executor, sql string) (string, error) {
	rows, err := e.Query(ctx, exec.Statement{SQL: sql, Label: "compare content"})
	if err != nil {
		return "", err
	}
	lines, err := exec.Collect(rows, func(r *exec.Rows) (string, error) {
		cells := make([]any, len(r.Columns()))
		dest := make([]any, len(cells))
		for i := range cells {
			dest[i] = &cells[i]
		}
		err := r.Scan(dest...)
		return strings.Join(texts(cells), " | "), err
	})
	return strings.Join(lines, "; "), err
}

func texts(cells []any) []string {
	list := make([]string, len(cells))
	for i, cell := range cells {
		switch v := cell.(type) {
		case nil:
			list[i] = "NULL"
		case string:
			list[i] = strconv.Quote(v)
		case time.Time:
			list[i] = v.Format("2006-01-02 15:04:05.999999")
		default:
			list[i] = fmt.Sprint(v)
		}
	}
	return list
}
