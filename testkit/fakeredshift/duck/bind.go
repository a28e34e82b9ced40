//go:build cgo

package duck

import (
	"context"
	"maps"
	"strings"
)

// A binder walks the tree of a query: it resolves every relation, refuses what
// Redshift does not have, and works out the columns.
type binder struct {
	ctx       context.Context
	find      func(ctx context.Context, database, schema, name string) (*relation, error)
	refs      []reference
	functions []string
	err       error // the first refusal
}

// A reference is a relation as it stands in the text.
type reference struct {
	position int
	parts    int // how many names it has, joined with dots
	relation *relation
}

// A source is one item of FROM. Fields is nil if its columns are not known.
type source struct {
	alias  string
	fields []field
}

// A scope has the queries that WITH names. Their fields may be nil.
type scope map[string][]field

// query binds a query and returns its columns, nil if they are not known.
func (b *binder) query(n node, outer scope) []field {
	inner := b.with(n, outer)
	for _, modifier := range n.list("modifiers") {
		b.visit(modifier, inner)
	}
	switch n.text("type") {
	case "SELECT_NODE":
		return b.selection(n, inner)
	case "SET_OPERATION_NODE":
		return b.setOperation(n, inner)
	case "RECURSIVE_CTE_NODE":
		inner = maps.Clone(inner)
		inner[n.text("cte_name")] = nil
		fields := b.query(n.child("left"), inner)
		b.query(n.child("right"), inner)
		return fields
	}
	b.visit(n, inner)
	return nil
}

func (b *binder) with(n node, outer scope) scope {
	entries := n.child("cte_map").list("map")
	if len(entries) == 0 {
		return outer
	}
	inner := maps.Clone(outer)
	if inner == nil {
		inner = scope{}
	}
	for _, entry := range entries {
		value := entry.child("value")
		fields := b.query(value.child("query").child("node"), inner)
		inner[entry.text("key")] = renamed(fields, value.texts("aliases"))
	}
	return inner
}

func (b *binder) setOperation(n node, s scope) []field {
	fields := b.query(n.child("left"), s)
	others := [][]field{b.query(n.child("right"), s)}
	for _, child := range n.list("children") {
		others = append(others, b.query(child, s))
	}
	merged := append([]field(nil), fields...)
	for _, other := range others {
		for i := range merged {
			if i >= len(other) || other[i].typ == nil || merged[i].typ == nil || *other[i].typ != *merged[i].typ {
				merged[i].typ = nil
			}
		}
	}
	return merged
}

func (b *binder) selection(n node, s scope) []field {
	sources := b.from(n.child("from_table"), s)
	for _, key := range []string{"select_list", "where_clause", "group_expressions", "having", "qualify"} {
		b.visit(n[key], s)
	}
	var fields []field
	for _, item := range n.list("select_list") {
		if item.text("class") != "STAR" {
			fields = append(fields, fieldOf(item, sources))
			continue
		}
		starred, ok := star(item, sources)
		if !ok {
			return nil
		}
		fields = append(fields, starred...)
	}
	return fields
}

// from binds FROM and returns its items from left to right.
func (b *binder) from(n node, s scope) []source {
	switch n.text("type") {
	case "", "EMPTY":
		return nil
	case "BASE_TABLE":
		return []source{b.table(n, s)}
	case "JOIN":
		sources := append(b.from(n.child("left"), s), b.from(n.child("right"), s)...)
		b.visit(n["condition"], s)
		if len(n.texts("using_columns")) > 0 || n.text("ref_type") == "NATURAL" {
			sources = append(sources, source{}) // the shape of * is not worked out
		}
		return sources
	case "SUBQUERY":
		fields := b.query(n.child("subquery").child("node"), s)
		return []source{{alias: n.text("alias"), fields: renamed(fields, n.texts("column_name_alias"))}}
	case "TABLE_FUNCTION":
		return []source{b.tableFunction(n, s)}
	case "EXPRESSION_LIST":
		b.visit(n["values"], s)
		return []source{{alias: n.text("alias")}}
	}
	b.refuse(refuse(stateSyntax, "syntax error: FROM does not take %s", strings.ToLower(n.text("type"))))
	return nil
}

func (b *binder) table(n node, s scope) source {
	database, schema, name := n.text("catalog_name"), n.text("schema_name"), n.text("table_name")
	alias := n.text("alias")
	if alias == "" {
		alias = name
	}
	if fields, ok := s[name]; ok && schema == "" {
		return source{alias, renamed(fields, n.texts("column_name_alias"))}
	}
	if b.err != nil {
		return source{alias: alias}
	}
	found, err := b.find(b.ctx, database, schema, name)
	if err != nil {
		b.refuse(err)
		return source{alias: alias}
	}
	parts := 1
	for _, part := range []string{database, schema} {
		if part != "" {
			parts++
		}
	}
	b.refs = append(b.refs, reference{n.position(), parts, found})
	return source{alias, renamed(found.fields, n.texts("column_name_alias"))}
}

// tableFunction refuses all functions in FROM but those of PostgreSQL: DuckDB's
// read files.
func (b *binder) tableFunction(n node, s scope) source {
	function := n.child("function")
	switch name := function.text("function_name"); name {
	case "generate_series", "unnest":
		b.visit(function, s)
	default:
		b.refuse(refuse(stateNoFunction, "function %s() does not exist", name))
	}
	return source{alias: n.text("alias")}
}

// visit looks for queries and calls inside of an expression.
func (b *binder) visit(v any, s scope) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			b.visit(item, s)
		}
	case node:
		b.visit(map[string]any(v), s)
	case map[string]any:
		n := node(v)
		switch n.text("class") {
		case "SUBQUERY":
			b.visit(n["child"], s)
			b.query(n.child("subquery").child("node"), s)
			return
		case "FUNCTION", "WINDOW":
			b.call(n)
		case "LAMBDA":
			b.refuse(refuse(stateSyntax, `syntax error at or near "->"`))
		}
		for _, child := range v {
			b.visit(child, s)
		}
	}
}

// call notes the name of a function, and refuses those that only DuckDB has and
// that reach beyond the query.
func (b *binder) call(n node) {
	name := n.text("function_name")
	switch name {
	case "getvariable", "getenv", "current_setting", "nextval", "currval", "error", "query", "query_table", "which_secret", "write_log":
		b.refuse(refuse(stateNoFunction, "function %s() does not exist", name))
	}
	b.functions = append(b.functions, name)
}

func (b *binder) refuse(err error) {
	if b.err == nil {
		b.err = err
	}
}

func renamed(fields []field, names []string) []field {
	if len(names) == 0 || fields == nil {
		return fields
	}
	copied := append([]field(nil), fields...)
	for i := range min(len(names), len(copied)) {
		copied[i].name = names[i]
	}
	return copied
}
