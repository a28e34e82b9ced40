package enginetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Queries that clients in the field send.
func testQueriesOfClients(t *testing.T, open opener) {
	u := open.login(t)
	u.Do(`CREATE TABLE parent (id INT PRIMARY KEY)`, `CREATE TABLE child (a INT ENCODE az64 REFERENCES parent, "b c" VARCHAR(7) NOT NULL DEFAULT 'x') DISTKEY(a) COMPOUND SORTKEY(a, "b c")`)
	for _, test := range []struct {
		name, sql string
		want      []string
	}{
		{
			`psql's \dt`, `SELECT n.nspname as "Schema", c.relname as "Name",
				CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' END as "Type", pg_catalog.pg_get_userbyid(c.relowner) as "Owner"
			FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relkind IN ('r','p','') AND n.nspname <> 'pg_catalog' AND n.nspname !~ '^pg_toast' AND n.nspname <> 'information_schema'
				AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 1,2;`,
			[]string{"public|child|table|admin", "public|parent|table|admin"},
		},
		{
			"columns, as sqlalchemy-redshift asks", `SELECT n.nspname as "schema", c.relname as "table_name", att.attname as "name",
				format_encoding(att.attencodingtype::integer) as "encode", format_type(att.atttypid, att.atttypmod) as "type",
				att.attisdistkey as "distkey", att.attsortkeyord as "sortkey", att.attnotnull as "notnull", pg_catalog.col_description(att.attrelid, att.attnum) as "comment",
				adsrc, attnum, pg_catalog.format_type(att.atttypid, att.atttypmod), pg_catalog.pg_get_expr(ad.adbin, ad.adrelid) AS DEFAULT, n.oid > 0 as "schema_oid"
			FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			JOIN pg_catalog.pg_attribute att ON att.attrelid = c.oid
			LEFT JOIN pg_catalog.pg_attrdef ad ON (att.attrelid, att.attnum) = (ad.adrelid, ad.adnum)
			WHERE n.nspname !~ '^pg_' AND att.attnum > 0 AND NOT att.attisdropped AND c.relname = 'child' ORDER BY n.nspname, c.relname, att.attnum`,
			[]string{
				"public|child|a|az64|integer|t|1|f|NULL|NULL|1|integer|NULL|t",
				"public|child|b c|none|character varying(7)|f|2|t|NULL|'x'::character varying|2|character varying(7)|'x'::character varying|t",
			},
		},
		{
			"constraints, as sqlalchemy-redshift asks", `SELECT n.nspname as "schema", c.relname as "table_name", t.contype, t.conname, t.conkey, a.attnum, a.attname,
				pg_catalog.pg_get_constraintdef(t.oid, true)::varchar(512) as condef
			FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			JOIN pg_catalog.pg_constraint t ON t.conrelid = c.oid
			JOIN pg_catalog.pg_attribute a ON t.conrelid = a.attrelid AND a.attnum = ANY(t.conkey)
			WHERE n.nspname !~ '^pg_' ORDER BY n.nspname, c.relname`,
			[]string{
				"public|child|f|child_a_fkey|{1}|1|a|FOREIGN KEY (a) REFERENCES parent(id)",
				"public|parent|p|parent_pkey|{1}|1|id|PRIMARY KEY (id)",
			},
		},
		{
			"a DDL generator's dist styles", `SELECT n.nspname::varchar || '.' || QUOTE_IDENT(c.relname) AS name, CASE WHEN c.reldiststyle = 0 THEN 'DISTSTYLE EVEN'
				WHEN c.reldiststyle = 1 THEN 'DISTSTYLE KEY' WHEN c.reldiststyle = 8 THEN 'DISTSTYLE ALL' WHEN c.reldiststyle = 9 THEN 'DISTSTYLE AUTO' ELSE '' END
			FROM pg_namespace AS n INNER JOIN pg_class AS c ON n.oid = c.relnamespace WHERE c.relkind = 'r' ORDER BY 1`,
			[]string{"public.child|DISTSTYLE KEY", "public.parent|DISTSTYLE AUTO"},
		},
		{
			"keys by regclass", `SELECT conname FROM pg_constraint WHERE conrelid = 'public.parent'::regclass`, []string{"parent_pkey"},
		},
		{
			"the schemas of JDBC", `SELECT nspname AS TABLE_SCHEM, NULL AS TABLE_CATALOG FROM pg_catalog.pg_namespace
			WHERE nspname <> 'pg_toast' AND (nspname !~ '^pg_temp_' OR nspname = (pg_catalog.current_schemas(true))[1]) ORDER BY TABLE_SCHEM`,
			[]string{"information_schema|NULL", "pg_catalog|NULL", "public|NULL"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := u.In(t)
			if diff := cmp.Diff(test.want, u.Rows(test.sql)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// The queries are those that psql 15 sends to a server of version 8.0.2.
func testQueriesOfPsql(t *testing.T, open opener) {
	u := open.login(t)
	u.Do("CREATE SCHEMA air", "CREATE TABLE air.flights (id INT)", "CREATE TABLE air.flights_old (id INT)", "CREATE TABLE public.flights (id INT)")
	oid := u.One("SELECT 'air.flights'::regclass::oid")
	for _, test := range []struct {
		name, sql string
		want      []string
	}{
		{
			`\dt air.*`, `SELECT n.nspname as "Schema",
  c.relname as "Name",
  CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'i' THEN 'index' WHEN 'S' THEN 'sequence' WHEN 't' THEN 'TOAST table' WHEN 'f' THEN 'foreign table' WHEN 'p' THEN 'partitioned table' WHEN 'I' THEN 'partitioned index' END as "Type",
  pg_catalog.pg_get_userbyid(c.relowner) as "Owner"
FROM pg_catalog.pg_class c
     LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r','p','t','s','')
  AND n.nspname OPERATOR(pg_catalog.~) '^(air)$'
ORDER BY 1,2;`,
			[]string{"air|flights|table|admin", "air|flights_old|table|admin"},
		},
		{
			`\d air.flights`, `SELECT c.oid,
  n.nspname,
  c.relname
FROM pg_catalog.pg_class c
     LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname OPERATOR(pg_catalog.~) '^(flights)$'
  AND n.nspname OPERATOR(pg_catalog.~) '^(air)$'
ORDER BY 2, 3;`,
			[]string{oid + "|air|flights"},
		},
		{
			`\dn`, `SELECT n.nspname AS "Name",
  pg_catalog.pg_get_userbyid(n.nspowner) AS "Owner"
FROM pg_catalog.pg_namespace n
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1;`,
			[]string{"air|admin", "public|rdsdb"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := u.In(t)
			if diff := cmp.Diff(test.want, u.Rows(test.sql)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}
