package mem_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/fakeredshift/mem"
)

const everyType = `(id INT NOT NULL, small SMALLINT, big BIGINT, name VARCHAR(60), code CHAR(5), price DECIMAL(12,2), wide DECIMAL(38,4),
	f4 REAL, f8 FLOAT, ok BOOLEAN, day DATE, moment TIMESTAMP, zoned TIMESTAMPTZ, clock TIME, doc SUPER)`

func TestParquetRoundTrip(t *testing.T) {
	w := newWorld(t)
	u := connectTo(t, newEngine(t, &mem.Options{Slices: 4}), 7, w)
	u.do(
		"CREATE TABLE src "+everyType, "CREATE TABLE dst "+everyType,
		`INSERT INTO src VALUES (1, -2, 9007199254740993, 'it''s \\ a "new"
line, 😀', 'ab', 1.5, 12345678901234567890.1234, 1.5, 1e-9, true, '2001-02-03', '2001-02-03 04:05:06.789', '2001-02-03 04:05:06+02', '01:02:03', JSON_PARSE('{"a": [1, null]}'))`,
		`INSERT INTO src (id, name) VALUES (2, ''), (3, NULL), (4, 'x'), (5, 'y'), (6, 'z'), (7, 'w')`,
		w.with(`UNLOAD ('SELECT * FROM src WHERE name IS NULL OR name <> ''q\\\\''') TO 's3://bucket/run/' {role} FORMAT PARQUET MANIFEST VERBOSE`),
	)
	if got := u.one("SELECT pg_last_unload_count()"); got != "7" {
		t.Errorf("unloaded %s rows", got)
	}
	want := []string{"run/0000_part_00.parquet", "run/0001_part_00.parquet", "run/0002_part_00.parquet", "run/0003_part_00.parquet", "run/manifest"}
	if diff := cmp.Diff(want, w.keys("run/")); diff != "" {
		t.Errorf("keys: -want +got\n%s", diff)
	}
	u.do(w.with(`COPY dst FROM 's3://bucket/run/manifest' {role} FORMAT PARQUET MANIFEST SERIALIZETOJSON`))
	if got := u.one("SELECT pg_last_copy_count(), count(*) FROM dst GROUP BY 1"); got != "7|7" {
		t.Errorf("counts: %s", got)
	}
	if diff := cmp.Diff(u.rows("SELECT * FROM src ORDER BY id"), u.rows("SELECT * FROM dst ORDER BY id")); diff != "" {
		t.Errorf("rows: -src +dst\n%s", diff)
	}
	if got := u.one("SELECT status, loaded_rows, source_file_count FROM sys_load_history"); got != "completed|7|4" {
		t.Errorf("history: %s", got)
	}
}

