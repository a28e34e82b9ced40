package enginetest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func testSelect(t *testing.T, open opener) {
	u := open.login(t)
	u.Do(
		`CREATE TABLE public.things (id INT NOT NULL, name VARCHAR(20), price DECIMAL(10,2), day DATE, at TIMESTAMP, ok BOOLEAN, code CHAR(5), doc SUPER, bin VARBYTE(10), f FLOAT, zoned TIMESTAMPTZ)`,
		`INSERT INTO things VALUES (1, 'a\'b\\c\n', 12.5, '2001-02-03', '2001-01-01 00:00:00', true, 'ab', JSON_PARSE('{"a":1}'), 'xyz', 1e20, '2001-01-01 00:00:00+02')`,
		`INSERT INTO things (id) VALUES (2)`,
	)
	for _, test := range []struct{ name, sql, want string }{
		{
			"values in the text format", "SELECT * FROM things WHERE id = 1",
			"1|a'b\\c\n|12.50|2001-02-03|2001-01-01 00:00:00|t|ab   |{\"a\":1}|78797a|1e+20|2000-12-31 22:00:00+00",
		},
		{"columns without a value are NULL", "SELECT id, name, price, at, ok, doc FROM things WHERE id = 2", "2|NULL|NULL|NULL|NULL|NULL"},
		{"a backslash escapes in a literal", `SELECT 'a\\b\'c\x41'`, `a\b'cA`},
		{"integers divide as integers", "SELECT 7 / 2", "3"},
		{"a cast binds to what stands before it", "SELECT -1::int, (1 + 2)::varchar, 'abc'::varchar(2), len('ab ' || 'c')::int2", "-1|3|ab|4"},
		{"CAST cuts at bytes, between characters", "SELECT CAST('aäb' AS varchar(2)), 'aäb'::varchar(3)", "a|aä"},
		{"a chain of casts", "SELECT '12'::int::varchar(1)::int + 1", "2"},
		{"numeric has no scale by default", "SELECT 1.5::numeric", "2"},
		{"LIKE escapes with a backslash", `SELECT 'pg_x' LIKE 'pg\\_%', 'pgax' LIKE 'pg\\_%'`, "t|f"},
		{"~ finds", "SELECT 'xabcx' ~ 'b+c', 'x' !~ 'y'", "t|t"},
		{"nvl and decode", "SELECT nvl(NULL, 2), nvl2(1, 'a', 'b'), decode(NULL, 1, 'a', NULL, 'b', 'c'), decode(3, 1, 'a', 'z')", "2|a|b|z"},
		{"names fold, quoted ones, too", `SELECT t."ID" FROM PUBLIC."THINGS" t WHERE "Id" = 1`, "1"},
		{"a name with its database", "SELECT count(*) FROM dev.public.things", "2"},
		{"WITH and subqueries", "WITH q AS (SELECT id FROM things) SELECT q.id FROM q JOIN (SELECT max(id) m FROM public.things) x ON x.m = q.id", "2"},
		{"who I am", "SELECT current_user, current_database(), pg_backend_pid(), current_schema()", "admin|dev|101|public"},
		{"dateadd with a bare part", "SELECT dateadd(month, 1, '2001-01-31'::timestamp), datediff(day, '2001-01-01'::date, '2001-02-01'::date)", "2001-02-28 00:00:00|31"},
		{"NULL comes first going down", "SELECT name IS NULL FROM things ORDER BY name DESC LIMIT 1", "t"},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := u.In(t)
			if got := u.One(test.sql); got != test.want {
				t.Errorf("%s:\ngot  %q\nwant %q", test.sql, got, test.want)
			}
		})
	}
	t.Run("arguments replace parameters as text", func(t *testing.T) {
		if got := u.One("SELECT id FROM things WHERE name = $1 AND id = $2::int", `a'b\c`+"\n", "1"); got != "1" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("version", func(t *testing.T) {
		want := "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.12345"
		if got := u.One("SELECT version()"); got != want {
			t.Errorf("got %q", got)
		}
	})
}

func testSessionFunctionsInWrites(t *testing.T, open opener) {
	u := open.login(t)
	u.Do(
		"CREATE TABLE t (who VARCHAR(20) DEFAULT current_user, pid INT)",
		"INSERT INTO t (pid) VALUES (pg_backend_pid())",
		"CREATE TABLE c AS SELECT current_user AS who, pid FROM t",
		"CREATE VIEW v AS SELECT current_user AS who FROM c",
		"ALTER TABLE c ADD COLUMN more VARCHAR(20) DEFAULT current_user",
		"UPDATE c SET pid = pg_backend_pid() + 1",
	)
	if got := u.One("SELECT t.who, c.who, v.who, c.more, c.pid FROM t, c, v"); got != "admin|admin|admin|admin|102" {
		t.Errorf("got %s", got)
	}
	if got := u.One("SELECT count(*) FROM sys_query_history WHERE status = 'success'"); got != "7" {
		t.Errorf("history has %s queries", got)
	}
}

func testColumnNamesAndTypes(t *testing.T, open opener) {
	u := open.login(t)
	u.Do("CREATE TABLE t (id INT, name VARCHAR(20), code CHAR(3), doc SUPER, n DECIMAL(9,2))")
	result, err := u.Run(t.Context(), `SELECT id, T.name AS "Label", code, doc, n, count(*), sum(id), max(name), 1, 'a'::varchar(7), coalesce(code, 'x'), q.*
		FROM t CROSS JOIN (SELECT name AS inner_name FROM t) q GROUP BY 1, 2, 3, 4, 5, 12`, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"id int4 -1", "label varchar 24", "code bpchar 7", "doc super 16384000", "n numeric 589830", "count int8 -1", "sum int8 -1", "max varchar 24",
		"?column? int4 -1", "?column? varchar 11", "coalesce bpchar 7", "inner_name varchar 24",
	}
	var got []string
	for _, column := range result.Columns {
		got = append(got, fmt.Sprintf("%s %s %d", column.Name, column.Type.Name, column.Type.Modifier))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
