//go:build spin

package sim_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/docs/models/conform"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
	"github.com/redferry/redferry/testkit/sim"
)

// TestConformance: what the warehouse sees of the loads of simulated runs, with
// all that goes wrong in them, are traces of the model of which spin proves that
// it loads once. Each transaction is a runner of its own there.
func TestConformance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		protocol, mode string
		load           copyload.Mode
		n              int // runs
	}{
		{conform.Append, "direct", copyload.Append, 80},
		{conform.Append, "dataapi", copyload.Append, 30},
		{conform.OntoEmpty, "direct", copyload.OntoEmpty, 50},
	} {
		t.Run(tt.protocol+"-"+tt.mode, func(t *testing.T) {
			n := tt.n
			if !full() {
				n /= 5
			}
			s := shop("conform", &sim.Move{Mode: tt.mode, Threshold: 1, Load: tt.load})
			s.Rivals = 1
			w := &witness{}
			s.Engine = w.engine
			tally := sim.Search(t, s, sim.Seeds(1, n, 0.03), nil)
			tally.Require(t)
			traces := w.traces(t)
			t.Logf("%s; %d traces", tally, len(traces))
			if len(traces) < n {
				t.Errorf("only %d traces of %d runs", len(traces), n)
			}
			if err := conform.Check(t.Context(), tt.protocol, traces); err != nil {
				t.Error(err)
			}
		})
	}
}

// A witness writes down what the transactions of loads do in the warehouses of B.
type witness struct {
	mu      sync.Mutex // guards engines
	engines []*witnessed
}

// A witnessed engine notes what takes effect, in order.
type witnessed struct {
	fakeredshift.Engine

	mu       sync.Mutex // guards what follows
	sessions []*witnessedConn
	next     int
}

func (w *witness) engine(side string, pace func(string) mem.Pace) (fakeredshift.Engine, error) {
	e := &witnessed{Engine: mem.New(&mem.Options{Slices: 2, Uncompressed: true, Pace: func(sql string) mem.Pace {
		p := pace(sql)
		p.Answering = 0 // an answer comes with its effect, so that the order of answers is that of effects
		return p
	}})}
	if side == "b" {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.engines = append(w.engines, e)
	}
	return e, nil
}

func (e *witnessed) Connect(ctx context.Context, s fakeredshift.Session) (fakeredshift.Conn, error) {
	c, err := e.Engine.Connect(ctx, s)
	conn := &witnessedConn{Conn: c, engine: e}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sessions = append(e.sessions, conn)
	return conn, err
}

type note struct {
	seq  int
	what conform.What
}

// A witnessedConn is one session.
type witnessedConn struct {
	fakeredshift.Conn
	engine *witnessed
	loads  []*transaction
}

// A transaction is one load, as far as it came.
type transaction struct {
	table string
	notes []note
	over  bool
}

// add notes an event and returns where, so that it can be changed.
func (c *witnessedConn) add(what conform.What) *note {
	c.engine.mu.Lock()
	defer c.engine.mu.Unlock()
	c.engine.next++
	load := c.loads[len(c.loads)-1]
	load.notes = append(load.notes, note{c.engine.next, what})
	return &load.notes[len(load.notes)-1]
}

func (c *witnessedConn) open() *transaction {
	if len(c.loads) == 0 || c.loads[len(c.loads)-1].over {
		return nil
	}
	return c.loads[len(c.loads)-1]
}

func (c *witnessedConn) Run(ctx context.Context, sql string, args []*string) (*fakeredshift.Result, error) {
	label, _, _ := strings.Cut(strings.TrimPrefix(sql, "/* "), " */")
	if label == "begin load" {
		c.loads = append(c.loads, new(transaction))
		c.add(conform.Begin)
		return c.Conn.Run(ctx, sql, args)
	}
	load := c.open()
	if load == nil {
		return c.Conn.Run(ctx, sql, args)
	}
	if label == "commit load" || strings.Contains(sql, "ROLLBACK") { // noted first: others go on at once
		return c.end(ctx, load, label == "commit load", sql, args)
	}
	result, err := c.Conn.Run(ctx, sql, args)
	if err != nil {
		load.over = true
		c.add(conform.Abort)
		return result, err
	}
	return c.noted(load, label, result)
}

