package main

import (
	"fmt"
	"io"
	"math"
	"slices"
)

const tableHead = `| set | scheme | program | wall s | CPU s | peak MiB | ours / it: wall | CPU | memory |
| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
`

// writeRows writes a row of the table for each result: medians, and for rivals the
// medians of the ratios of our rounds to theirs.
func writeRows(w io.Writer, set, scheme string, results []result) {
	mine := slices.IndexFunc(results, func(r result) bool { return r.program == ours })
	for i, r := range results {
		fmt.Fprintf(w, "| %s | %s | %s |", set, scheme, r.program)
		for _, c := range columns {
			fmt.Fprint(w, cell(r.each(c.of), c.digits))
		}
		for _, c := range columns {
			if mine < 0 || i == mine {
				fmt.Fprint(w, " |")
				continue
			}
			fmt.Fprint(w, ratio(results[mine], r, c))
		}
		fmt.Fprintln(w)
	}
}

// A column is a measure of a run: seconds, or MiB.
type column struct {
	of     func(cost) float64
	digits int // behind the point
}

var columns = []column{
	{func(c cost) float64 { return c.wall.Seconds() }, 2},
	{func(c cost) float64 { return c.cpu.Seconds() }, 2},
	{func(c cost) float64 { return float64(c.peak) / (1 << 20) }, 0},
}

func (r result) each(measure func(cost) float64) []float64 {
	values := make([]float64, len(r.costs))
	for i, c := range r.costs {
		values[i] = measure(c)
	}
	return values
}

// ratio is the cell with the median of our rounds' ratios to a rival's: what disturbed
// one round disturbed both.
func ratio(mine, rival result, c column) string {
	ratios := mine.each(c.of)
	for i, value := range rival.each(c.of) {
		ratios[i] /= value
	}
	return cell(ratios, 2)
}

// cell is the cell with a median, or a question mark if one of the values cannot be
// told.
func cell(values []float64, digits int) string {
	for _, v := range values {
		if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
			return " ? |"
		}
	}
	return fmt.Sprintf(" %.*f |", digits, median(values))
}

// median is the value in the middle, or the mean of both that are there. There has to
// be one.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
