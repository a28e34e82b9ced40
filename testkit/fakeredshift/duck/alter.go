//go:build cgo

package duck

import (
	"context"
	"fmt"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

func (c *conn) alterTable(ctx context.Context, s *rsql.AlterTable) error {
	r, err := c.target(ctx, s.Table, exclusive)
	if err != nil {
		return err
	}
	if _, ok := s.Action.(rsql.OwnerTo); ok {
		return nil
	}
	if err := c.changeCatalog(ctx); err != nil {
		return err
	}
	switch a := s.Action.(type) {
	case rsql.AddPrimary:
		return c.addPrimary(ctx, r, a.Key)
	case rsql.AddUnique:
		return c.addKey(ctx, r, "u", a.Key)
	case rsql.AddForeign:
		return c.addForeign(ctx, r, a.Key)
	case rsql.DropConstraint:
		return c.dropConstraint(ctx, r, a)
	case rsql.RenameTable:
		return c.renameTable(ctx, r, a.To)
	case rsql.RenameColumn:
		return c.renameColumn(ctx, r, a)
	case rsql.AddColumn:
		return c.addColumn(ctx, r, a.Column)
	case rsql.DropColumn:
		return c.dropColumn(ctx, r, a)
	case rsql.AlterType:
		return c.alterType(ctx, r, a)
	case rsql.AlterEncode:
		return c.alterEncode(ctx, r, a)
	case rsql.AlterLayout:
		return c.alterLayout(ctx, r, a)
	}
	return refuse(stateNotSupported, "ALTER TABLE APPEND is not supported by the fake warehouse")
}

func (c *conn) catalogExec(ctx context.Context, format string, args ...any) error {
	_, err := c.main.exec(ctx, fmt.Sprintf(format, args...))
	return err
}

func (c *conn) addPrimary(ctx context.Context, r *relation, key rsql.Key) error {
	for _, name := range key.Columns {
		a, err := r.attribute(name)
		if err != nil {
			return refuse(stateNoColumn, "column %q named in key does not exist", name)
		}
		if !a.notNull {
			return refuse(stateBadDefinition, "ALTER TABLE ADD PRIMARY KEY: column %q is not declared NOT NULL", name)
		}
	}
	if err := c.addKey(ctx, r, "p", key); err != nil {
		return err
	}
	return c.catalogExec(ctx, "UPDATE pg_internal.pg_class SET relhaspkey = true WHERE oid = %d", r.oid)
}

func (c *conn) dropConstraint(ctx context.Context, r *relation, a rsql.DropConstraint) error {
	rows, err := c.main.rows(ctx, fmt.Sprintf("SELECT oid, contype FROM pg_internal.pg_constraint WHERE conrelid = %d AND conname = %s", r.oid, quote(a.Name)))
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return refuse(stateNoObject, "constraint %q does not exist", a.Name)
	}
	if rows[0][1] == "p" {
		if err := c.catalogExec(ctx, "UPDATE pg_internal.pg_class SET relhaspkey = false WHERE oid = %d", r.oid); err != nil {
			return err
		}
	}
	return c.catalogExec(ctx, "DELETE FROM pg_internal.pg_constraint WHERE oid = %d; DELETE FROM pg_internal.pg_description WHERE objoid = %[1]d", rows[0][0])
}

func (c *conn) renameTable(ctx context.Context, r *relation, to string) error {
	_, exists, err := c.newName(ctx, rsql.Name{Schema: permanent(r), Name: to}, r.temp)
	if err != nil {
		return err
	}
	if exists {
		return refuse(stateDoubleTable, "relation %q already exists", to)
	}
	return c.catalogExec(ctx, "ALTER TABLE %s RENAME TO %s; UPDATE pg_internal.pg_class SET relname = %s WHERE oid = %d",
		r.physical(), redferry.Quote(to), quote(to), r.oid)
}

// permanent is the schema of r, empty for a temporary table.
func permanent(r *relation) string {
	if r.temp {
		return ""
	}
	return r.schema
}

func (c *conn) renameColumn(ctx context.Context, r *relation, a rsql.RenameColumn) error {
	from, err := r.attribute(a.From)
	if err != nil {
		return err
	}
	if _, err := r.attribute(a.To); err == nil {
		return refuse(stateDoubleColumn, "column %q of relation %q already exists", a.To, r.name)
	}
	return c.catalogExec(ctx, "ALTER TABLE %s RENAME COLUMN %s TO %s; UPDATE pg_internal.pg_attribute SET attname = %s WHERE attrelid = %d AND attnum = %d",
		r.physical(), redferry.Quote(a.From), redferry.Quote(a.To), quote(a.To), r.oid, from.num)
}

