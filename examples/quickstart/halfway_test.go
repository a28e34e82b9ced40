package main

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/examples/internal/flights"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/fakes3"
)

// files are objects of these sizes.
func files(sizes ...int64) []fakes3.Object {
	list := make([]fakes3.Object, len(sizes))
	for i, size := range sizes {
		list[i] = fakes3.Object{URI: redferry.URI{Bucket: "b", Key: fmt.Sprintf("p/%d.parquet", i)}, Size: size}
	}
	return list
}

func TestHalfOf(t *testing.T) {
	for _, tt := range []struct {
		name  string
		sizes []int64
		want  []string // parts that pass, of all
	}{
		{"no file", nil, nil},
		{"one file of one part", []int64{100}, []string{"0 of 1"}},
		{"one file of parts", []int64{401}, []string{"2 of 5"}},
		{"two files", []int64{100, 100}, []string{"1 of 1", "0 of 1"}},
		{"four files of parts", []int64{450, 500, 450, 450}, []string{"5 of 5", "5 of 5", "2 of 5", "0 of 5"}},
		{"an empty file", []int64{0, 101}, []string{"1 of 1", "1 of 2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, p := range halfOf(files(tt.sizes...), 100) {
				got = append(got, fmt.Sprintf("%d of %d", p.pass, p.parts))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestPortion: what passes is what is marked as passed, and all else waits.
func TestPortion(t *testing.T) {
	all := halfOf(files(250, 250, 250, 250), 100)
	for _, tt := range []struct {
		portion portion
		passes  []bool // requests about no part, and part 1 to 3
		marks   []mark
	}{
		{all[0], []bool{true, true, true, true}, []mark{{kind: file, key: "p/0.parquet"}}},
		{all[2], []bool{true, true, false, false}, []mark{
			{kind: part, key: "p/2.parquet", part: 1}, {kind: held, key: "p/2.parquet", part: 2}, {kind: held, key: "p/2.parquet", part: 3},
		}},
		{all[3], []bool{false, false, false, false}, []mark{{kind: held, key: "p/3.parquet"}}},
	} {
		var passes []bool
		for n := range 4 {
			passes = append(passes, tt.portion.passes(n))
		}
		if !slices.Equal(passes, tt.passes) {
			t.Errorf("%s: passes %v, want %v", tt.portion.key, passes, tt.passes)
		}
		if diff := cmp.Diff(tt.marks, tt.portion.marks(), cmp.AllowUnexported(mark{})); diff != "" {
			t.Errorf("%s: marks (-want +got):\n%s", tt.portion.key, diff)
		}
	}
}

// TestPoint leaves out one thing that must have happened, each in turn.
func TestPoint(t *testing.T) {
	airports, cancellations := redferry.Table{Schema: "air", Name: "airports"}, redferry.Table{Schema: "air", Name: "cancellations"}
	happenings := []func(*point){
		func(p *point) { p.sees(event{Kind: done, Table: airports, Step: pipeline.Validate}) },
		func(p *point) { p.sees(event{Kind: done, Table: cancellations, Step: pipeline.Validate}) },
		func(p *point) { p.sees(event{Kind: done, Table: flights.HostileTable, Step: pipeline.Transfer}) },
		func(p *point) { p.waits(flights.HostileTable, fakes3.Request{Key: "p/x.manifest"}) },
		func(p *point) {
			p.sees(event{Kind: unloaded, Table: flightsTable})
			p.wantFlights(halfOf(files(250, 250), 100))
		},
		func(p *point) { p.sees(event{Kind: file, Table: flightsTable, Key: "p/0.parquet"}) },
		func(p *point) { p.sees(event{Kind: part, Key: "p/1.parquet", Part: 1}) },
		func(p *point) { p.waits(flightsTable, fakes3.Request{Key: "p/1.parquet", Part: 2}) },
		func(p *point) { p.waits(flightsTable, fakes3.Request{Key: "p/1.parquet", Part: 3}) },
	}
	for without := range len(happenings) + 1 {
		p := newPoint()
		for i, happen := range happenings {
			if i != without {
				happen(p)
			}
		}
		if got, want := p.reached(), without == len(happenings); got != want {
			t.Errorf("without happening %d: reached is %t, want %t", without, got, want)
		}
	}
}

// TestPointWithoutFlights: a table of no files is not held up.
func TestPointWithoutFlights(t *testing.T) {
	p := &point{wanted: make(map[mark]bool), seen: make(map[mark]bool)}
	p.wantFlights(nil)
	if p.reached() {
		t.Error("reached before the table was validated")
	}
	if p.sees(event{Kind: done, Table: flightsTable, Step: pipeline.Validate}); !p.reached() {
		t.Error("not reached")
	}
}
