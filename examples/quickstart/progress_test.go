package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/vbauerster/mpb/v8"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/pipeline"
)

// move tells a progress of tables that move side by side; the last one fails.
func move(p *progress, tables int) {
	plan := new(ddl.Plan)
	for i := range tables {
		plan.Tables = append(plan.Tables, ddl.Mapping{Source: redferry.Table{Schema: "s", Name: fmt.Sprint("t", i)}})
	}
	trace := pipelineTrace(p.Show)
	trace.Planned(plan)
	var all sync.WaitGroup
	for i, m := range plan.Tables {
		all.Go(func() {
			trace.Start(m.Source, pipeline.Unload)
			manifest := &redferry.Manifest{Entries: make([]redferry.Entry, i)}
			for f := range manifest.Entries {
				manifest.Entries[f].Size = 10
			}
			trace.Unloaded(m.Source, manifest)
			trace.Done(m.Source, pipeline.Unload, nil)
			for range manifest.Entries {
				trace.File(m.Source, bridge.Job{}, &bridge.Result{Size: 10}, nil)
			}
			trace.Done(m.Source, pipeline.Transfer, nil)
			var err error
			if i == tables-1 {
				err = errors.New("it went wrong")
			}
			trace.Done(m.Source, pipeline.Validate, err)
		})
	}
	all.Wait()
	p.Wait()
}

// TestBarsEnd: drawing calls back into the progress while the progress calls
// the bars; neither waits for the other.
func TestBarsEnd(t *testing.T) {
	for range 50 {
		p := &progress{out: io.Discard, table: make(map[redferry.Table]*tableProgress)}
		p.bars = mpb.New(mpb.WithOutput(io.Discard), mpb.WithAutoRefresh(), mpb.WithRefreshRate(1))
		move(p, 6)
	}
}

func TestLines(t *testing.T) {
	var out bytes.Buffer
	move(&progress{out: &out, table: make(map[redferry.Table]*tableProgress)}, 3)
	for _, want := range []string{"2 files copied and proven", "0 rows in 2 files, 20 bytes", "FAILED: it went wrong"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the lines do not say %q:\n%s", want, out.String())
		}
	}
}
