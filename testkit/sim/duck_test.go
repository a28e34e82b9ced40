//go:build cgo

package sim_test

import (
	"context"
	"testing"
	"time"

	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/duck"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
	"github.com/redferry/redferry/testkit/sim"
)

// onDuck has the warehouses of a scenario run on DuckDB, whose transactions are
// not this project's own.
func onDuck(s *sim.Scenario) *sim.Scenario {
	s.Engine = func(_ string, pace func(string) mem.Pace) (fakeredshift.Engine, error) {
		e, err := duck.New(&duck.Options{Threads: 1, Slices: 2})
		return &paced{e, pace}, err
	}
	return s
}

// A paced engine takes its time.
type paced struct {
	fakeredshift.Engine
	pace func(sql string) mem.Pace
}

func (e *paced) Connect(ctx context.Context, s fakeredshift.Session) (fakeredshift.Conn, error) {
	c, err := e.Engine.Connect(ctx, s)
	return &pacedConn{c, e.pace}, err
}

type pacedConn struct {
	fakeredshift.Conn
	pace func(sql string) mem.Pace
}

func (c *pacedConn) Run(ctx context.Context, sql string, args []*string) (*fakeredshift.Result, error) {
	p := c.pace(sql)
	time.Sleep(p.Queued + p.Working)
	r, err := c.Conn.Run(ctx, sql, args)
	time.Sleep(p.Answering)
	return r, err
}

// TestOnDuckDB: what holds on the engine in memory holds on DuckDB, and what is
// wrong there is wrong here.
func TestOnDuckDB(t *testing.T) {
	t.Parallel()
	n := 2
	if full() {
		n = 10
	}
	for _, mode := range []string{"direct", "dataapi"} {
		t.Run(mode, func(t *testing.T) {
			s := onDuck(shop("duck-"+mode, &sim.Move{Mode: mode, Threshold: 1, Load: copyload.Append}))
			tally := sim.Search(t, s, sim.Seeds(1, n, 0.03), nil)
			t.Log(tally)
			tally.Require(t)
		})
	}
	t.Run("no lock", func(t *testing.T) {
		b := bug{name: "no lock", load: copyload.Append, parts: at(noLock), alter: rival}
		found := false
		tally := sim.Search(t, onDuck(b.scenario()), b.plans(), func(o *sim.Outcome) bool {
			found = len(o.Violations) > 0
			return !found
		})
		if !found {
			t.Errorf("the missing lock was not found in %d runs", tally.Runs)
		}
	})
}
