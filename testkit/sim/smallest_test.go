package sim_test

import (
	"context"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/sim"
)

// smallest is the scenario of the kills: one table with one file, which is copied
// as an upload of one part. Its definition was written down before: to read it is
// a third of a life's boundaries, none of which has an effect.
func smallest() *sim.Scenario {
	m := &sim.Move{
		Mode: "direct", Threshold: 1, Tables: []redferry.Table{one.Name},
		Parts: sim.Parts{Config: func(_ *sim.Process, c *pipeline.Config) { c.Cloner = writtenDown{c.Cloner} }},
	}
	return &sim.Scenario{
		Name: "smallest",
		Fill: func(w *sim.World) error {
			return execute(w, w.A, `CREATE SCHEMA shop`, `CREATE TABLE shop.one (id bigint, name varchar(80))`, `INSERT INTO shop.one VALUES (1, 'Ada')`)
		},
		Program: m.Run,
		Check:   func(w *sim.World) []error { return append(sim.SameTables(w, m.Tables...), sim.SameFiles(w)...) },
	}
}

// one is the table of the smallest scenario.
var one = ddl.Table{
	Name:    redferry.Table{Schema: "shop", Name: "one"},
	Columns: []ddl.Column{{Name: "id", Type: "bigint"}, {Name: "name", Type: "character varying(80)"}},
	Dist:    ddl.Dist{Style: ddl.DistAuto},
}

// writtenDown need not ask for the definition of the one table.
type writtenDown struct{ ddl.Cloner }

func (writtenDown) Inspect(context.Context, exec.Executor, ddl.Selector) (*ddl.Catalog, error) {
	return &ddl.Catalog{Schemas: []ddl.Schema{{Name: "shop"}}, Tables: []ddl.Table{one}}, nil
}
