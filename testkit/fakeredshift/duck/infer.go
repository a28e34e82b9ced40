//go:build cgo

package duck

import (
	"encoding/json"
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// fieldOf returns the name that Redshift gives an item of a select list, and its
// type, if that is one that DuckDB does not keep: VARCHAR(n), CHAR(n), SUPER.
func fieldOf(item node, sources []source) field {
	name := item.text("alias")
	if name == "" {
		name = nameOf(item)
	}
	return field{name, typeOf(item, sources)}
}

func nameOf(n node) string {
	switch n.text("class") {
	case "COLUMN_REF":
		names := n.texts("column_names")
		return names[len(names)-1]
	case "CAST":
		return nameOf(n.child("child"))
	case "CASE":
		return "case"
	case "FUNCTION", "WINDOW":
		switch name := n.text("function_name"); {
		case name == "count_star":
			return "count"
		case name == "pg_varchar", name == "pg_char", name == "pg_super", name == "pg_regclass":
			return nameOf(n.list("children")[0])
		case n["is_operator"] == true:
			return "?column?"
		default:
			return strings.TrimPrefix(name, "get_")
		}
	case "OPERATOR":
		if n.text("type") == "OPERATOR_COALESCE" {
			return "coalesce"
		}
	}
	return "?column?"
}

func typeOf(n node, sources []source) *fakeredshift.Type {
	switch n.text("class") {
	case "COLUMN_REF":
		return columnType(n.texts("column_names"), sources)
	case "FUNCTION":
		return callType(n, sources)
	case "OPERATOR":
		if children := n.list("children"); n.text("type") == "OPERATOR_COALESCE" && len(children) > 0 {
			return typeOf(children[0], sources)
		}
	}
	return nil
}

func columnType(names []string, sources []source) *fakeredshift.Type {
	column := names[len(names)-1]
	for _, s := range sources {
		if len(names) > 1 && s.alias != names[len(names)-2] {
			continue
		}
		for _, f := range s.fields {
			if f.name == column {
				return f.typ
			}
		}
	}
	return nil
}

func callType(n node, sources []source) *fakeredshift.Type {
	children := n.list("children")
	if len(children) == 0 {
		return nil
	}
	switch n.text("function_name") {
	case "pg_super", "json_parse":
		t := parsedType("super")
		return &t
	case "sum":
		return sumType(typeOf(children[0], sources))
	case "pg_varchar":
		return sized(rsql.Varchar, "varchar", children)
	case "pg_char":
		return sized(rsql.Bpchar, "bpchar", children)
	case "min", "max", "nvl", "upper", "lower", "btrim", "ltrim", "rtrim", "trim":
		return typeOf(children[0], sources)
	}
	return nil
}

// sumType is the type of the sum of a column: of small integers it is BIGINT.
func sumType(t *fakeredshift.Type) *fakeredshift.Type {
	if t == nil || t.OID != rsql.Int2 && t.OID != rsql.Int4 {
		return nil
	}
	sum := parsedType("bigint")
	return &sum
}

// sized returns the type of pg_varchar(x, n) or pg_char(x, n).
func sized(oid uint32, name string, children []node) *fakeredshift.Type {
	if len(children) < 2 {
		return nil
	}
	number, _ := children[1].child("value")["value"].(json.Number)
	n, err := number.Int64()
	if err != nil {
		return nil
	}
	return &fakeredshift.Type{OID: oid, Name: name, Size: -1, Modifier: int32(n) + 4}
}

// star returns the columns of * or t.*; false if they are not all known.
func star(item node, sources []source) ([]field, bool) {
	relation := item.text("relation_name")
	if len(item.texts("exclude_list")) > 0 || len(item.list("replace_list")) > 0 {
		return nil, false
	}
	var fields []field
	for _, s := range sources {
		if relation != "" && s.alias != relation {
			continue
		}
		if s.fields == nil {
			return nil, false
		}
		fields = append(fields, s.fields...)
	}
	return fields, true
}
