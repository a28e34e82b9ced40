//go:build cgo

package duck

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/fakeredshift/enginetest"
)

func TestCopyText(t *testing.T) {
	s := enginetest.NewStorage(t)
	u := enginetest.Connect(t, newEngine(t), 7, s)
	u.Do("CREATE TABLE t (id INT NOT NULL, name VARCHAR(5), day DATE)")
	for _, test := range []struct {
		name, content, options, reason string
	}{
		{"extra columns", "1|a|2001-01-01|x", "", "1202|Extra column(s) found"},
		{"missing columns", "1|a", "", "1214|Delimiter not found"},
		{"a string too long", "1|abcdef|2001-01-01", "", "1204|String length exceeds DDL length"},
		{"no number", "x|a|2001-01-01", "", `1207|invalid input syntax for integer: "x"`},
		{"NULL into NOT NULL", "|a|2001-01-01", "", "1213|Missing data for not-null field"},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := u.In(t)
			key := "bad/" + strings.ReplaceAll(test.name, " ", "-")
			s.Put(key, test.content+"\n")
			u.WantRefusal(s.With("COPY t FROM 's3://bucket/"+key+"' {role} "+test.options), "XX000", "Load into table 't' failed.")
			if got := u.One("SELECT err_code, err_reason FROM stl_load_errors WHERE filename = 's3://bucket/" + key + "'"); got != test.reason {
				t.Errorf("stl_load_errors: %s", got)
			}
		})
	}
	for _, test := range []struct{ name, content, options, want string }{
		{"an empty field of text is empty, of a number NULL", "1||", "", "1||NULL"},
		{"EMPTYASNULL", "2||", "EMPTYASNULL", "2|NULL|NULL"},
		{"FILLRECORD", "3", "FILLRECORD", "3|NULL|NULL"},
		{"TRUNCATECOLUMNS", "4|abcdefgh|2001-01-01", "TRUNCATECOLUMNS", "4|abcde|2001-01-01"},
		{"the default mark of NULL", `5|\N|\N`, "", "5|NULL|NULL"},
		{"a delimiter of several characters", "6|~|a|b|~|2001-01-01", "DELIMITER '|~|'", "6|a|b|2001-01-01"},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := u.In(t)
			key := "good/" + test.want[:1]
			s.Put(key, test.content+"\n")
			u.Do("DELETE FROM t", s.With("COPY t FROM 's3://bucket/"+key+"' {role} "+test.options))
			if got := u.One("SELECT * FROM t"); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestTextRoundTrip(t *testing.T) {
	s := enginetest.NewStorage(t)
	u := enginetest.Connect(t, newEngine(t), 7, s)
	u.Do(
		"CREATE TABLE src (id INT, name VARCHAR(40), price DECIMAL(8,2), day DATE, bin VARBYTE(8), ok BOOL)",
		`INSERT INTO src VALUES (1, 'a,"b"
c|\\d''', 1.25, '2001-02-03', 'xyz', true), (2, '', NULL, NULL, NULL, false), (3, NULL, -0.5, NULL, NULL, NULL)`,
	)
	for _, test := range []struct{ name, unload, load string }{
		{"CSV", "FORMAT CSV NULL AS '@NULL@'", "CSV NULL AS '@NULL@'"},
		{"delimited with ESCAPE", `NULL AS '\\N' ESCAPE`, `NULL AS '\\N' ESCAPE`},
		{"CSV in GZIP", "FORMAT CSV NULL AS '@NULL@' GZIP HEADER", "CSV NULL AS '@NULL@' GZIP IGNOREHEADER 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := u.In(t)
			prefix := "s3://bucket/" + strings.ReplaceAll(test.name, " ", "-") + "/"
			u.Do("CREATE TEMP TABLE dst (LIKE src)",
				s.With("UNLOAD ('SELECT * FROM src') TO '"+prefix+"' {role} MANIFEST "+test.unload),
				s.With("COPY dst FROM '"+prefix+"manifest' {role} MANIFEST "+test.load))
			if diff := cmp.Diff(u.Rows("SELECT * FROM src ORDER BY id"), u.Rows("SELECT * FROM dst ORDER BY id")); diff != "" {
				t.Errorf("-src +dst\n%s", diff)
			}
			u.Do("DROP TABLE dst")
		})
	}
}