func TestUnload(t *testing.T) {
	w := newWorld(t)
	u := connectTo(t, newEngine(t, &mem.Options{Slices: 4}), 7, w)
	u.do("CREATE TABLE t (a INT, b VARBYTE(3))", "INSERT INTO t VALUES (1, 'x'), (2, 'y')")
	t.Run("zero rows leave no file and no manifest", func(t *testing.T) {
		u := &user{t, u.conn}
		u.do(w.with(`UNLOAD ('SELECT a FROM t WHERE a > 5') TO 's3://bucket/none/' {role} FORMAT PARQUET MANIFEST`))
		if got := u.one("SELECT status, unloaded_rows, unloaded_files_count FROM sys_unload_history"); got != "completed|0|0" {
			t.Errorf("history: %s", got)
		}
		if keys := w.keys("none/"); len(keys) > 0 || u.one("SELECT pg_last_unload_count()") != "0" {
			t.Errorf("got %v", keys)
		}
	})
	t.Run("PARALLEL OFF writes one file", func(t *testing.T) {
		u := &user{t, u.conn}
		u.do(w.with(`UNLOAD ('SELECT a FROM t') TO 's3://bucket/off/x' {role} FORMAT PARQUET PARALLEL OFF`))
		if diff := cmp.Diff([]string{"off/x000.parquet"}, w.keys("off/")); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("an ordered query is written by one slice", func(t *testing.T) {
		u := &user{t, u.conn}
		u.do(w.with(`UNLOAD ('SELECT a FROM t ORDER BY a') TO 's3://bucket/ordered/' {role} FORMAT PARQUET`))
		if diff := cmp.Diff([]string{"ordered/0000_part_00.parquet"}, w.keys("ordered/")); diff != "" {
			t.Error(diff)
		}
	})
	for _, test := range []struct{ name, sql, state, message string }{
		{"a prefix that is not empty", `UNLOAD ('SELECT a FROM t') TO 's3://bucket/of' {role} FORMAT PARQUET`, "XX000", "Specified unload destination on S3 is not empty"},
		{"an outer LIMIT", `UNLOAD ('SELECT a FROM t LIMIT 1') TO 's3://bucket/l/' {role} FORMAT PARQUET`, "42601", "Limit clause is not supported"},
		{"VARBYTE in Parquet", `UNLOAD ('SELECT b FROM t') TO 's3://bucket/v/' {role} FORMAT PARQUET`, "0A000", "does not support column"},
		{"the leader's catalog", `UNLOAD ('SELECT relname FROM pg_class') TO 's3://bucket/c/' {role} FORMAT PARQUET`, "0A000", "not supported on Redshift tables"},
		{"a missing table", `UNLOAD ('SELECT * FROM nope') TO 's3://bucket/m/' {role} FORMAT PARQUET`, "42P01", `relation "nope" does not exist`},
	} {
		t.Run(test.name, func(t *testing.T) { wantRefusal(t, u, w.with(test.sql), test.state, test.message) })
	}
}

func TestCopyParquet(t *testing.T) {
	w := newWorld(t)
	u := connectTo(t, newEngine(t, &mem.Options{Slices: 4}), 7, w)
	u.do(
		"CREATE TABLE src (id INT, name VARCHAR(20), big BIGINT)",
		"INSERT INTO src VALUES (1, 'a longer name', 5), (2, NULL, 6)",
		w.with(`UNLOAD ('SELECT id, name, big FROM src') TO 's3://bucket/f/' {role} FORMAT PARQUET MANIFEST`),
		"CREATE TABLE short (id INT, name VARCHAR(5), big BIGINT)",
		"CREATE TABLE two (id INT, name VARCHAR(20))",
		"CREATE TABLE four (id INT, name VARCHAR(20), big BIGINT, late INT)",
		"CREATE TABLE wrong (id INT, name INT, big BIGINT)",
		"CREATE TABLE narrow (id INT, name VARCHAR(20), big INT)",
		"CREATE TABLE strict (id INT, name VARCHAR(20) NOT NULL, big BIGINT)",
		"CREATE TABLE docs (id INT, name SUPER, big BIGINT)",
		"CREATE TABLE numbered (n BIGINT IDENTITY(10, 1), id INT, name VARCHAR(20), big BIGINT)",
		"CREATE TABLE exact (big BIGINT IDENTITY(1, 1), id INT, name VARCHAR(20))",
		"CREATE TABLE chosen (n BIGINT GENERATED BY DEFAULT AS IDENTITY(1, 1), name VARCHAR(20), id INT)",
	)
	const from = " FROM 's3://bucket/f/manifest' {role} FORMAT PARQUET MANIFEST"
	for _, test := range []struct{ name, sql, state, message string }{
		{"fewer columns than the file", "COPY two" + from, "XX000", "Unmatched number of columns between table and file"},
		{"more columns than the file", "COPY four" + from, "XX000", "Unmatched number of columns between table and file"},
		{"a string for an integer", "COPY wrong" + from, "XX000", "Spectrum Scan Error"},
		{"INT64 for an INTEGER", "COPY narrow" + from, "XX000", "Spectrum Scan Error"},
		{"a string that is too long", "COPY short" + from, "XX000", "is longer than the length defined in the table"},
		{"NULL into NOT NULL", "COPY strict" + from, "XX000", "Cannot insert a NULL value into column name"},
		{"SUPER without SERIALIZETOJSON", "COPY docs" + from, "0A000", "SERIALIZETOJSON"},
		{"REGION", "COPY src" + from + " REGION 'eu-west-1'", "0A000", "REGION argument is not supported for PARQUET based COPY"},
		{"COMPUPDATE", "COPY src" + from + " COMPUPDATE OFF", "0A000", "COMPUPDATE argument is not supported for PARQUET based COPY"},
		{"an IDENTITY column in the list without EXPLICIT_IDS", "COPY exact (id, name, big)" + from, "0A000", "EXPLICIT_IDS"},
		{"an IDENTITY column left out of a list", "COPY numbered (id, name, big)" + from, "42601", "NOT NULL column without DEFAULT must be included in column list"},
		{"EXPLICIT_IDS without the IDENTITY column", "COPY exact (id, name)" + from + " EXPLICIT_IDS", "42601", "EXPLICIT_IDS"},
		{"a view", "COPY pg_class" + from, "42501", "system catalog"},
	} {
		t.Run(test.name, func(t *testing.T) { wantRefusal(t, u, w.with(test.sql), test.state, test.message) })
	}
	if got := u.one("SELECT count(*) FROM short"); got != "0" {
		t.Errorf("a refused COPY left %s rows", got)
	}
	if got := u.one("SELECT trim(file_name), error_code FROM sys_load_error_detail WHERE error_message LIKE '%longer%'"); got != "s3://bucket/f/0002_part_00.parquet|15001" && got != "s3://bucket/f/0001_part_00.parquet|15001" {
		t.Errorf("error detail: %s", got)
	}
	for _, test := range []struct{ name, sql, check, want string }{
		{"FILLRECORD", "COPY four" + from + " FILLRECORD", "SELECT count(*), count(late) FROM four", "2|0"},
		{"a list of columns", "COPY four (id, name, big)" + from, "SELECT count(*) FROM four", "4"},
		{"an IDENTITY is counted", "COPY numbered" + from, "SELECT min(n), max(n), sum(big) FROM numbered", "10|11|11"},
		{"EXPLICIT_IDS", "COPY exact (id, name, big)" + from + " EXPLICIT_IDS", "SELECT min(big), max(big) FROM exact", "5|6"},
		{"EXPLICIT_IDS leaves a mark", "SELECT 1", `SELECT split_part(risk_event, '|', 1) FROM svv_table_info WHERE "table" = 'exact'`, "1"},
		{"BY DEFAULT takes values", "COPY chosen (id, name, n)" + from, "SELECT max(n) FROM chosen", "6"},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := &user{t, u.conn}
			u.do(w.with(test.sql))
			if got := u.one(test.check); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	t.Run("a rollback takes a COPY back", func(t *testing.T) {
		u := &user{t, u.conn}
		u.do("BEGIN", "CREATE TABLE fresh (LIKE src)", w.with("COPY fresh"+from), "ROLLBACK")
		wantRefusal(t, u, "SELECT * FROM fresh", "42P01", "fresh")
	})
}
