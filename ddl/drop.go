package ddl

import (
	"context"
	"slices"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
)

// drop removes the tables that are to be made anew, referencing before
// referenced, one after the other. A foreign key that such an order cannot
// respect, because it is part of a cycle or of a table that is kept, is removed
// first. Nothing is dropped by CASCADE: what is not in the plan stays.
func (a *application) drop(ctx context.Context) {
	if a.opts.IfExists != Recreate {
		return
	}
	step := make(map[redferry.Table]int)
	var doomed []Table
	for i, s := range a.plan.Steps {
		if t, ok := a.there.tables[s.Target]; ok && s.Kind == CreateTable && !a.settled[i] {
			step[t.Name] = i
			doomed = append(doomed, t)
		}
	}
	order := referencedFirst(doomed)
	slices.Reverse(order)
	for _, name := range order {
		if a.stopped() || ctx.Err() != nil {
			return
		}
		if err := a.dropTable(ctx, name, order); err != nil {
			a.fail(step[name], "drop", err)
			continue
		}
		a.result.Steps[step[name]].Dropped = true
		delete(a.there.tables, name)
	}
}

// dropTable drops a table, after the foreign keys that hold it.
func (a *application) dropTable(ctx context.Context, name redferry.Table, order []redferry.Table) error {
	for _, t := range a.ties(name, order[slices.Index(order, name)+1:]) {
		sql := "ALTER TABLE " + t.table.String() + " DROP CONSTRAINT " + redferry.Quote(t.constraint)
		if err := a.exec(ctx, sql, "drop foreign key of "+t.table.String(), false); err != nil {
			return err
		}
	}
	return a.exec(ctx, "DROP TABLE "+name.String(), "drop table "+name.String(), false)
}

// A tie is a foreign key of another table that keeps one from being dropped.
type tie struct {
	table      redferry.Table
	constraint string
}

// ties returns those that hold a table: of the tables that are dropped later, and
// of tables that are kept, if the plan makes them again.
func (a *application) ties(name redferry.Table, later []redferry.Table) []tie {
	var ties []tie
	for _, other := range later {
		for _, f := range a.there.tables[other].Foreign {
			if f.RefTable == name {
				ties = append(ties, tie{other, f.Name})
			}
		}
	}
	for i, s := range a.plan.Steps {
		if s.Kind == AddForeignKey && s.ForeignKey.RefTable == name && !a.settled[i] && a.policy(s.Target) == Skip && a.has(s) {
			ties = append(ties, tie{s.Target, s.ForeignKey.Name})
		}
	}
	return ties
}

// has reports whether the foreign key of s is there.
func (a *application) has(s Step) bool {
	return slices.ContainsFunc(a.there.tables[s.Target].Foreign, func(f ForeignKey) bool {
		return f.Name == s.ForeignKey.Name && f.String() == s.ForeignKey.String()
	})
}

func (a *application) exec(ctx context.Context, sql, label string, idempotent bool) error {
	_, err := a.e.Exec(ctx, exec.Statement{SQL: sql, Label: "ddl: " + label, Expect: a.Redshift.opts.Expect, Idempotent: idempotent})
	return err
}
