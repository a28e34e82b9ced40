package main

import (
	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/pipeline"
)

// An event is what a run tells while it goes on. Those of a run in another
// process come as JSON, one per line.
type event struct {
	Kind  kind           `json:"kind"`
	Table redferry.Table `json:"table,omitzero"`
	Step  pipeline.Step  `json:"step,omitempty"`  // of start and done
	Error string         `json:"error,omitempty"` // of done

	Plan   []string         `json:"plan,omitempty"`   // of planned: its steps
	Tables []redferry.Table `json:"tables,omitempty"` // of planned

	Rows  int64 `json:"rows,omitempty"`  // of unloaded
	Files int   `json:"files,omitempty"` // of unloaded
	Bytes int64 `json:"bytes,omitempty"` // of unloaded, file and part

	Key  string `json:"key,omitempty"`  // of file and part, in bucket B
	Part int    `json:"part,omitempty"` // of part
}

// A kind of [event].
type kind string

const (
	planned  kind = "planned"  // the plan is made
	start    kind = "start"    // a step of a table begins
	unloaded kind = "unloaded" // a table's files are known
	part     kind = "part"     // bucket B has acknowledged a part, or a whole file
	file     kind = "file"     // a file is copied and proven, and that is remembered if it is worth it
	done     kind = "done"     // a step of a table has ended, and that is remembered
)

// pipelineTrace tells what a pipeline does.
func pipelineTrace(tell func(event)) *pipeline.Trace {
	return &pipeline.Trace{
		Planned: func(plan *ddl.Plan) {
			e := event{Kind: planned}
			for _, s := range plan.Steps {
				e.Plan = append(e.Plan, s.Name)
			}
			for _, m := range plan.Tables {
				e.Tables = append(e.Tables, m.Source)
			}
			tell(e)
		},
		Start: func(table redferry.Table, step pipeline.Step) { tell(event{Kind: start, Table: table, Step: step}) },
		Done: func(table redferry.Table, step pipeline.Step, err error) {
			e := event{Kind: done, Table: table, Step: step}
			if err != nil {
				e.Error = err.Error()
			}
			tell(e)
		},
		Unloaded: func(table redferry.Table, m *redferry.Manifest) {
			tell(event{Kind: unloaded, Table: table, Rows: m.Rows, Files: len(m.Entries), Bytes: m.Size()})
		},
		File: func(table redferry.Table, job bridge.Job, r *bridge.Result, err error) {
			if err == nil {
				tell(event{Kind: file, Table: table, Key: job.Dst.Key, Bytes: r.Size})
			}
		},
	}
}

// bridgeTrace tells what a bridge does.
func bridgeTrace(tell func(event)) bridge.Trace {
	return bridge.Trace{Part: func(dst redferry.URI, n int, size int64) {
		tell(event{Kind: part, Key: dst.Key, Part: n, Bytes: size})
	}}
}