// addColumn gives the new column a number that no column had before.
func (c *conn) addColumn(ctx context.Context, r *relation, column rsql.Column) error {
	if _, err := r.attribute(column.Name); err == nil {
		return refuse(stateDoubleColumn, "column %q of relation %q already exists", column.Name, r.name)
	}
	if column.Identity != nil {
		return refuse(stateNotSupported, "ALTER TABLE ADD COLUMN with IDENTITY is not supported")
	}
	if column.NotNull && column.Default == "" {
		return refuse(stateNotSupported, "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression")
	}
	rows, err := c.main.rows(ctx, fmt.Sprintf("SELECT max(attnum) FROM pg_internal.pg_attribute WHERE attrelid = %d", r.oid))
	if err != nil {
		return err
	}
	a := attribute{num: rows[0][0].(int16) + 1, name: column.Name, typ: column.Type, notNull: column.NotNull, def: normalDefault(column.Default)}
	if err := c.checkDefaults(ctx, &relation{attributes: []attribute{a}}); err != nil {
		return err
	}
	script := []string{"ALTER TABLE " + r.physical() + " ADD COLUMN " + redferry.Quote(a.name) + " " + duckType(a.typ)}
	if a.def != "" {
		value, err := c.missing(r, a)
		if err != nil {
			return err
		}
		script = append(script, "UPDATE "+r.physical()+" SET "+redferry.Quote(a.name)+" = "+value,
			"INSERT INTO pg_internal.pg_attrdef VALUES "+tuple(c.engine.oid.Add(1), r.oid, a.num, a.def, a.def))
	}
	if a.notNull {
		script = append(script, "ALTER TABLE "+r.physical()+" ALTER COLUMN "+redferry.Quote(a.name)+" SET NOT NULL")
	}
	script = append(script, "INSERT INTO pg_internal.pg_attribute (attrelid, attname, atttypid, attlen, attnum, atttypmod, attnotnull, atthasdef, attencodingtype) VALUES "+
		tuple(r.oid, a.name, a.typ.OID, a.typ.Size, a.num, a.typ.Modifier, a.notNull, a.def != "", encodingNumber(column.Encoding, a.typ, r.temp)),
		fmt.Sprintf("UPDATE pg_internal.pg_class SET relnatts = %d WHERE oid = %d", a.num, r.oid))
	_, err = c.main.exec(ctx, strings.Join(script, ";\n"))
	return err
}

// dropColumn leaves the column's row behind, marked, as PostgreSQL does: its
// number is not used again.
func (c *conn) dropColumn(ctx context.Context, r *relation, s rsql.DropColumn) error {
	a, err := r.attribute(s.Name)
	if err != nil {
		return err
	}
	if len(r.attributes) == 1 {
		return refuse(stateNotSupported, "cannot drop the only column of table %q", r.name)
	}
	rows, err := c.main.rows(ctx, fmt.Sprintf(`SELECT attisdistkey OR attsortkeyord <> 0,
			EXISTS (SELECT 1 FROM pg_internal.pg_constraint WHERE conrelid = %[1]d AND list_contains(conkey, %[2]d::SMALLINT)
				OR confrelid = %[1]d AND list_contains(confkey, %[2]d::SMALLINT)),
			EXISTS (SELECT 1 FROM pg_internal.view_relations WHERE relid = %[1]d)
		FROM pg_internal.pg_attribute WHERE attrelid = %[1]d AND attnum = %[2]d`, r.oid, a.num))
	if err != nil {
		return err
	}
	switch {
	case rows[0][0] == true:
		return refuse(stateNotSupported, "cannot drop distkey or sortkey column %q", s.Name)
	case (rows[0][1] == true || rows[0][2] == true) && !s.Cascade:
		return refuse(stateDependents, "cannot drop table %s column %s because other objects depend on it", r.name, s.Name)
	}
	sql := fmt.Sprintf(`ALTER TABLE %s DROP COLUMN %s;
		UPDATE pg_internal.pg_attribute SET attisdropped = true, attname = '........pg.dropped.%[4]d........', atttypid = 0, attnotnull = false,
			atthasdef = false WHERE attrelid = %[3]d AND attnum = %[4]d;
		DELETE FROM pg_internal.pg_attrdef WHERE adrelid = %[3]d AND adnum = %[4]d;
		DELETE FROM pg_internal.identity_columns WHERE relid = %[3]d AND attnum = %[4]d;
		DELETE FROM pg_internal.pg_description WHERE objoid = %[3]d AND objsubid = %[4]d;
		DELETE FROM pg_internal.pg_constraint WHERE conrelid = %[3]d AND list_contains(conkey, %[4]d::SMALLINT)
			OR confrelid = %[3]d AND list_contains(confkey, %[4]d::SMALLINT)`, r.physical(), redferry.Quote(s.Name), r.oid, a.num)
	if a.identity != nil {
		sql += "; DROP SEQUENCE " + r.sequence(a)
	}
	_, err = c.main.exec(ctx, sql)
	return err
}

