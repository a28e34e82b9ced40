package enginetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const everyType = `(id INT NOT NULL, small SMALLINT, big BIGINT, name VARCHAR(60), code CHAR(5), price DECIMAL(12,2), wide DECIMAL(38,4),
	f4 REAL, f8 FLOAT, ok BOOLEAN, day DATE, moment TIMESTAMP, zoned TIMESTAMPTZ, clock TIME, doc SUPER)`

func testParquetRoundTrip(t *testing.T, open opener) {
	s := NewStorage(t)
	u := Connect(t, open(t), 7, s)
	u.Do(
		"CREATE TABLE src "+everyType, "CREATE TABLE dst "+everyType,
		`INSERT INTO src VALUES (1, -2, 9007199254740993, 'it''s \\ a "new"
line, 😀', 'ab', 1.5, 12345678901234567890.1234, 1.5, 1e-9, true, '2001-02-03', '2001-02-03 04:05:06.789', '2001-02-03 04:05:06+02', '01:02:03', JSON_PARSE('{"a": [1, null]}'))`,
		`INSERT INTO src (id, name) VALUES (2, ''), (3, NULL), (4, 'x'), (5, 'y'), (6, 'z'), (7, 'w')`,
		s.With(`UNLOAD ('SELECT * FROM src WHERE name IS NULL OR name <> ''q\\\\''') TO 's3://bucket/run/' {role} FORMAT PARQUET MANIFEST VERBOSE`),
	)
	if got := u.One("SELECT pg_last_unload_count()"); got != "7" {
		t.Errorf("unloaded %s rows", got)
	}
	want := []string{"run/0000_part_00.parquet", "run/0001_part_00.parquet", "run/0002_part_00.parquet", "run/0003_part_00.parquet", "run/manifest"}
	if diff := cmp.Diff(want, s.Keys("run/")); diff != "" {
		t.Errorf("keys: -want +got\n%s", diff)
	}
	u.Do(s.With(`COPY dst FROM 's3://bucket/run/manifest' {role} FORMAT PARQUET MANIFEST SERIALIZETOJSON`))
	if got := u.One("SELECT pg_last_copy_count(), count(*) FROM dst GROUP BY 1"); got != "7|7" {
		t.Errorf("counts: %s", got)
	}
	if diff := cmp.Diff(u.Rows("SELECT * FROM src ORDER BY id"), u.Rows("SELECT * FROM dst ORDER BY id")); diff != "" {
		t.Errorf("rows: -src +dst\n%s", diff)
	}
	if got := u.One("SELECT status, loaded_rows, source_file_count FROM sys_load_history"); got != "completed|7|4" {
		t.Errorf("history: %s", got)
	}
}

func testUnload(t *testing.T, open opener) {
	s := NewStorage(t)
	u := Connect(t, open(t), 7, s)
	u.Do("CREATE TABLE t (a INT, b VARBYTE(3))", "INSERT INTO t VALUES (1, 'x'), (2, 'y')")
	t.Run("zero rows leave no file and no manifest", func(t *testing.T) {
		u := u.In(t)
		u.Do(s.With(`UNLOAD ('SELECT a FROM t WHERE a > 5') TO 's3://bucket/none/' {role} FORMAT PARQUET MANIFEST`))
		if got := u.One("SELECT status, unloaded_rows, unloaded_files_count FROM sys_unload_history"); got != "completed|0|0" {
			t.Errorf("history: %s", got)
		}
		if keys := s.Keys("none/"); len(keys) > 0 || u.One("SELECT pg_last_unload_count()") != "0" {
			t.Errorf("got %v", keys)
		}
	})
	t.Run("PARALLEL OFF writes one file", func(t *testing.T) {
		u := u.In(t)
		u.Do(s.With(`UNLOAD ('SELECT a FROM t') TO 's3://bucket/off/x' {role} FORMAT PARQUET PARALLEL OFF`))
		if diff := cmp.Diff([]string{"off/x000.parquet"}, s.Keys("off/")); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("an ordered query is written by one slice", func(t *testing.T) {
		u := u.In(t)
		u.Do(s.With(`UNLOAD ('SELECT a FROM t ORDER BY a') TO 's3://bucket/ordered/' {role} FORMAT PARQUET`))
		if diff := cmp.Diff([]string{"ordered/0000_part_00.parquet"}, s.Keys("ordered/")); diff != "" {
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
		t.Run(test.name, func(t *testing.T) { u.In(t).WantRefusal(s.With(test.sql), test.state, test.message) })
	}
}
