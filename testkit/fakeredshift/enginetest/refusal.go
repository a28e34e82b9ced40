package enginetest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func testRefusals(t *testing.T, open opener) {
	u := open.login(t)
	secret := filepath.Join(t.TempDir(), "secret.csv")
	if err := os.WriteFile(secret, []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	u.Do(
		"CREATE TABLE t (id INT NOT NULL, name VARCHAR(5), code CHAR(2), n DECIMAL(4,1), small SMALLINT)",
		"CREATE TABLE keyed (id INT PRIMARY KEY, a INT, b INT, UNIQUE (a, b))",
		"CREATE TABLE numbered (n BIGINT IDENTITY(1,1), v INT)",
		"CREATE VIEW v AS SELECT id FROM t",
		"INSERT INTO t (id, name) VALUES (5, 'ok')",
		"CREATE SCHEMA full_one", "CREATE TABLE full_one.x (a INT)",
	)
	for _, test := range []struct{ name, sql, state, message string }{
		// Names.
		{"a table that is not there", "SELECT * FROM nope", "42P01", `relation "nope" does not exist`},
		{"a schema that is not there", "SELECT * FROM nowhere.t", "3F000", `schema "nowhere" does not exist`},
		{"a column that is not there", "SELECT nope FROM t", "42703", `column "nope" does not exist`},
		{"a column of a table that is not there", "SELECT t.nope FROM t", "42703", "nope"},
		{"a function that is not there", "SELECT nope(1)", "42883", "nope"},
		{"another database", "SELECT * FROM prod.public.t", "3D000", `database "prod" does not exist`},
		{"a name of 128 bytes", "SELECT 1 AS " + strings.Repeat("x", 128), "42622", "the limit is 127"},
		{"a table that exists", "CREATE TABLE t (a INT)", "42P07", `relation "t" already exists`},
		{"a schema that exists", "CREATE SCHEMA full_one", "42P06", `schema "full_one" already exists`},
		{"a schema like the system's", "CREATE SCHEMA pg_mine", "42939", "unacceptable schema name"},
		{"a table in the system's schema", "CREATE TABLE pg_catalog.x (a INT)", "42501", "permission denied"},
		{"writing to the catalog", "DELETE FROM pg_class", "42501", "permission denied"},
		{"the schema behind the catalog", "SELECT * FROM pg_internal.pg_class", "3F000", "does not exist"},
		{"the tables behind the catalog", "SELECT * FROM layout", "42P01", "does not exist"},
		{"a syntax error", "SELECT 1 +", "42601", "syntax error"},
		{"dropping what is not there", "DROP TABLE nope", "42P01", `Table "nope" does not exist`},

		// Values.
		{"a VARCHAR too long, in bytes", "INSERT INTO t (id, name) VALUES (1, 'äöü')", "22001", "value too long for type character varying(5)"},
		{"a CHAR too long", "INSERT INTO t (id, code) VALUES (1, 'abc')", "22001", "value too long for type character(2)"},
		{"a CHAR of two bytes a character", "INSERT INTO t (id, code) VALUES (1, 'ä')", "22001", "Multibyte"},
		{"an UPDATE too long", "UPDATE t SET name = 'too long'", "22001", "value too long for type character varying(5)"},
		{"NULL into NOT NULL", "INSERT INTO t (name) VALUES ('a')", "XX000", "Cannot insert a NULL value into column id"},
		{"a number out of range", "INSERT INTO t (id, small) VALUES (1, 40000)", "22003", "range"},
		{"a decimal out of range", "INSERT INTO t (id, n) VALUES (1, 12345)", "22003", ""},
		{"no number", "INSERT INTO t (id) VALUES ('x')", "22P02", `invalid input syntax for integer: "x"`},
		{"division by zero", "SELECT 1 / 0", "22012", "division by zero"},
		{"more values than columns", "INSERT INTO t (id) VALUES (1, 2)", "42601", "INSERT has more expressions than target columns"},
		{"fewer values than columns", "INSERT INTO t (id, name) SELECT 1", "42601", "INSERT has more target columns than expressions"},
		{"a column twice", "INSERT INTO t (id, id) VALUES (1, 2)", "42701", "more than once"},
		{"a value for an IDENTITY", "INSERT INTO numbered (n, v) VALUES (1, 2)", "0A000", "cannot set an identity column to a value"},
		{"a new value for an IDENTITY", "UPDATE numbered SET n = 5", "0A000", "cannot set an identity column to a value"},

		// Keys.
		{"a foreign key to no key", "CREATE TABLE f (a INT REFERENCES t (id))", "42830", `there is no unique constraint matching given keys for referenced table "t"`},
		{"a foreign key to a table without primary key", "CREATE TABLE f (a INT REFERENCES t)", "42704", "there is no primary key"},
		{"a foreign key to half of a key", "CREATE TABLE f (a INT REFERENCES keyed (a))", "42830", "no unique constraint"},
		{"a foreign key to no table", "CREATE TABLE f (a INT REFERENCES nope)", "42P01", "nope"},
		{"two primary keys", "ALTER TABLE keyed ADD PRIMARY KEY (id)", "42P16", "multiple primary keys"},
		{"a primary key over a column that may be NULL", "ALTER TABLE t ADD PRIMARY KEY (name)", "42P16", "NOT NULL"},
		{"a schema with a table in it", "DROP SCHEMA full_one", "2BP01", "depend on it"},
		{"a table under a view", "DROP TABLE t", "2BP01", "depend on it"},

		// What Redshift does not have.
		{"SAVEPOINT", "SAVEPOINT a", "", ""},
		{"RETURNING", "INSERT INTO t (id) VALUES (1) RETURNING id", "42601", "RETURNING"},
		{"ON CONFLICT", "INSERT INTO t (id) VALUES (1) ON CONFLICT DO NOTHING", "42601", "ON"},
		{"an index", "CREATE INDEX i ON t (id)", "0A000", "not supported"},
		{"a sequence", "CREATE SEQUENCE s", "0A000", "not supported"},
		{"catalog and table in one query", "SELECT * FROM pg_class c JOIN t ON t.id = c.oid", "0A000", "Specified types or functions (one per INFO message) not supported on Redshift tables."},
		{"a leader's function on a table", "SELECT format_type(id, 4) FROM t", "0A000", "not supported on Redshift tables"},
		{"catalog and SVV in one query", "SELECT * FROM pg_class c JOIN svv_table_info s ON s.table_id = c.oid", "0A000", "not supported on Redshift tables"},
		{"the catalog into a table", "INSERT INTO t (id) SELECT oid FROM pg_class", "0A000", "not supported on Redshift tables"},
		{"the catalog into a new table", "CREATE TABLE c AS SELECT relname FROM pg_class", "0A000", "not supported on Redshift tables"},
		{"VACUUM in a transaction", "BEGIN; VACUUM", "", ""},

		// What other databases have. Nothing of it may reach the machine.
		{"PRAGMA", "PRAGMA database_list", "42601", "PRAGMA"},
		{"ATTACH", "ATTACH '" + secret + "' AS x", "0A000", ""},
		{"INSTALL", "INSTALL httpfs", "42601", "INSTALL"},
		{"LOAD", "LOAD httpfs", "0A000", ""},
		{"COPY to a file", "COPY t TO '" + secret + "'", "42601", ""},
		{"COPY of a file", "COPY t FROM '" + secret + "'", "", ""},
		{"a file as a quoted name", `SELECT * FROM "` + secret + `"`, "42P01", ""},
		{"a variable of an engine", "SELECT getvariable('user')", "42883", "getvariable"},
		{"the environment", "SELECT getenv('HOME')", "42883", "getenv"},
		{"a setting of DuckDB", "SET memory_limit TO '1GB'", "42704", "unrecognized configuration parameter"},
		{"FROM first", "FROM t", "42601", "FROM"},
		{"a struct", "SELECT {'a': 1}", "42601", ""},
		{"a lambda", "SELECT list_transform(x, y -> y) FROM (SELECT 1 AS x) z", "42601", ""},
		{"two statements in one", "SELECT 1; DROP TABLE t", "42601", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := u.In(t)
			e := u.Refused(test.sql)
			if test.state != "" && e.SQLState != test.state || !strings.Contains(e.Message, test.message) {
				t.Errorf("%s:\ngot  %s %s\nwant %s ...%s", test.sql, e.SQLState, e.Message, test.state, test.message)
			}
		})
	}
	if got := u.One("SELECT count(*) FROM t"); got != "1" {
		t.Errorf("the refusals left %s rows, want 1", got)
	}
}