// alterType changes the length of a VARCHAR.
func (c *conn) alterType(ctx context.Context, r *relation, s rsql.AlterType) error {
	a, err := r.attribute(s.Column)
	if err != nil {
		return err
	}
	if a.typ.OID != rsql.Varchar || s.Type.OID != rsql.Varchar {
		return refuse(stateNotSupported, "ALTER COLUMN TYPE is not supported for column %q: only the length of a VARCHAR can change", s.Column)
	}
	rows, err := c.main.rows(ctx, fmt.Sprintf("SELECT max(strlen(%s)) FROM %s", redferry.Quote(a.name), r.physical()))
	if err != nil {
		return err
	}
	if longest, ok := rows[0][0].(int64); ok && longest > int64(rsql.Length(s.Type)) {
		return refuse(stateNotSupported, "cannot alter column %q to VARCHAR(%d): existing data is longer", s.Column, rsql.Length(s.Type))
	}
	return c.catalogExec(ctx, "UPDATE pg_internal.pg_attribute SET atttypmod = %d WHERE attrelid = %d AND attnum = %d", s.Type.Modifier, r.oid, a.num)
}

func (c *conn) alterEncode(ctx context.Context, r *relation, s rsql.AlterEncode) error {
	for _, e := range s.Encodings {
		a, err := r.attribute(e.Column)
		if err != nil {
			return err
		}
		err = c.catalogExec(ctx, "UPDATE pg_internal.pg_attribute SET attencodingtype = %d WHERE attrelid = %d AND attnum = %d",
			encodingNumber(e.Encoding, a.typ, false), r.oid, a.num)
		if err != nil {
			return err
		}
	}
	return c.catalogExec(ctx, "UPDATE pg_internal.layout SET encode_auto = false WHERE relid = %d", r.oid)
}

// alterLayout changes the dist style, the dist key, the sort key or ENCODE AUTO.
func (c *conn) alterLayout(ctx context.Context, r *relation, s rsql.AlterLayout) error {
	var script []string
	add := func(format string, args ...any) { script = append(script, fmt.Sprintf(format, args...)) }
	if s.Layout.Dist != rsql.DistUnset {
		style := map[rsql.DistStyle]int{rsql.DistEven: 0, rsql.DistKey: 1, rsql.DistAll: 8, rsql.DistAuto: 9}[s.Layout.Dist]
		add("UPDATE pg_internal.pg_class SET reldiststyle = %d WHERE oid = %d", style, r.oid)
		add("UPDATE pg_internal.pg_attribute SET attisdistkey = false WHERE attrelid = %d", r.oid)
	}
	if s.Layout.DistKey != "" {
		a, err := r.attribute(s.Layout.DistKey)
		if err != nil {
			return err
		}
		add("UPDATE pg_internal.pg_attribute SET attisdistkey = true WHERE attrelid = %d AND attnum = %d", r.oid, a.num)
	}
	if s.Layout.Sort != rsql.SortUnset || s.NoSort {
		add("UPDATE pg_internal.pg_attribute SET attsortkeyord = 0 WHERE attrelid = %d", r.oid)
		add("UPDATE pg_internal.layout SET sort_auto = %t WHERE relid = %d", s.Layout.Sort == rsql.SortAuto, r.oid)
	}
	for i, name := range s.Layout.SortKey {
		a, err := r.attribute(name)
		if err != nil {
			return err
		}
		position := i + 1
		if s.Layout.Sort == rsql.Interleaved && position%2 == 0 {
			position = -position
		}
		add("UPDATE pg_internal.pg_attribute SET attsortkeyord = %d WHERE attrelid = %d AND attnum = %d", position, r.oid, a.num)
	}
	if s.Layout.EncodeAuto {
		add("UPDATE pg_internal.layout SET encode_auto = true WHERE relid = %d", r.oid)
	}
	if len(script) == 0 {
		return nil
	}
	_, err := c.main.exec(ctx, strings.Join(script, ";\n"))
	return err
}
