package mem

import (
	"fmt"
	"strings"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A function is one of the session or of the catalog.
type function struct {
	typ         fakeredshift.Type
	least, most int // arguments
	call        func(s *scope, args []query.Value) query.Value
}

const version8 = "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.12345"

// Function calls a function of the session or of the catalog. With NULL for an
// argument they all give NULL or what they always give.
func (s *scope) Function(name string, args []query.Value) (query.Value, fakeredshift.Type, error) {
	f, ok := functions[name]
	if !ok || len(args) < f.least || len(args) > f.most {
		return nil, fakeredshift.Type{}, query.ErrNoFunction
	}
	if name == "regclass" {
		return s.regclass(args[0])
	}
	return f.call(s, args), f.typ, nil
}

// functions are looked up by name. What stands for a rank of the user is true for
// everybody.
var functions map[string]function

func init() { // not a literal: its calls lead back to it
	text := func(call func(s *scope) string) function {
		return function{plainText, 0, 0, func(s *scope, _ []query.Value) query.Value { return call(s) }}
	}
	number := func(t fakeredshift.Type, call func(s *scope) int64) function {
		return function{t, 0, 0, func(s *scope, _ []query.Value) query.Value { return call(s) }}
	}
	clock := func(t fakeredshift.Type, unit time.Duration) function {
		return function{t, 0, 1, func(*scope, []query.Value) query.Value { return now().Truncate(unit) }}
	}
	always := func(least, most int) function {
		return function{boolType, least, most, func(*scope, []query.Value) query.Value { return true }}
	}
	user := text(func(s *scope) string { return s.session.User })
	functions = map[string]function{
		"version":               text(func(*scope) string { return version8 }),
		"current_user":          user,
		"session_user":          user,
		"user":                  user,
		"current_user_id":       number(int4Type, func(*scope) int64 { return ownerID }),
		"current_database":      text(func(s *scope) string { return s.session.Database }),
		"current_namespace":     text(func(s *scope) string { return s.session.Database }),
		"current_schema":        {plainText, 0, 0, func(s *scope, _ []query.Value) query.Value { return first(s.knownPath()) }},
		"current_schemas":       {textArray, 1, 1, currentSchemas},
		"pg_backend_pid":        number(int4Type, func(s *scope) int64 { return int64(s.session.PID) }),
		"pg_last_query_id":      number(int8Type, func(s *scope) int64 { return s.counts.lastQuery }),
		"pg_last_copy_count":    number(int8Type, func(s *scope) int64 { return s.counts.copyRows }),
		"pg_last_copy_id":       number(int8Type, func(s *scope) int64 { return s.counts.copyID }),
		"pg_last_unload_count":  number(int8Type, func(s *scope) int64 { return s.counts.unloadRows }),
		"pg_last_unload_id":     number(int8Type, func(s *scope) int64 { return s.counts.unloadID }),
		"getdate":               clock(timeType, time.Second),
		"sysdate":               clock(timeType, time.Microsecond),
		"now":                   clock(zonedType, time.Microsecond),
		"current_timestamp":     clock(zonedType, time.Microsecond),
		"transaction_timestamp": clock(zonedType, time.Microsecond),
		"current_date":          clock(dateType, 24*time.Hour),
		"has_schema_privilege":  always(2, 3), "has_table_privilege": always(2, 3), "has_database_privilege": always(2, 3),
		"quote_ident":          {plainText, 1, 1, onText(quoteIdent)},
		"quote_literal":        {plainText, 1, 1, onText(quoteLiteral)},
		"format_type":          {plainText, 2, 2, formatType},
		"format_encoding":      {plainText, 1, 1, formatEncoding},
		"pg_get_expr":          {plainText, 2, 3, func(_ *scope, args []query.Value) query.Value { return args[0] }},
		"col_description":      {plainText, 2, 2, colDescription},
		"obj_description":      {plainText, 1, 2, objDescription},
		"pg_get_userbyid":      {plainText, 1, 1, userByID},
		"pg_get_viewdef":       {plainText, 1, 2, viewDefinition},
		"pg_table_is_visible":  {boolType, 1, 1, isVisible},
		"pg_get_constraintdef": {plainText, 1, 2, constraintDefinition},
		"regclass":             {oidType, 1, 1, nil},
	}
}

func first(names []string) query.Value {
	if len(names) == 0 {
		return nil
	}
	return names[0]
}

// knownPath are the schemas of the search path that exist.
func (s *scope) knownPath() []string {
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	return s.existingPath()
}

func currentSchemas(s *scope, args []query.Value) query.Value {
	list := []query.Value{}
	if args[0] == true {
		list = append(list, hidden)
	}
	for _, name := range s.knownPath() {
		list = append(list, name)
	}
	return list
}

func onText(f func(string) string) func(*scope, []query.Value) query.Value {
	return func(_ *scope, args []query.Value) query.Value {
		if text, ok := args[0].(string); ok {
			return f(text)
		}
		return nil
	}
}

func quoteIdent(name string) string {
	if name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == "" && (name[0] < '0' || name[0] > '9') {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func quoteLiteral(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) + "'"
}

func formatType(_ *scope, args []query.Value) query.Value {
	oid, ok := args[0].(int64)
	if !ok {
		return nil
	}
	modifier, ok := args[1].(int64)
	if !ok {
		modifier = -1
	}
	for _, t := range knownTypes {
		if int64(t.OID) == oid {
			t.Modifier = int32(modifier)
			return rsql.TypeText(t)
		}
	}
	switch uint32(oid) {
	case int2Array.OID:
		return "smallint[]"
	case 1007:
		return "integer[]"
	}
	return "???"
}

func formatEncoding(_ *scope, args []query.Value) query.Value {
	switch n, ok := args[0].(int64); {
	case !ok:
		return nil
	case n == 0, n == assignedRaw:
		return "none"
	case n < int64(len(encodings)):
		return encodings[n]
	}
	return nil
}

// comment is the comment on an object, nil if there is none.
func (s *scope) comment(key commentKey) query.Value {
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	if text, ok := s.sight().comment(key); ok {
		return text
	}
	return nil
}

func colDescription(s *scope, args []query.Value) query.Value {
	oid, ok := args[0].(int64)
	part, ok2 := args[1].(int64)
	if !ok || !ok2 {
		return nil
	}
	return s.comment(commentKey{classOfTables, uint32(oid), part})
}

func objDescription(s *scope, args []query.Value) query.Value {
	oid, ok := args[0].(int64)
	if !ok {
		return nil
	}
	classes := []uint32{classOfTables, classOfSchemas, classOfConstraints, classOfDatabases}
	if len(args) == 2 {
		name, _ := args[1].(string)
		classes = []uint32{map[string]uint32{
			"pg_class": classOfTables, "pg_namespace": classOfSchemas, "pg_constraint": classOfConstraints, "pg_database": classOfDatabases,
		}[name]}
	}
	for _, class := range classes {
		if text := s.comment(commentKey{class, uint32(oid), 0}); text != nil {
			return text
		}
	}
	return nil
}

func userByID(s *scope, args []query.Value) query.Value {
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	for i, name := range s.engine.users {
		if args[0] == userID(i) {
			return name
		}
	}
	return nil
}

// tableOf is the table with an oid, nil if there is none.
func (s *scope) tableOf(oid query.Value) *table {
	n, ok := oid.(int64)
	if !ok {
		return nil
	}
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	return s.sight().byOID(uint32(n))
}

func viewDefinition(s *scope, args []query.Value) query.Value {
	if t := s.tableOf(args[0]); t != nil && t.view != nil {
		return t.view.definition
	}
	return nil
}

func isVisible(s *scope, args []query.Value) query.Value {
	t := s.tableOf(args[0])
	if t == nil {
		return nil
	}
	for _, name := range s.knownPath() {
		if name == t.schema.name {
			return true
		}
	}
	return false
}

// regclass is the oid of the table that a text names, or the oid in the text.
func (s *scope) regclass(v query.Value) (query.Value, fakeredshift.Type, error) {
	text, ok := v.(string)
	if !ok {
		return v, oidType, nil
	}
	w := s.words(text)
	name, err := w.name()
	if err == nil {
		err = w.end()
	}
	if err != nil {
		if v, err := query.Cast(text, plainText, int8Type); err == nil {
			return v, oidType, nil
		}
		return nil, oidType, err
	}
	t, err := s.find(name)
	if err != nil {
		return nil, oidType, err
	}
	return int64(t.oid), oidType, nil
}

func constraintDefinition(s *scope, args []query.Value) query.Value {
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	for _, t := range s.sight().allTables() {
		for _, k := range t.constraints {
			if args[0] == int64(k.oid) {
				return s.definition(t, k)
			}
		}
	}
	return nil
}

// definition is what follows CONSTRAINT name.
func (s *scope) definition(t *table, k constraint) string {
	columns := t.quoted(k.columns)
	switch k.kind {
	case "p":
		return "PRIMARY KEY (" + columns + ")"
	case "u":
		return "UNIQUE (" + columns + ")"
	}
	parent := s.sight().byOID(k.parent)
	name := quoteIdent(parent.name)
	visible := false
	for _, in := range s.existingPath() {
		visible = visible || in == parent.schema.name
	}
	if !visible {
		name = quoteIdent(parent.schema.name) + "." + name
	}
	return fmt.Sprintf("FOREIGN KEY (%s) REFERENCES %s(%s)", columns, name, parent.quoted(k.referred))
}

// quoted are the names of columns, quoted where they must be.
func (t *table) quoted(numbers []int16) string {
	names := make([]string, len(numbers))
	for i, n := range numbers {
		names[i] = quoteIdent(t.columns[n-1].name)
	}
	return strings.Join(names, ", ")
}