// end runs what ends a transaction.
func (c *witnessedConn) end(ctx context.Context, load *transaction, commit bool, sql string, args []*string) (*fakeredshift.Result, error) {
	load.over = true
	end := c.add(conform.Gone)
	if commit {
		end.what = conform.Commit
	}
	result, err := c.Conn.Run(ctx, sql, args)
	if err != nil {
		end.what = conform.Abort
	}
	return result, err
}

// noted notes a statement that succeeded.
func (c *witnessedConn) noted(load *transaction, label string, result *fakeredshift.Result) (*fakeredshift.Result, error) {
	word, _, _ := strings.Cut(label, " ")
	switch {
	case word == "lock":
		load.table = strings.TrimPrefix(label, "lock ")
		c.add(conform.Lock)
	case label == "look into ledger":
		rows, again := drain(result)
		c.add(map[bool]conform.What{false: conform.LookAbsent, true: conform.LookPresent}[len(rows) > 0])
		return again, nil
	case strings.HasPrefix(label, "is empty"):
		rows, again := drain(result)
		c.add(map[bool]conform.What{true: conform.RoomEmpty, false: conform.RoomTaken}[string(rows[0][0]) == "0"])
		return again, nil
	case word == "copy":
		c.add(conform.Copy)
	case label == "record load":
		c.add(conform.Mark)
	}
	return result, nil
}

func (c *witnessedConn) Close() error {
	if load := c.open(); load != nil {
		load.over = true
		c.add(conform.Gone)
	}
	return c.Conn.Close()
}

// drain reads a result, and returns another one like it.
func drain(result *fakeredshift.Result) ([][][]byte, *fakeredshift.Result) {
	var rows [][][]byte
	for {
		row := make([][]byte, len(result.Columns))
		if err := result.Read(row); err != nil {
			break
		}
		rows = append(rows, row)
	}
	again, i := *result, 0
	again.Read = func(row [][]byte) error {
		if i == len(rows) {
			return io.EOF
		}
		copy(row, rows[i])
		i++
		return nil
	}
	return rows, &again
}

// traces are what was seen, a trace per run and table. One with more
// transactions than the model has runners is cut off there.
func (w *witness) traces(t *testing.T) []conform.Trace {
	t.Helper()
	var traces []conform.Trace
	for _, e := range w.engines {
		byTable := make(map[string][]*transaction)
		for _, c := range e.sessions {
			for _, load := range c.loads {
				table, _, _ := strings.Cut(load.table, ", ") // the ledger may be locked, too
				if table != "" {
					byTable[table] = append(byTable[table], load)
				}
			}
		}
		for _, loads := range byTable {
			traces = append(traces, traceOf(loads))
		}
	}
	return traces
}

const modelRunners = 16

func traceOf(loads []*transaction) conform.Trace {
	type event struct {
		note
		runner int
	}
	slices.SortFunc(loads, func(a, b *transaction) int { return a.notes[0].seq - b.notes[0].seq })
	cut := int(^uint(0) >> 1)
	if len(loads) > modelRunners {
		cut = loads[modelRunners].notes[0].seq
		loads = loads[:modelRunners]
	}
	var events []event
	for runner, load := range loads {
		for _, n := range load.notes {
			if n.seq < cut {
				events = append(events, event{n, runner})
			}
		}
	}
	slices.SortFunc(events, func(a, b event) int { return a.seq - b.seq })
	var trace conform.Trace
	for _, e := range events {
		trace.Events = append(trace.Events, conform.Event{Runner: e.runner, Try: 1, What: e.what})
	}
	return trace
}
