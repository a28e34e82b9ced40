//go:build cgo

package duck

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// defineKeys makes the constraints of a new table: its own keys first, since a
// foreign key may refer to them.
func (c *conn) defineKeys(ctx context.Context, r *relation, s *rsql.CreateTable) error {
	if s.Primary != nil {
		if err := c.addKey(ctx, r, "p", *s.Primary); err != nil {
			return err
		}
	}
	for _, key := range s.Unique {
		if err := c.addKey(ctx, r, "u", key); err != nil {
			return err
		}
	}
	for _, key := range s.Foreign {
		if err := c.addForeign(ctx, r, key); err != nil {
			return err
		}
	}
	return nil
}

// addKey adds a primary key ("p") or a unique constraint ("u").
func (c *conn) addKey(ctx context.Context, r *relation, kind string, key rsql.Key) error {
	numbers, err := r.numbers(key.Columns)
	if err != nil {
		return err
	}
	if kind == "p" {
		existing, err := c.keys(ctx, r)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(existing, func(k existingKey) bool { return k.kind == "p" }) {
			return refuse(stateBadDefinition, "multiple primary keys for table %q are not allowed", r.name)
		}
	}
	fallback := r.name + "_pkey"
	if kind == "u" {
		fallback = r.name + "_" + strings.Join(key.Columns, "_") + "_key"
	}
	return c.addConstraint(ctx, r, kind, key.Name, fallback, numbers, 0, nil)
}

func (c *conn) addForeign(ctx context.Context, r *relation, key rsql.ForeignKey) error {
	numbers, err := r.numbers(key.Columns)
	if err != nil {
		return err
	}
	parent, err := c.find(ctx, key.Table.Database, key.Table.Schema, key.Table.Name)
	if err != nil {
		return err
	}
	if parent.system || parent.kind != "r" {
		return refuse(stateWrongKind, "referenced relation %q is not a table", parent.name)
	}
	keys, err := c.keys(ctx, parent)
	if err != nil {
		return err
	}
	referred, err := referredColumns(parent, keys, key.References)
	if err != nil {
		return err
	}
	if len(referred) != len(numbers) {
		return refuse(stateForeignKey, "number of referencing and referenced columns for foreign key disagree")
	}
	return c.addConstraint(ctx, r, "f", key.Name, r.name+"_"+strings.Join(key.Columns, "_")+"_fkey", numbers, parent.oid, referred)
}

// referredColumns are the columns of a foreign key's other side: those of its
// primary key, unless others are named, which must be a key, too.
func referredColumns(parent *relation, keys []existingKey, names []string) ([]int16, error) {
	if len(names) == 0 {
		for _, k := range keys {
			if k.kind == "p" {
				return k.columns, nil
			}
		}
		return nil, refuse(stateNoObject, "there is no primary key for referenced table %q", parent.name)
	}
	numbers, err := parent.numbers(names)
	if err != nil {
		return nil, err
	}
	wanted := slices.Sorted(slices.Values(numbers))
	for _, k := range keys {
		if slices.Equal(wanted, slices.Sorted(slices.Values(k.columns))) {
			return numbers, nil
		}
	}
	return nil, refuse(stateForeignKey, "there is no unique constraint matching given keys for referenced table %q", parent.name)
}

// numbers are the attnums of columns.
func (r *relation) numbers(names []string) ([]int16, error) {
	numbers := make([]int16, len(names))
	for i, name := range names {
		a, err := r.attribute(name)
		if err != nil {
			return nil, refuse(stateNoColumn, "column %q named in key does not exist", name)
		}
		numbers[i] = a.num
	}
	return numbers, nil
}

// An existingKey is a primary key or unique constraint of the catalog.
type existingKey struct {
	kind    string
	columns []int16
}

func (c *conn) keys(ctx context.Context, r *relation) ([]existingKey, error) {
	rows, err := c.catalog().rows(ctx, fmt.Sprintf("SELECT contype, conkey FROM pg_internal.pg_constraint WHERE conrelid = %d AND contype IN ('p', 'u')", r.oid))
	if err != nil {
		return nil, err
	}
	keys := make([]existingKey, len(rows))
	for i, row := range rows {
		keys[i].kind = row[0].(string)
		for _, n := range row[1].([]any) {
			keys[i].columns = append(keys[i].columns, n.(int16))
		}
	}
	return keys, nil
}

// addConstraint writes a constraint under its name, or under fallback with a
// number if that is taken.
func (c *conn) addConstraint(ctx context.Context, r *relation, kind, name, fallback string, columns []int16, parent uint32, referred []int16) error {
	rows, err := c.main.rows(ctx, fmt.Sprintf("SELECT conname FROM pg_internal.pg_constraint WHERE conrelid = %d", r.oid))
	if err != nil {
		return err
	}
	taken := func(name string) bool {
		return slices.ContainsFunc(rows, func(row []any) bool { return row[0] == name })
	}
	if name != "" && taken(name) {
		return refuse(stateDoubleObject, "constraint %q for relation %q already exists", name, r.name)
	}
	if name == "" {
		name = fallback
		for i := 1; taken(name); i++ {
			name = fmt.Sprint(fallback, i)
		}
	}
	var confkey any
	if referred != nil {
		confkey = referred
	}
	_, err = c.main.exec(ctx, "INSERT INTO pg_internal.pg_constraint (oid, conname, connamespace, contype, conrelid, confrelid, conkey, confkey) VALUES "+
		tuple(c.engine.oid.Add(1), name, r.schemaOID, kind, r.oid, parent, columns, confkey))
	return err
}
