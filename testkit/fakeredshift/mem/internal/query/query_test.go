package query_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A world is a Scope of tables by name; "s.t" is t of the schema s.
type world map[string]*query.Relation

func (w world) Relation(schema, name string) (*query.Relation, error) {
	full := name
	if schema != "" && schema != "public" {
		full = schema + "." + name
	}
	if r, ok := w[full]; ok {
		return r, nil
	}
	return nil, &fakeredshift.Error{SQLState: "42P01", Message: fmt.Sprintf("relation %q does not exist", full)}
}

var (
	nameType = typ("varchar(128)")
	intType  = typ("int")
	bigType  = typ("bigint")
	timeType = typ("timestamp")
)

func (w world) Function(name string, args []query.Value) (query.Value, fakeredshift.Type, error) {
	switch {
	case name == "current_database" && len(args) == 0:
		return "dev", nameType, nil
	case name == "current_user" && len(args) == 0:
		return "admin", nameType, nil
	case name == "pg_backend_pid" && len(args) == 0:
		return int64(101), intType, nil
	case name == "pg_last_copy_count" && len(args) == 0:
		return int64(7), bigType, nil
	case name == "getdate" && len(args) == 0:
		return at("2001-02-03 04:05:06"), timeType, nil
	case name == "format_type" && len(args) == 2:
		return formatted(args), nameType, nil
	case name == "format_encoding" && len(args) == 1:
		if args[0] == nil {
			return nil, nameType, nil
		}
		return "none", nameType, nil
	case name == "regclass" && len(args) == 1:
		return int64(100), typ("oid"), nil
	}
	return nil, fakeredshift.Type{}, query.ErrNoFunction
}

func formatted(args []query.Value) query.Value {
	if args[0] == nil {
		return nil
	}
	return fmt.Sprint("type ", args[0], " ", args[1])
}

// typ reads the name of a type.
func typ(name string) fakeredshift.Type {
	switch name {
	case "oid":
		return fakeredshift.Type{OID: 26, Name: "oid", Size: 4, Modifier: -1}
	case "_int2":
		return fakeredshift.Type{OID: 1005, Name: "_int2", Size: -1, Modifier: -1}
	}
	t, err := rsql.ParseType(name)
	if err != nil {
		panic(err)
	}
	return t
}

// at reads a timestamp.
func at(text string) query.Value { return value(text, typ("timestamp")) }

func value(text string, t fakeredshift.Type) query.Value {
	v, err := query.Cast(text, fakeredshift.Type{OID: 1043, Name: "varchar", Size: -1, Modifier: -1}, t)
	if err != nil {
		panic(err)
	}
	return v
}

// table makes a relation of a head "a int, b varchar(10)" and of rows in text,
// whose fields stand between bars; NULL is NULL.
func table(head string, rows ...string) *query.Relation {
	r := &query.Relation{}
	for _, column := range strings.Split(head, "; ") {
		name, kind, _ := strings.Cut(column, " ")
		r.Columns = append(r.Columns, fakeredshift.Column{Name: name, Type: typ(kind)})
	}
	for _, text := range rows {
		r.Rows = append(r.Rows, rowOf(r, text))
	}
	return r
}

// rowOf reads a row of r.
func rowOf(r *query.Relation, text string) []query.Value {
	row := make([]query.Value, len(r.Columns))
	for i, field := range strings.Split(text, "|") {
		switch kind := r.Columns[i].Type; {
		case field == "NULL":
		case kind.Name == "_int2":
			items := []query.Value{}
			for _, item := range strings.Split(strings.Trim(field, "{}"), ",") {
				items = append(items, value(item, typ("smallint")))
			}
			row[i] = items
		default:
			row[i] = value(field, kind)
		}
	}
	return row
}

// run answers a query as text; what the query prints as is answered alike.
func run(s query.Scope, sql string, args ...string) ([]string, error) {
	rows, err := answer(s, sql, args)
	if err != nil {
		return nil, err
	}
	q, err := query.Parse(sql, nil)
	if err != nil {
		return nil, err
	}
	again, err := answer(s, q.String(), args)
	if err != nil || !slices.Equal(again, rows) {
		return nil, fmt.Errorf("%q prints as %q, which gives %q, %w", sql, q, again, err)
	}
	return rows, nil
}

func answer(s query.Scope, sql string, args []string) ([]string, error) {
	q, err := query.Parse(sql, nil)
	if err != nil {
		return nil, err
	}
	pointers := make([]*string, len(args))
	for i := range args {
		if args[i] != "NULL" {
			pointers[i] = &args[i]
		}
	}
	r, err := q.Run(s, pointers)
	if err != nil {
		return nil, err
	}
	return texts(r), nil
}

func texts(r *query.Relation) []string {
	rows := []string{}
	for _, row := range r.Rows {
		fields := make([]string, len(row))
		for i, v := range row {
			if fields[i] = "NULL"; v != nil {
				fields[i] = string(query.Text(v, r.Columns[i].Type))
			}
		}
		rows = append(rows, strings.Join(fields, "|"))
	}
	return rows
}

// refused is the SQLSTATE and the message of an error.
func refused(t *testing.T, err error) string {
	t.Helper()
	var e *fakeredshift.Error
	if !errors.As(err, &e) {
		t.Fatalf("got the error %v, want a refusal", err)
	}
	return e.SQLState + " " + e.Message
}
