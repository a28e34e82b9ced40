package mem

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// defineKeys makes the constraints of a new table: its own keys first, since a
// foreign key may refer to them. It and what it calls are used under Engine.mu and
// change t, which nobody else has seen.
func (c *conn) defineKeys(t *table, s *rsql.CreateTable) error {
	if s.Primary != nil {
		if err := c.addKey(t, "p", *s.Primary); err != nil {
			return err
		}
	}
	for _, key := range s.Unique {
		if err := c.addKey(t, "u", key); err != nil {
			return err
		}
	}
	for _, key := range s.Foreign {
		if err := c.addForeign(t, key); err != nil {
			return err
		}
	}
	return nil
}

// addKey adds a primary key ("p") or a unique constraint ("u").
func (c *conn) addKey(t *table, kind string, key rsql.Key) error {
	numbers, err := t.numbers(key.Columns)
	if err != nil {
		return err
	}
	if kind == "p" && t.hasPrimary() {
		return refuse(stateBadDefinition, "multiple primary keys for table %q are not allowed", t.name)
	}
	fallback := t.name + "_pkey"
	if kind == "u" {
		fallback = t.name + "_" + strings.Join(key.Columns, "_") + "_key"
	}
	return c.addConstraint(t, constraint{name: key.Name, kind: kind, columns: numbers}, fallback)
}

func (c *conn) addForeign(t *table, key rsql.ForeignKey) error {
	numbers, err := t.numbers(key.Columns)
	if err != nil {
		return err
	}
	if isSystem(key.Table.Schema, key.Table.Name) {
		return refuse(stateWrongKind, "referenced relation %q is not a table", key.Table.Name)
	}
	parent, err := c.lookUp(key.Table)
	switch {
	case err != nil:
		return err
	case parent.view != nil:
		return refuse(stateWrongKind, "referenced relation %q is not a table", parent.name)
	}
	referred, err := parent.referred(key.References)
	if err != nil {
		return err
	}
	if len(referred) != len(numbers) {
		return refuse(stateForeignKey, "number of referencing and referenced columns for foreign key disagree")
	}
	fallback := t.name + "_" + strings.Join(key.Columns, "_") + "_fkey"
	return c.addConstraint(t, constraint{name: key.Name, kind: "f", columns: numbers, parent: parent.oid, referred: referred}, fallback)
}

func (t *table) hasPrimary() bool {
	return slices.ContainsFunc(t.constraints, func(k constraint) bool { return k.kind == "p" })
}

// referred are the columns of a foreign key's other side: those of its primary
// key, unless others are named, which must be a key, too.
func (t *table) referred(names []string) ([]int16, error) {
	if len(names) == 0 {
		for _, k := range t.constraints {
			if k.kind == "p" {
				return k.columns, nil
			}
		}
		return nil, refuse(stateNoObject, "there is no primary key for referenced table %q", t.name)
	}
	numbers, err := t.numbers(names)
	if err != nil {
		return nil, err
	}
	wanted := slices.Sorted(slices.Values(numbers))
	for _, k := range t.constraints {
		if k.kind != "f" && slices.Equal(wanted, slices.Sorted(slices.Values(k.columns))) {
			return numbers, nil
		}
	}
	return nil, refuse(stateForeignKey, "there is no unique constraint matching given keys for referenced table %q", t.name)
}

// numbers are the attnums of columns.
func (t *table) numbers(names []string) ([]int16, error) {
	numbers := make([]int16, len(names))
	for i, name := range names {
		a, err := t.column(name)
		if err != nil {
			return nil, refuse(stateNoColumn, "column %q named in key does not exist", name)
		}
		numbers[i] = a.num
	}
	return numbers, nil
}

// addConstraint adds a constraint under its name, or under fallback with a number
// if that is taken.
func (c *conn) addConstraint(t *table, k constraint, fallback string) error {
	taken := func(name string) bool {
		return slices.ContainsFunc(t.constraints, func(other constraint) bool { return other.name == name })
	}
	if k.name != "" && taken(k.name) {
		return refuse(stateDoubleObject, "constraint %q for relation %q already exists", k.name, t.name)
	}
	if k.name == "" {
		k.name = fallback
		for i := 1; taken(k.name); i++ {
			k.name = fmt.Sprint(fallback, i)
		}
	}
	k.oid = c.engine.newOID()
	t.constraints = append(t.constraints, k)
	return nil
}
