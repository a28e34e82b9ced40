package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// list is where each mutant that lives is named, with its reason.
const list = "docs/mutation.md"

// A result is what became of a package's mutants.
type result struct {
	pkg    string
	took   time.Duration
	counts map[string]int // by gremlins' words
	lived  []string       // see describe
	others []string       // timed out or not covered
}

// readResult reads gremlins' own report.
func readResult(file, pkg string) (*result, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var content struct {
		Files []struct {
			Name    string   `json:"file_name"`
			Mutants []mutant `json:"mutations"`
		} `json:"files"`
	}
	if err := json.Unmarshal(data, &content); err != nil {
		return nil, err
	}
	r := &result{pkg: pkg, counts: make(map[string]int)}
	for _, f := range content.Files {
		name := path.Join(pkg, f.Name)
		source, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		for _, m := range f.Mutants {
			r.counts[m.Status]++
			switch m.Status {
			case "LIVED":
				r.lived = append(r.lived, m.describe(name, string(source)))
			case "NOT COVERED", "TIMED OUT":
				r.others = append(r.others, fmt.Sprintf("%s (line %d): %s", m.describe(name, string(source)), m.Line, strings.ToLower(m.Status)))
			}
		}
	}
	slices.Sort(r.lived)
	slices.Sort(r.others)
	return r, nil
}

// A mutant is one in gremlins' report.
type mutant struct {
	Type   string `json:"type"`
	Status string `json:"status"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// describe names a mutant so that it is still found when lines above it change:
// by its file, its kind, and its line with a mark before the operator.
func (m mutant) describe(file, source string) string {
	line := strings.Split(source, "\n")[m.Line-1]
	marked := strings.TrimSpace(line[:m.Column-1] + "»" + line[m.Column-1:])
	return fmt.Sprintf("`%s` %s `%s`", file, strings.ToLower(strings.ReplaceAll(m.Type, "_", " ")), marked)
}

// efficacy is the share of mutants killed among those that tests met, in percent.
func (r *result) efficacy() float64 { return share(r.counts["KILLED"], r.counts["LIVED"]) }

// coverage is the share of mutants that tests met, in percent.
func (r *result) coverage() float64 {
	return share(r.counts["KILLED"]+r.counts["LIVED"]+r.counts["TIMED OUT"], r.counts["NOT COVERED"])
}

// share is a of a and b, in percent with one decimal, never rounded up.
func share(a, b int) float64 {
	if a+b == 0 {
		return 100
	}
	return math.Floor(1000*float64(a)/float64(a+b)) / 10
}

// report prints the results and reports whether each package reaches least and
// all of its mutants that live are in the list.
func report(w io.Writer, results []*result, least float64) (bool, error) {
	known, err := os.ReadFile(list)
	if err != nil && !os.IsNotExist(err) {
		return false, err
	}
	ok := true
	fmt.Fprintln(w, "\n| package | killed | lived | not covered | timed out | not viable | efficacy | coverage | took |")
	fmt.Fprintln(w, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, r := range results {
		fmt.Fprintf(w, "| %s | %d | %d | %d | %d | %d | %.1f %% | %.1f %% | %s |\n", r.pkg, r.counts["KILLED"], r.counts["LIVED"],
			r.counts["NOT COVERED"], r.counts["TIMED OUT"], r.counts["NOT VIABLE"], r.efficacy(), r.coverage(), r.took)
		ok = ok && r.efficacy() >= least
	}
	for _, r := range results {
		fmt.Fprintf(w, "\n%s:\n", r.pkg)
		for _, lived := range r.lived {
			mark := ""
			if !strings.Contains(string(known), lived) {
				mark, ok = " (not in "+list+")", false
			}
			fmt.Fprintf(w, "- %s%s\n", lived, mark)
		}
		for _, other := range r.others {
			fmt.Fprintf(w, "- %s\n", other)
		}
		if cmp.Or(len(r.lived), len(r.others)) == 0 {
			fmt.Fprintln(w, "none lives")
		}
	}
	return ok, nil
}
