package mem_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/fakeredshift/enginetest"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
)

func TestWideRowsMakeLargeFiles(t *testing.T) {
	s := enginetest.NewStorage(t)
	u := enginetest.Connect(t, newEngine(t, &mem.Options{Uncompressed: true}), 1, s)
	u.Do("CREATE TABLE t (id INT, v VARCHAR(65535))", "CREATE TABLE copy (LIKE t)", "INSERT INTO t VALUES (0, repeat('x', 65535))")
	for n := 1; n < 128; n *= 2 {
		u.Do(fmt.Sprintf("INSERT INTO t SELECT id + %d, v FROM t", n))
	}
	u.Do(s.With(`UNLOAD ('SELECT * FROM t') TO 's3://bucket/one/' {role} FORMAT PARQUET PARALLEL OFF`))
	if got := len(s.Get("one/000.parquet")); got < 128*65535 {
		t.Errorf("one file has %d bytes", got)
	}
	u.Do(s.With(`UNLOAD ('SELECT * FROM t') TO 's3://bucket/more/' {role} FORMAT PARQUET MANIFEST MAXFILESIZE 5 MB PARALLEL OFF`))
	if diff := cmp.Diff([]string{"more/000.parquet", "more/001.parquet", "more/manifest"}, s.Keys("more/")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	u.Do(s.With(`COPY copy FROM 's3://bucket/more/manifest' {role} FORMAT PARQUET MANIFEST`))
	if got := u.One("SELECT count(*), count(DISTINCT id), min(len(v)) FROM copy"); got != "128|128|65535" {
		t.Errorf("loaded %s", got)
	}
}

func TestSlices(t *testing.T) {
	s := enginetest.NewStorage(t)
	u := enginetest.Connect(t, newEngine(t, &mem.Options{Slices: 3}), 1, s)
	u.Do("CREATE TABLE t (id INT)", "INSERT INTO t VALUES (1), (2), (3), (4)",
		s.With(`UNLOAD ('SELECT * FROM t') TO 's3://bucket/a/' {role} FORMAT PARQUET`),
		s.With(`UNLOAD ('SELECT * FROM t WHERE id = 1') TO 's3://bucket/b/' {role} FORMAT PARQUET`))
	want := []string{"a/0000_part_00.parquet", "a/0001_part_00.parquet", "a/0002_part_00.parquet", "b/0002_part_00.parquet"}
	if diff := cmp.Diff(want, append(s.Keys("a/"), s.Keys("b/")...)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestUnloadThatIsCancelled: files are written one after the other, and the
// manifest is the last.
func TestUnloadThatIsCancelled(t *testing.T) {
	s := enginetest.NewStorage(t)
	u := enginetest.Connect(t, newEngine(t, &mem.Options{Slices: 4}), 1, s)
	u.Do("CREATE TABLE t (id INT)", "INSERT INTO t VALUES (1), (2), (3), (4)")
	ctx, cancel := context.WithCancel(t.Context())
	s.AfterPut = func(n int) {
		if n == 2 {
			cancel()
		}
	}
	_, err := u.Run(ctx, s.With(`UNLOAD ('SELECT * FROM t') TO 's3://bucket/x/' {role} FORMAT PARQUET MANIFEST`), nil)
	if err == nil || !strings.Contains(err.Error(), "cancelled") {
		t.Errorf("got %v", err)
	}
	s.AfterPut = nil
	if diff := cmp.Diff([]string{"x/0000_part_00.parquet", "x/0001_part_00.parquet"}, s.Keys("x/")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestUnloadWritesItsSnapshot: what commits while the files are written is not in
// them.
func TestUnloadWritesItsSnapshot(t *testing.T) {
	s := enginetest.NewStorage(t)
	e := newEngine(t, nil)
	a, b := enginetest.Connect(t, e, 1, s), enginetest.Connect(t, e, 2, nil)
	a.Do("CREATE TABLE t (id INT)", "CREATE TABLE copy (id INT)", "INSERT INTO t VALUES (1), (2)")
	s.AfterPut = func(int) { b.Do("INSERT INTO t VALUES (3)") }
	a.Do(s.With(`UNLOAD ('SELECT * FROM t') TO 's3://bucket/x/' {role} FORMAT PARQUET MANIFEST`))
	s.AfterPut = nil
	a.Do(s.With(`COPY copy FROM 's3://bucket/x/manifest' {role} FORMAT PARQUET MANIFEST`))
	if diff := cmp.Diff([]string{"1", "2"}, a.Rows("SELECT id FROM copy ORDER BY id")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestFilesThatAreDamaged are refused, and noted with their names.
func TestFilesThatAreDamaged(t *testing.T) {
	s := enginetest.NewStorage(t)
	u := enginetest.Connect(t, newEngine(t, &mem.Options{Uncompressed: true}), 1, s)
	u.Do("CREATE TABLE t (v VARCHAR(20))", "INSERT INTO t VALUES ('exactly this')",
		s.With(`UNLOAD ('SELECT v FROM t') TO 's3://bucket/good/' {role} FORMAT PARQUET PARALLEL OFF`), "DELETE FROM t")
	good := s.Get("good/000.parquet")
	for i, test := range []struct{ name, content, message string }{
		{"no Parquet", "a,b", "is not a Parquet file"},
		{"cut off", good[:len(good)-1], "is not a Parquet file"},
		{"text that is no UTF-8", strings.Replace(good, "exactly", "exact\xff\xfe", 1), "invalid UTF-8"},
		{"a page that is none", "PAR1" + strings.Repeat("\x00", 20) + good[24:], "cannot be read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			key := fmt.Sprintf("bad/%d.parquet", i)
			s.Put(key, test.content)
			u.In(t).WantRefusal(s.With("COPY t FROM 's3://bucket/"+key+"' {role} FORMAT PARQUET"), "XX000", test.message)
			if got := u.One("SELECT error_code FROM sys_load_error_detail WHERE file_name = $1", "s3://bucket/"+key); got != "15001" {
				t.Errorf("error_code %s", got)
			}
		})
	}
	if got := u.One("SELECT count(*) FROM t"); got != "0" {
		t.Errorf("%s rows were loaded", got)
	}
}

// TestSameStatementsSameBytes: two engines that are given the same statements
// write the same objects, and give the same answers, ids included.
func TestSameStatementsSameBytes(t *testing.T) {
	run := func(t *testing.T) (told []string) {
		synctest.Test(t, func(t *testing.T) {
			s := enginetest.NewStorage(t)
			u := enginetest.Connect(t, newEngine(t, nil), 1, s)
			u.Do("CREATE SCHEMA s", "CREATE TABLE s.t (id BIGINT IDENTITY(1, 1), v VARCHAR(10) UNIQUE, at TIMESTAMP DEFAULT getdate(), PRIMARY KEY (id))",
				"CREATE TABLE s.u (a INT REFERENCES s.t (id), b NUMERIC(9, 2))", "COMMENT ON TABLE s.u IS 'u'", "INSERT INTO s.t (v) VALUES ('a'), ('b'), (NULL)",
				s.With(`UNLOAD ('SELECT * FROM s.t') TO 's3://bucket/x/' {role} FORMAT PARQUET MANIFEST VERBOSE`))
			for _, key := range s.Keys("x/") {
				told = append(told, fmt.Sprintf("%s %x", key, sha256.Sum256([]byte(s.Get(key)))))
			}
			for _, relation := range []string{"pg_class", "pg_attribute", "pg_constraint", "pg_attrdef", "pg_description", "pg_namespace", "svv_table_info", "sys_query_history", "sys_unload_history"} {
				told = append(told, u.Rows("SELECT * FROM "+relation)...)
			}
			s.CloseIdleConnections()
		})
		return told
	}
	if diff := cmp.Diff(run(t), run(t)); diff != "" {
		t.Errorf("-first +second\n%s", diff)
	}
}
