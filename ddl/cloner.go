package ddl

import (
	"context"

	"github.com/redferry/redferry/exec"
)

// A Cloner copies the definitions of tables from one warehouse to another in
// three steps, of which only the outer two touch a warehouse. [New] returns the
// default one; package ddltest has the suite.
type Cloner interface {
	// Inspect reads the definitions of the selected tables.
	Inspect(ctx context.Context, e exec.Executor, sel Selector) (*Catalog, error)
	// Plan renames, orders and renders. It is pure and deterministic: equal
	// catalogs and options give equal plans.
	Plan(c *Catalog, opts *PlanOptions) (*Plan, error)
	// Apply runs a plan, independent steps in parallel. It returns what it did,
	// step by step, also when it fails.
	Apply(ctx context.Context, e exec.Executor, p *Plan, opts *ApplyOptions) (*Applied, error)
}
