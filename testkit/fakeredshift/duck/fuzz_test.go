//go:build cgo

package duck

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A text written with redferry.Literal arrives as it is, whatever is in it.
func FuzzLiteral(f *testing.F) {
	for _, seed := range []string{"", "it's", `a\b`, `\`, `\'`, "'; DROP TABLE t; --", "{}", "😀", "a\nb\tc", "$1", `\x41\101`, `"`} {
		f.Add(seed)
	}
	u := login(f)
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return // no text of Redshift
		}
		u := u.In(t)
		if got := u.One("SELECT " + redferry.Literal(text)); got != text {
			t.Errorf("literal: got %q, want %q", got, text)
		}
		if got := u.One("SELECT $1", text); got != text {
			t.Errorf("argument: got %q, want %q", got, text)
		}
	})
}

// Whatever the statement, it is answered or refused: no panic, and the session
// goes on.
func FuzzRun(f *testing.F) {
	for _, seed := range []string{
		"SELECT a::int::varchar(3) FROM t WHERE b[1]::int = (1)::int", "INSERT INTO t VALUES ((1), DEFAULT), (2, ')')",
		"UPDATE t AS x SET a = (SELECT 1), b = DEFAULT FROM t y WHERE x.a = y.a", "DELETE FROM t USING t y WHERE true",
		"CREATE OR REPLACE VIEW w (a) AS SELECT 1 WITH NO SCHEMA BINDING", "SELECT CAST(CASE WHEN 1 = 1 THEN 1 END::int AS char(2))",
		"WITH RECURSIVE q(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM q WHERE n < 3) SELECT * FROM q", "SELECT x.* FROM (VALUES (1)) x(a)",
		`SELECT "a"."b"."c"."d" FROM #t`, "SELECT ::int", "SELECT ) (", "CREATE TABLE q AS SELECT 1 a, 2 a", "EXPLAIN SELECT 1", "SELECT cast(", "SELECT []::int",
		"SELECT 1 OPERATOR(pg_catalog.+) 1::int", "SELECT OPERATOR(pg_catalog.",
	} {
		f.Add(seed)
	}
	u := login(f)
	u.Do("CREATE TABLE t (a INT, b VARCHAR(5))")
	f.Fuzz(func(t *testing.T, sql string) {
		u := u.In(t)
		_, _ = u.Try(sql)
		u.Do("ROLLBACK")
		if got := u.One("SELECT 1"); got != "1" {
			t.Errorf("after %q: %s", sql, got)
		}
	})
}

// What UNLOAD writes as text, COPY reads.
func FuzzText(f *testing.F) {
	f.Add("a,b", `"`, false)
	f.Add("", "\n", true)
	f.Add(`\N`, `\`, true)
	f.Add("\r", "x\r\n", false)
	f.Fuzz(func(t *testing.T, first, second string, escaped bool) {
		unload := &rsql.Unload{Format: rsql.CSV, Delimiter: ","}
		load := &rsql.Copy{Format: rsql.CSV, Delimiter: ",", Quote: `"`}
		if escaped {
			unload = &rsql.Unload{Delimiter: "|", Escape: true}
			load = &rsql.Copy{Delimiter: "|", Escape: true}
		}
		line := textField(unload, first) + unload.Delimiter + textField(unload, second) + "\n"
		r := &fieldReader{in: bufio.NewReader(strings.NewReader(line)), cmd: load}
		record, err := r.next()
		if err != nil || len(record) != 2 || record[0].text != first || record[1].text != second {
			t.Errorf("%q: got %v, %v; want %q, %q", line, record, err, first, second)
		}
		if _, err := r.next(); !errors.Is(err, io.EOF) {
			t.Errorf("%q: a second record", line)
		}
	})
}
