package mem

import (
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
)

// A system is a relation of the system: its columns, and how its rows are made.
type system struct {
	columns []fakeredshift.Column
	rows    func(c *conn, s sight) [][]query.Value // under Engine.mu
}

// systems are the relations of pg_catalog.
var systems = map[string]*system{
	"pg_namespace":          {fieldsOf("oid oid", "nspname", "nspowner int4", "nspacl"), namespaces},
	"pg_class":              {classFields, classes},
	"pg_class_info":         {append(fieldsOf("reloid oid"), append(classFields[1:len(classFields):len(classFields)], fieldsOf("releffectivediststyle int2", "relcreationtime timestamp")...)...), classInfo},
	"pg_attribute":          {attributeFields, attributes},
	"pg_attrdef":            {fieldsOf("oid oid", "adrelid oid", "adnum int2", "adbin", "adsrc"), defaultRows},
	"pg_constraint":         {constraintFields, constraintRows},
	"pg_description":        {fieldsOf("objoid oid", "classoid oid", "objsubid int4", "description"), descriptions},
	"pg_conf":               {fieldsOf("key", "value"), confs},
	"pg_database":           {fieldsOf("oid oid", "datname", "datdba int4", "encoding int4", "datistemplate bool", "datallowconn bool"), databaseRows},
	"pg_user":               {fieldsOf("usename", "usesysid int4", "usecreatedb bool", "usesuper bool", "usecatupd bool", "passwd", "valuntil timestamp", "useconfig"), userRows},
	"pg_type":               {fieldsOf("oid oid", "typname", "typnamespace oid", "typlen int2", "typtype"), typeRows},
	"pg_tables":             {fieldsOf("schemaname", "tablename", "tableowner", "tablespace", "hasindexes bool", "hasrules bool", "hastriggers bool"), tableRows},
	"pg_views":              {fieldsOf("schemaname", "viewname", "viewowner", "definition"), viewRows},
	"pg_table_def":          {fieldsOf("schemaname", "tablename", "column", "type", "encoding", "distkey bool", "sortkey int4", "notnull bool"), tableDefs},
	"svv_table_info":        {tableInfoFields, tableInfos},
	"svv_redshift_columns":  {redshiftColumnFields, redshiftColumns},
	"svv_all_columns":       {allColumnFields, allColumns},
	"svv_columns":           {svvColumnFields, allColumns},
	"svv_redshift_tables":   {redshiftTableFields, redshiftTables},
	"svv_all_tables":        {allTableFields, allTables},
	"svv_tables":            {svvTableFields, svvTables},
	"svv_redshift_schemas":  {schemaFields, schemaRows},
	"sys_query_history":     {queryHistoryFields, queryHistory},
	"sys_load_history":      {loadHistoryFields, loadHistory},
	"sys_load_error_detail": {loadErrorFields, loadErrors},
	"sys_unload_history":    {unloadHistoryFields, unloadHistory},
	"stl_load_errors":       {oldLoadErrorFields, oldLoadErrors},
}

// information are the relations of information_schema.
var information = map[string]*system{
	"columns":  {cut(svvColumnFields, 1), informationColumns},
	"tables":   {cut(svvTableFields, 1), informationTables},
	"schemata": {fieldsOf("catalog_name", "schema_name", "schema_owner"), schemata},
	"table_constraints": {
		fieldsOf("constraint_catalog", "constraint_schema", "constraint_name", "table_catalog", "table_schema", "table_name", "constraint_type"),
		tableConstraints,
	},
}

// systemRelation is the relation of the system that a name stands for, nil if it
// is none.
func systemRelation(schema, name string) *system {
	switch schema {
	case "", hidden:
		return systems[name]
	case hiddenInformation:
		return information[name]
	}
	return nil
}

func isSystem(schema, name string) bool { return systemRelation(schema, name) != nil }

func (r *system) read(c *conn) *query.Relation {
	c.engine.mu.Lock()
	defer c.engine.mu.Unlock()
	return &query.Relation{Columns: r.columns, Rows: r.rows(c, c.sight())}
}

