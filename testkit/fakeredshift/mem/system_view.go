package mem

import (
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// The views on columns and tables show the same in different words.
var (
	redshiftColumnFields = fieldsOf("database_name", "schema_name", "table_name", "column_name", "ordinal_position int4", "data_type",
		"column_default", "is_nullable", "encoding", "distkey bool", "sortkey int4", "column_acl", "remarks")
	allColumnFields = fieldsOf("database_name", "schema_name", "table_name", "column_name", "ordinal_position int4", "column_default",
		"is_nullable", "data_type", "character_maximum_length int4", "numeric_precision int4", "numeric_scale int4", "remarks")
	svvColumnFields = fieldsOf("table_catalog", "table_schema", "table_name", "column_name", "ordinal_position int4", "column_default",
		"is_nullable", "data_type", "character_maximum_length int4", "numeric_precision int4", "numeric_scale int4", "remarks")
	redshiftTableFields = fieldsOf("database_name", "schema_name", "table_name", "table_type", "table_acl", "remarks", "table_owner")
	allTableFields      = fieldsOf("database_name", "schema_name", "table_name", "table_type", "remarks")
	svvTableFields      = fieldsOf("table_catalog", "table_schema", "table_name", "table_type", "remarks")
	schemaFields        = fieldsOf("database_name", "schema_name", "schema_owner int4", "schema_type", "schema_acl", "schema_option")
)

// cut are columns without the last n.
func cut(fields []fakeredshift.Column, n int) []fakeredshift.Column { return fields[:len(fields)-n] }

// eachColumn makes a row of every column that there is.
func eachColumn(s sight, row func(t *table, a column, position int64) []query.Value) [][]query.Value {
	var rows [][]query.Value
	for _, t := range s.allTables() {
		for i, a := range t.live() {
			rows = append(rows, row(t, a, int64(i+1)))
		}
	}
	return rows
}

func redshiftColumns(c *conn, s sight) [][]query.Value {
	return eachColumn(s, func(t *table, a column, position int64) []query.Value {
		return []query.Value{
			c.session.Database, t.schema.name, t.name, a.name, position, rsql.TypeText(a.typ),
			textOf(a.source(t)), nullable(a), encodingName(a), a.distKey, a.sortOrd, nil, remarks(s, t, a.num),
		}
	})
}

func allColumns(c *conn, s sight) [][]query.Value {
	return eachColumn(s, func(t *table, a column, position int64) []query.Value {
		length, precision, scale := sizes(a.typ)
		return []query.Value{
			c.session.Database, t.schema.name, t.name, a.name, position, textOf(a.source(t)),
			nullable(a), rsql.BaseText(a.typ), length, precision, scale, remarks(s, t, a.num),
		}
	})
}

// informationColumns are those of allColumns without remarks.
func informationColumns(c *conn, s sight) [][]query.Value {
	rows := allColumns(c, s)
	for i := range rows {
		rows[i] = rows[i][:len(rows[i])-1]
	}
	return rows
}

func nullable(a column) string {
	if a.notNull {
		return "NO"
	}
	return "YES"
}

func remarks(s sight, t *table, num int16) query.Value {
	if text, ok := s.comment(commentKey{classOfTables, t.oid, int64(num)}); ok {
		return text
	}
	return nil
}

// sizes are what the views know of a type; NULL where it has none of them.
func sizes(t fakeredshift.Type) (length, precision, scale query.Value) {
	switch t.OID {
	case rsql.Bpchar, rsql.Varchar:
		length = int64(rsql.Length(t))
	case rsql.Numeric:
		p, s := rsql.Precision(t)
		precision, scale = int64(p), int64(s)
	case rsql.Int2:
		precision, scale = int64(16), zero
	case rsql.Int4:
		precision, scale = int64(32), zero
	case rsql.Int8:
		precision, scale = int64(64), zero
	}
	return length, precision, scale
}

func redshiftTables(c *conn, s sight) [][]query.Value {
	var rows [][]query.Value
	for _, t := range s.allTables() {
		rows = append(rows, []query.Value{c.session.Database, t.schema.name, t.name, typeOfTable(t, "TABLE"), nil, remarks(s, t, 0), c.engine.owner()})
	}
	return rows
}

func typeOfTable(t *table, plain string) string {
	if t.view != nil {
		return "VIEW"
	}
	return plain
}

func allTables(c *conn, s sight) [][]query.Value { return namedTables(c, s, "TABLE") }
func svvTables(c *conn, s sight) [][]query.Value { return namedTables(c, s, "BASE TABLE") }

func namedTables(c *conn, s sight, plain string) [][]query.Value {
	var rows [][]query.Value
	for _, t := range s.allTables() {
		rows = append(rows, []query.Value{c.session.Database, t.schema.name, t.name, typeOfTable(t, plain), remarks(s, t, 0)})
	}
	return rows
}

// informationTables are those of svvTables without remarks.
func informationTables(c *conn, s sight) [][]query.Value {
	rows := svvTables(c, s)
	for i := range rows {
		rows[i] = rows[i][:len(rows[i])-1]
	}
	return rows
}

func schemaRows(c *conn, s sight) [][]query.Value {
	var rows [][]query.Value
	for _, n := range s.allSchemas() {
		rows = append(rows, []query.Value{c.session.Database, n.name, n.owner, "local", nil, nil})
	}
	return rows
}

func schemata(c *conn, s sight) [][]query.Value {
	var rows [][]query.Value
	for _, n := range s.allSchemas() {
		var owner query.Value
		for i, name := range c.engine.users {
			if userID(i) == n.owner {
				owner = name
			}
		}
		rows = append(rows, []query.Value{c.session.Database, n.name, owner})
	}
	return rows
}

func tableConstraints(c *conn, s sight) [][]query.Value {
	kinds := map[string]string{"p": "PRIMARY KEY", "u": "UNIQUE", "f": "FOREIGN KEY"}
	var rows [][]query.Value
	for _, t := range s.allTables() {
		for _, k := range t.constraints {
			rows = append(rows, []query.Value{
				c.session.Database, t.schema.name, k.name, c.session.Database, t.schema.name, t.name, kinds[k.kind],
			})
		}
	}
	return rows
}
