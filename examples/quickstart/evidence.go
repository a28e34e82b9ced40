package main

import (
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakes3"
)

// Evidence is what the servers have in their logs. What a run says of itself is
// none.
type evidence struct {
	a, b     []fakeredshift.Query // histories of the warehouses
	requests []fakes3.Request     // at the S3 of account B
}

func (w *world) evidence() evidence {
	return evidence{w.pair.A.Warehouse.History(), w.pair.B.Warehouse.History(), w.pair.B.S3.Requests()}
}

// since is what came after earlier.
func (e evidence) since(earlier evidence) evidence {
	return evidence{e.a[len(earlier.a):], e.b[len(earlier.b):], e.requests[len(earlier.requests):]}
}

// A tally is what one run did for one table.
type tally struct {
	create, unload, load count
	manifest             count // for COPY
	sent                 map[piece]*sending
}

// A count is how often something was begun, and how often it was done.
type count struct{ begun, done int }

func (c *count) add(done bool) {
	c.begun++
	if done {
		c.done++
	}
}

// A piece is a part of a file, or part 0 for a file that is sent whole.
type piece struct {
	key  string
	part int
}

// A sending is what became of a piece: it is done when it was acknowledged.
type sending struct {
	count
	bytes int64 // acknowledged
}

// total are the pieces and bytes that were acknowledged.
func (t *tally) total() (pieces int, bytes int64) {
	for _, s := range t.sent {
		pieces, bytes = pieces+s.done, bytes+s.bytes
	}
	return pieces, bytes
}

// parts are those of one file that were acknowledged.
func (t *tally) parts(key string) int {
	n := 0
	for p, s := range t.sent {
		if p.key == key {
			n += s.done
		}
	}
	return n
}

// A summary has the tally of each table that a run did something for.
type summary map[redferry.Table]*tally

func (s summary) of(table redferry.Table) *tally {
	if s[table] == nil {
		s[table] = &tally{sent: make(map[piece]*sending)}
	}
	return s[table]
}

// summarize adds up the evidence. The prefixes are where the files of the tables
// lie in bucket B.
func (e evidence) summarize(there []prefix) summary {
	sum := make(summary)
	for _, s := range statements(e.a) {
		if s.verb == "UNLOAD" {
			sum.of(s.table).unload.add(s.done)
		}
	}
	for _, s := range statements(e.b) {
		switch s.verb {
		case "CREATE TABLE":
			sum.of(s.table).create.add(s.done)
		case "COPY":
			sum.of(s.table).load.add(s.done)
		}
	}
	for _, r := range e.requests {
		if table, ok := owner(there, r.Key); ok {
			sum.of(table).request(r)
		}
	}
	return sum
}

func (t *tally) request(r fakes3.Request) {
	if r.Op != "PutObject" && r.Op != "UploadPart" {
		return
	}
	ok := r.Status == 200
	if !strings.HasSuffix(r.Key, dataSuffix) {
		t.manifest.add(ok)
		return
	}
	p := piece{r.Key, r.Part}
	if t.sent[p] == nil {
		t.sent[p] = new(sending)
	}
	t.sent[p].add(ok)
	if ok {
		t.sent[p].bytes += r.Received
	}
}
