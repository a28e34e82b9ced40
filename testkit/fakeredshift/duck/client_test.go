//go:build cgo

package duck

import "testing"

// psql 15 goes on with a query for columns that PostgreSQL 8.0 did not have yet.
func TestRefusalOfPsqlDescribe(t *testing.T) {
	u := login(t)
	u.Do("CREATE TABLE flights (id INT)")
	e := u.Refused(`SELECT c.relchecks, c.relkind, c.relhasindex, c.relhasrules, c.relhastriggers, false, false, c.relhasoids, false as relispartition, '', c.reltablespace, CASE WHEN c.reloftype = 0 THEN '' ELSE c.reloftype::pg_catalog.regtype::pg_catalog.text END, c.relpersistence
FROM pg_catalog.pg_class c
 LEFT JOIN pg_catalog.pg_class tc ON (c.reltoastrelid = tc.oid)
WHERE c.oid = '` + u.One("SELECT 'flights'::regclass::oid") + `';`)
	if e.SQLState != "42703" || e.Message != "column c.relhastriggers does not exist" {
		t.Errorf("got %s %q", e.SQLState, e.Message)
	}
}

func TestQualifiedOperators(t *testing.T) {
	u := login(t)
	for _, test := range []struct{ sql, want string }{
		{`SELECT 'air' OPERATOR(pg_catalog.~) '^a'`, "t"},
		{`SELECT 'air' OPERATOR(pg_catalog.!~) '^a'`, "f"},
		{`SELECT 'air' operator ( "pg_catalog" . ~~ ) 'a%'`, "t"},
		{`SELECT 2 OPERATOR(PG_CATALOG.+) 3`, "5"},
		{`SELECT operator FROM (SELECT 1 AS operator) x`, "1"},
	} {
		if got := u.One(test.sql); got != test.want {
			t.Errorf("%s: got %s, want %s", test.sql, got, test.want)
		}
	}
	for _, sql := range []string{
		`SELECT '1' OPERATOR(pg_catalog.::) int`, `SELECT 1 OPERATOR(pg_catalog.@) 1`, `SELECT 1 OPERATOR(pg_catalog.+`, `SELECT 1 OPERATOR(pg_catalog.) 1`,
	} {
		if e := u.Refused(sql); e.SQLState != stateSyntax {
			t.Errorf("%s: got %s %q, want a syntax error", sql, e.SQLState, e.Message)
		}
	}
}
