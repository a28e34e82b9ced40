//go:build cgo

package duck

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What only DuckDB has reaches no file of the machine.
func TestRefusalsOfFiles(t *testing.T) {
	u := login(t)
	secret := filepath.Join(t.TempDir(), "secret.csv")
	if err := os.WriteFile(secret, []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	u.Do("CREATE TABLE t (id INT NOT NULL)", "INSERT INTO t (id) VALUES (5)")
	for _, test := range []struct{ name, sql, state, message string }{
		{"reading a file", "SELECT * FROM read_csv('" + secret + "')", "42883", "read_csv"},
		{"reading a file in a subquery", "SELECT (SELECT count(*) FROM read_text('" + secret + "'))", "42883", "read_text"},
		{"reading a file for an INSERT", "INSERT INTO t (id) SELECT a FROM read_csv('" + secret + "')", "42883", "read_csv"},
		{"reading a file for a DELETE", "DELETE FROM t WHERE id IN (SELECT a FROM read_csv('" + secret + "'))", "42883", "read_csv"},
		{"reading a file for a VALUES", "INSERT INTO t (id) VALUES ((SELECT a FROM read_csv('" + secret + "')))", "42883", "read_csv"},
		{"a file as a table", "SELECT * FROM '" + secret + "'", "42P01", ""},
		{"a view over a file", "CREATE VIEW w AS SELECT * FROM read_csv('" + secret + "')", "42883", "read_csv"},
		{"a default that reads a file", "CREATE TABLE d (a INT DEFAULT (SELECT 1 FROM read_csv('" + secret + "')))", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := u.In(t).Refused(test.sql)
			if test.state != "" && e.SQLState != test.state || !strings.Contains(e.Message, test.message) {
				t.Errorf("%s:\ngot  %s %s\nwant %s ...%s", test.sql, e.SQLState, e.Message, test.state, test.message)
			}
		})
	}
	if got := u.One("SELECT count(*) FROM t"); got != "1" {
		t.Errorf("the refusals left %s rows, want 1", got)
	}
}
