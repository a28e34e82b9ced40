package ddl

import (
	"context"
	"fmt"
	"slices"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
)

// Inspect implements [Cloner]. It runs at most seven queries, whatever the
// number of tables, each in a session of its own: definitions that change
// meanwhile may come out mixed. An entry of sel that matches nothing is an
// error that wraps [fs.ErrNotExist].
//
// The login needs no right on the tables themselves: pg_catalog is readable by
// everyone. What it may not read (pg_conf, SVV_TABLE_INFO) is listed in the
// Unknown of each [Table].
//
// [fs.ErrNotExist]: https://pkg.go.dev/io/fs#ErrNotExist
func (r *Redshift) Inspect(ctx context.Context, e exec.Executor, sel Selector) (*Catalog, error) {
	chosen := newSelection(sel)
	c, err := r.read(ctx, e, scope{schemas: sel.schemas(), table: chosen.table, schema: chosen.schema})
	if err != nil {
		return nil, fmt.Errorf("ddl: inspect: %w", err)
	}
	if err := chosen.unmatched(); err != nil {
		return nil, err
	}
	for _, o := range c.Ignored {
		if slices.Contains(sel.Tables, o.Name) {
			return nil, fmt.Errorf("ddl: inspect: %s is a %s, not a table: only tables are copied", o.Name, o.Kind)
		}
	}
	return c, nil
}

// A scope is what [Redshift.read] reads.
type scope struct {
	schemas []string                  // empty for all but the system's
	schema  func(name string)         // told of each schema that is there
	table   func(redferry.Table) bool // asked for each relation
}

// read reads what is in s.
func (r *Redshift) read(ctx context.Context, e exec.Executor, s scope) (*Catalog, error) {
	rd := &reader{e: e, expect: r.opts.Expect, drafts: make(map[int64]*draft)}
	if err := rd.readSchemas(ctx, s); err != nil {
		return nil, err
	}
	if len(rd.schemas) == 0 {
		return new(Catalog), nil
	}
	if err := rd.readRelations(ctx, s); err != nil {
		return nil, err
	}
	if len(rd.drafts) == 0 {
		return rd.catalog()
	}
	for _, part := range []func(context.Context) error{
		rd.readColumns,
		rd.readConstraints,
		rd.readComments,
		rd.readBackup,
		rd.readTableInfo,
	} {
		if err := part(ctx); err != nil {
			return nil, err
		}
	}
	return rd.catalog()
}