// fieldsOf makes columns of "name type"; without a type they are text.
func fieldsOf(specs ...string) []fakeredshift.Column {
	fields := make([]fakeredshift.Column, len(specs))
	for i, spec := range specs {
		name, kind, _ := strings.Cut(spec, " ")
		fields[i] = fakeredshift.Column{Name: name, Type: fieldType(kind)}
	}
	return fields
}

func fieldType(kind string) fakeredshift.Type {
	switch kind {
	case "":
		return plainText
	case "oid":
		return oidType
	case "int2[]":
		return int2Array
	}
	return parsedType(kind)
}

// knownTypes are the types of pg_type. Their modifiers do not matter.
var knownTypes = []fakeredshift.Type{
	boolType, int8Type, int2Type, int4Type,
	{OID: 25, Name: "text", Size: -1},
	oidType, realType, parsedType("float8"),
	parsedType("char(1)"), plainText, dateType, parsedType("time"), timeType, zonedType,
	parsedType("interval year to month"), parsedType("interval day to second"), parsedType("timetz"), parsedType("numeric(18,0)"),
	parsedType("hllsketch"), parsedType("geometry"), parsedType("geography"), parsedType("super"), parsedType("varbyte"),
}

// Ids of users: the system's own, and those who log in, from 100 on.
const (
	systemID = 1
	ownerID  = 100
)

func userID(i int) int64 {
	if i == 0 {
		return systemID
	}
	return ownerID + int64(i) - 1
}

// databaseOID is used under e.mu.
func (e *Engine) databaseOID(name string) uint32 {
	for i, other := range e.databases {
		if other == name {
			return uint32(100 + i)
		}
	}
	return 0
}

func oidOf(oid uint32) query.Value { return int64(oid) }

// textOf is NULL for an empty text.
func textOf(text string) query.Value {
	if text == "" {
		return nil
	}
	return text
}

func numbersOf(numbers []int16) query.Value {
	if numbers == nil {
		return nil
	}
	list := make([]query.Value, len(numbers))
	for i, n := range numbers {
		list[i] = int64(n)
	}
	return list
}

func namespaces(_ *conn, s sight) [][]query.Value {
	var rows [][]query.Value
	for _, n := range s.allSchemas() {
		rows = append(rows, []query.Value{oidOf(n.oid), n.name, n.owner, nil})
	}
	return rows
}

func descriptions(_ *conn, s sight) [][]query.Value {
	var rows [][]query.Value
	for _, key := range s.allComments() {
		text, _ := s.comment(key)
		rows = append(rows, []query.Value{oidOf(key.object), oidOf(key.class), key.part, text})
	}
	return rows
}

// confs has an entry pg_class_backup_<database>_<table> for a table with BACKUP NO.
func confs(c *conn, s sight) [][]query.Value {
	var rows [][]query.Value
	for _, t := range s.allTables() {
		if t.noBackup {
			rows = append(rows, []query.Value{backupKey(c.engine.databaseOID(c.session.Database), t.oid), "no"})
		}
	}
	return rows
}

func databaseRows(c *conn, _ sight) [][]query.Value {
	var rows [][]query.Value
	for _, name := range c.engine.databases {
		rows = append(rows, []query.Value{oidOf(c.engine.databaseOID(name)), name, int64(ownerID), int64(6), false, true})
	}
	return rows
}

func userRows(c *conn, _ sight) [][]query.Value {
	var rows [][]query.Value
	for i, name := range c.engine.users {
		rows = append(rows, []query.Value{name, userID(i), true, true, i == 0, "********", nil, nil})
	}
	return rows
}

func typeRows(*conn, sight) [][]query.Value {
	var rows [][]query.Value
	for _, t := range knownTypes {
		rows = append(rows, []query.Value{oidOf(t.OID), t.Name, int64(11), int64(t.Size), "b"})
	}
	return rows
}
