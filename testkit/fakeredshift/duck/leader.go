//go:build cgo

package duck

import "strings"

// leaderOnly are functions that only the leader node has.
// Source: Database Developer Guide, "Leader node-only functions", and what is
// known to fail in queries on tables.
var leaderOnly = map[string]bool{
	"array_to_string":        true,
	"col_description":        true,
	"current_schema":         true,
	"current_schemas":        true,
	"format_encoding":        true,
	"format_type":            true,
	"generate_series":        true,
	"has_database_privilege": true,
	"has_schema_privilege":   true,
	"has_table_privilege":    true,
	"now":                    true,
	"obj_description":        true,
	"pg_get_constraintdef":   true,
	"pg_get_expr":            true,
	"pg_get_userbyid":        true,
	"pg_get_viewdef":         true,
	"pg_table_is_visible":    true,
}

// compute reports whether the compute nodes run a query on this relation: a
// user's table, or one of the SVV, SVL, STL, STV and SYS families.
func (r *relation) compute() bool {
	if !r.system {
		return true
	}
	for _, family := range []string{"svv_", "svl_", "stl_", "stv_", "sys_"} {
		if strings.HasPrefix(r.name, family) {
			return true
		}
	}
	return false
}

// checkNodes refuses a query that neither the leader node nor the compute nodes
// could run alone.
func (b *binder) checkNodes() error {
	var leader, compute bool
	for _, ref := range b.refs {
		if ref.relation.compute() {
			compute = true
		} else {
			leader = true
		}
	}
	for _, name := range b.functions {
		leader = leader || leaderOnly[name]
	}
	if leader && compute {
		return refuse(stateNotSupported, "Specified types or functions (one per INFO message) not supported on Redshift tables.")
	}
	return nil
}
