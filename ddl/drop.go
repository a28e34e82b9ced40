package ddl

import (
	"context"
	"slices"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
)

// drop removes the tables that are to be made anew, referencing before
// referenced, one after the other. A foreign key that such an order cannot
// respect, because it is part of a cycle, is removed first. Nothing is dropped
// by CASCADE: what is not in the plan stays.
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

// dropTable drops a table, after the foreign keys by which tables that are
// dropped later refer to it, and those of tables that are kept which the plan
// makes again.
func (a *application) dropTable(ctx context.Context, name redferry.Table, order []redferry.Table) error {
	ties := make(map[redferry.Table][]ForeignKey)
	later := order[slices.Index(order, name)+1:]
	for _, other := range later {
		ties[other] = a.there.tables[other].Foreign
	}
	for i, s := range a.plan.Steps {
		if s.Kind == AddForeignKey && !a.settled[i] && a.policy(s.Target) == Skip {
			later = append(later, s.Target)
			ties[s.Target] = slices.DeleteFunc(slices.Clone(a.there.tables[s.Target].Foreign), func(f ForeignKey) bool { return f.Name != s.ForeignKey.Name })
		}
	}
	for _, other := range later {
		for _, f := range ties[other] {
			if f.RefTable != name {
				continue
			}
			sql := "ALTER TABLE " + other.String() + " DROP CONSTRAINT " + redferry.Quote(f.Name)
			if err := a.exec(ctx, sql, "drop foreign key of "+other.String(), false); err != nil {
				return err
			}
		}
	}
	return a.exec(ctx, "DROP TABLE "+name.String(), "drop table "+name.String(), false)
}

func (a *application) exec(ctx context.Context, sql, label string, idempotent bool) error {
	_, err := a.e.Exec(ctx, exec.Statement{SQL: sql, Label: "ddl: " + label, Expect: a.Redshift.opts.Expect, Idempotent: idempotent})
	return err
}
