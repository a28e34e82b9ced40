package sim

import (
	"context"
	"fmt"
	"iter"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/exec"
)

// Turn waits until it is the turn of what is named. What a program begins side by
// side it begins after a Turn with a name of its own, or which of them comes first
// to something that they share, as a pool, is left to the scheduler, and a run does
// not replay. Nothing goes wrong there.
func (p *Process) Turn(name string) { p.cross(Answer, name) }

// CopiesInTurn has a bridge begin its copies one after the other. They go on side
// by side.
func (p *Process) CopiesInTurn(b bridge.Bridge) bridge.Bridge { return &copiesInTurn{b, p} }

type copiesInTurn struct {
	bridge.Bridge
	process *Process
}

func (o *copiesInTurn) CopyAll(ctx context.Context, jobs iter.Seq2[bridge.Job, error], done func(bridge.Job, *bridge.Result, error) error) error {
	return o.Bridge.CopyAll(ctx, func(yield func(bridge.Job, error) bool) {
		for job, err := range jobs {
			if o.process.Turn("copy to " + job.Dst.Key); !yield(job, err) {
				return
			}
		}
	}, done)
}

// SQLInTurn has statements and sessions begin one after the other. They go on side
// by side. The name is that of the warehouse.
func (p *Process) SQLInTurn(name string, e exec.Executor) exec.Executor {
	return &sqlInTurn{e: e, name: name, process: p}
}

type sqlInTurn struct {
	e       exec.Executor
	name    string
	process *Process
}

var (
	_ exec.Batcher   = (*sqlInTurn)(nil)
	_ exec.Sessioner = (*sqlInTurn)(nil)
)

func (o *sqlInTurn) Exec(ctx context.Context, s exec.Statement) (exec.Result, error) {
	return o.e.Exec(o.turn(ctx, "run "+s.Label), s)
}

func (o *sqlInTurn) Query(ctx context.Context, s exec.Statement) (*exec.Rows, error) {
	return o.e.Query(o.turn(ctx, "ask "+s.Label), s)
}

func (o *sqlInTurn) ExecBatch(ctx context.Context, statements []exec.Statement) ([]exec.Result, error) {
	return exec.Atomically(o.turn(ctx, "batch"), o.e, statements...)
}

func (o *sqlInTurn) Session(ctx context.Context) (exec.Session, error) {
	return exec.OpenSession(o.turn(ctx, "session"), o.e)
}

// turn waits for the turn of what is named. The context that it returns tells a
// connection that is opened for it from all others.
func (o *sqlInTurn) turn(ctx context.Context, name string) context.Context {
	name = o.name + " " + name
	_, n := o.process.crossTied(Answer, name, nil, "")
	return context.WithValue(ctx, purpose{}, fmt.Sprintf("%s %9d", name, n))
}

// purpose is the key of what a connection is opened for.
type purpose struct{}
