package pipeline_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/validate"
)

func ExampleReport_WriteTo() {
	sales := func(name string) redferry.Table { return redferry.Table{Schema: "sales", Name: name} }
	eu := func(name string) redferry.Table { return redferry.Table{Schema: "eu", Name: name} }
	report := pipeline.Report{Tables: []pipeline.TableReport{
		{
			Source: sales("a"), Target: eu("a"), Step: pipeline.Validate, Rows: 3, Bytes: 50,
			Files: []pipeline.File{{Level: bridge.Stored}, {Level: bridge.Recomputed}, {Level: bridge.Stored}},
		},
		{
			Source: sales("b"), Target: eu("b"), Step: pipeline.Validate, Already: true,
			Checks: &validate.Report{Checks: []validate.Check{{Name: validate.TargetRows}, {Name: validate.TargetFile, NotMade: "no key may list"}}},
		},
		{Source: sales("c"), Target: eu("c"), Step: pipeline.Transfer, Rows: 1, Files: []pipeline.File{{Level: bridge.Wire}}},
		{Source: sales("d"), Target: eu("d"), Rows: -1, Err: &pipeline.Error{
			Table: sales("d"), Step: pipeline.Unload, Side: "source", Err: errors.Join(errors.New("two"), errors.New("lines")),
		}},
	}}
	if _, err := report.WriteTo(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// source       target    rows  files  bytes  proof       result
	// "sales"."a"  "eu"."a"  3     3      50     recomputed  validated
	// "sales"."b"  "eu"."b"  0     0      0      -           validated (loaded by an earlier run), not checked: files
	// "sales"."c"  "eu"."c"  1     1      0      wire        stopped after transfer
	// "sales"."d"  "eu"."d"  ?     0      0      -           FAILED: pipeline: "sales"."d": unload at the source: two; lines
}

// TestError: where both sides are concerned, none is named.
func TestError(t *testing.T) {
	cause := errors.New("cause")
	for side, want := range map[string]string{"": `pipeline: "s"."t": transfer: cause`, "target": `pipeline: "s"."t": transfer at the target: cause`} {
		err := &pipeline.Error{Table: redferry.Table{Schema: "s", Name: "t"}, Step: pipeline.Transfer, Side: side, Err: cause}
		if err.Error() != want || !errors.Is(err, cause) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A full writer takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errBroken }

func TestReportNeedsAWriter(t *testing.T) {
	report := &pipeline.Report{Tables: make([]pipeline.TableReport, 1)}
	if n, err := report.WriteTo(full{}); n != 0 || !errors.Is(err, errBroken) {
		t.Errorf("got %d, %v", n, err)
	}
	var b strings.Builder
	if n, err := report.WriteTo(&b); n != int64(b.Len()) || err != nil {
		t.Errorf("got %d, %v, and %d bytes were written", n, err, b.Len())
	}
}
