package main

import (
	"slices"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/examples/internal/flights"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/fakes3"
)

// Half-way is where the first run is held up, always at the same point: of the
// flights half of the files are copied, of the next file half of the parts, and
// nothing of the rest; the hostile table is copied and not loaded; the others are
// loaded and validated.

var flightsTable = redferry.Table{Schema: flights.Schema, Name: "flights"}

// dataSuffix is how the files end that UNLOAD writes as Parquet.
const dataSuffix = ".parquet"

// A portion is how much of one file bucket B gets in the first run.
type portion struct {
	key         string // in bucket B
	parts, pass int
}

// halfOf lets half of the files pass, half of the parts of the next, and no
// more. Files of up to partSize bytes have one part.
func halfOf(files []fakes3.Object, partSize int64) []portion {
	portions := make([]portion, len(files))
	for i, f := range files {
		parts := int((max(f.Size, 1) + partSize - 1) / partSize)
		portions[i] = portion{key: f.URI.Key, parts: parts}
		switch {
		case i < len(files)/2:
			portions[i].pass = parts
		case i == len(files)/2:
			portions[i].pass = parts / 2
		}
	}
	return portions
}

// passes tells whether bucket B gets a request of this file: n is the part, 0 in
// a request that is about no part.
func (p portion) passes(n int) bool { return p.pass > 0 && n <= p.pass }

// A mark is something that has happened in the first run.
type mark struct {
	kind  kind
	table redferry.Table
	step  pipeline.Step
	key   string
	part  int
}

// held marks a request that waits at the gate.
const held kind = "held"

// marks are what must have happened before the file's half-way point is reached:
// what passes is acknowledged, and what does not waits.
func (p portion) marks() []mark {
	if p.pass == p.parts {
		return []mark{{kind: file, key: p.key}}
	}
	if p.pass == 0 {
		return []mark{{kind: held, key: p.key}}
	}
	var list []mark
	for n := 1; n <= p.parts; n++ {
		m := mark{kind: held, key: p.key, part: n}
		if p.passes(n) {
			m.kind = part
		}
		list = append(list, m)
	}
	return list
}

// A point is reached when all marks that are wanted were seen. Then nothing of
// the run is on its way: what it asked for was answered or waits at the gate.
type point struct{ wanted, seen map[mark]bool }

func newPoint() *point {
	p := &point{wanted: make(map[mark]bool), seen: make(map[mark]bool)}
	p.want(
		mark{kind: done, table: redferry.Table{Schema: flights.Schema, Name: "airports"}, step: pipeline.Validate},
		mark{kind: done, table: redferry.Table{Schema: flights.Schema, Name: "cancellations"}, step: pipeline.Validate},
		mark{kind: done, table: flights.HostileTable, step: pipeline.Transfer},
		mark{kind: held, table: flights.HostileTable},
		mark{kind: unloaded, table: flightsTable},
	)
	return p
}

// wantFlights wants what the portions of the flights' files give; without files
// nothing holds that table up.
func (p *point) wantFlights(portions []portion) {
	if len(portions) == 0 {
		p.want(mark{kind: done, table: flightsTable, step: pipeline.Validate})
	}
	for _, portion := range portions {
		p.want(portion.marks()...)
	}
}

func (p *point) want(marks ...mark) {
	for _, m := range marks {
		p.wanted[m] = true
	}
}

// sees notes an event of the run.
func (p *point) sees(e event) {
	switch e.Kind {
	case done:
		p.seen[mark{kind: done, table: e.Table, step: e.Step}] = true
	case unloaded:
		p.seen[mark{kind: unloaded, table: e.Table}] = true
	case file:
		p.seen[mark{kind: file, key: e.Key}] = true
	case part:
		p.seen[mark{kind: part, key: e.Key, part: e.Part}] = true
	}
}

// waits notes that a request of a table waits at the gate.
func (p *point) waits(table redferry.Table, r fakes3.Request) {
	if strings.HasSuffix(r.Key, dataSuffix) {
		p.seen[mark{kind: held, key: r.Key, part: r.Part}] = true
		return
	}
	p.seen[mark{kind: held, table: table}] = true
}

func (p *point) reached() bool {
	for m := range p.wanted {
		if !p.seen[m] {
			return false
		}
	}
	return true
}

// half are the portions of the flights' files, which warehouse A has written.
func (w *world) half() []portion {
	for _, p := range slices.Backward(prefixes(w.pair.A.Warehouse.History())) {
		if p.table != flightsTable {
			continue
		}
		portions := halfOf(dataFiles(w.pair.A.S3.Objects(p.at)), w.PartSize)
		for i := range portions {
			there, _ := redferry.URI{Bucket: p.at.Bucket, Key: portions[i].key}.Rebase(w.A.Stage, w.B.Stage)
			portions[i].key = there.Key
		}
		return portions
	}
	return nil
}

func dataFiles(objects []fakes3.Object) []fakes3.Object {
	return slices.DeleteFunc(objects, func(o fakes3.Object) bool { return !strings.HasSuffix(o.URI.Key, dataSuffix) })
}

// there are the prefixes of the tables' files in bucket B, by table.
func (w *world) there() []prefix {
	list := moved(prefixes(w.pair.A.Warehouse.History()), w.A.Stage, w.B.Stage)
	slices.SortStableFunc(list, func(a, b prefix) int { return a.table.Compare(b.table) })
	return list
}

// passes is the rule of the gate.
func (w *world) passes(r fakes3.Request) bool {
	if r.Bucket != w.B.Stage.Bucket {
		return true
	}
	switch table, _ := owner(w.there(), r.Key); table {
	case flights.HostileTable: // its load begins with a manifest for COPY
		return strings.HasSuffix(r.Key, dataSuffix)
	case flightsTable:
		for _, p := range w.half() {
			if p.key == r.Key {
				return p.passes(r.Part)
			}
		}
	}
	return true
}
