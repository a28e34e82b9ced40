package conform

import (
	"bytes"
	"fmt"
	"slices"
)

// header is traces.h, the C code that trace.pml includes: the events of each
// trace as numbers, and how far the search has come in it.
func (s shape) header(traces []Trace) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "#include <stdio.h>\n#include <stdlib.h>\n#define TRACES %d\n", len(traces))
	for i, t := range traces {
		fmt.Fprintf(&b, "static const int trace%d[] = {", i)
		for _, e := range t.Events {
			fmt.Fprintf(&b, "%d,", e.code())
		}
		fmt.Fprintf(&b, "0};\n")
	}
	b.WriteString("static const int *const events_of[TRACES] = {")
	for i := range traces {
		fmt.Fprintf(&b, "trace%d,", i)
	}
	b.WriteString("};\nstatic const int length_of[TRACES] = {")
	for _, t := range traces {
		fmt.Fprintf(&b, "%d,", len(t.Events))
	}
	b.WriteString("};\n")
	flags(&b, "learnt_of", traces, OK, Lost)
	flags(&b, "fenced_of", traces, FenceOpen, FenceNewer)
	fmt.Fprintf(&b, "static const unsigned char identity_of[TRACES][%d] = {", s.runners)
	for _, t := range traces {
		b.WriteString("{")
		for r := range s.runners {
			if r < len(t.Loads) {
				fmt.Fprintf(&b, "%d,", t.Loads[r])
			} else {
				b.WriteString("0,")
			}
		}
		b.WriteString("},")
	}
	b.WriteString("};\n" + bookkeeping)
	return b.Bytes()
}

// flags say of each trace whether it has an event of some kinds: if it has one,
// all of them are in it.
func flags(b *bytes.Buffer, name string, traces []Trace, kinds ...What) {
	fmt.Fprintf(b, "static const char %s[TRACES] = {", name)
	for _, t := range traces {
		flag := 0
		if slices.ContainsFunc(t.Events, func(e Event) bool { return slices.Contains(kinds, e.What) }) {
			flag = 1
		}
		fmt.Fprintf(b, "%d,", flag)
	}
	fmt.Fprintf(b, "};\n")
}

// code is the number of an event, as EVENT in trace.pml makes it.
func (e Event) code() int { return e.What.number() + 32*(e.Try+64*e.Runner) }

// bookkeeping keeps how far the search has come outside of the model's state.
const bookkeeping = `
static int deepest[TRACES];
static int number_from(const char *name) { const char *s = getenv(name); return s ? atoi(s) : 0; }
static void report(void) {
	for (int i = number_from("FIRST_TRACE"); i <= number_from("LAST_TRACE"); i++)
		printf("trace %d reached %d\n", i, deepest[i]);
}
static int first_trace(void) { atexit(report); return number_from("FIRST_TRACE"); }
static int last_trace(void) { return number_from("LAST_TRACE"); }
static int event_at(int which, int at) {
	if (deepest[which] == length_of[which] && at > 0) return 0; /* it is a trace of the model: no need to look on */
	if (at > deepest[which]) deepest[which] = at;
	return events_of[which][at];
}
static int runner_of(int event) { return event / (32 * 64); }
static int runner_that_is_over(int which, int at) { /* before the event there */
	int runner = runner_of(events_of[which][at - 1]);
	for (int i = at; i < length_of[which]; i++)
		if (runner_of(events_of[which][i]) == runner) return 0;
	return 1 + runner;
}
`
