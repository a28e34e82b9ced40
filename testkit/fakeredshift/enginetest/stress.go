package enginetest

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// Sessions that work on tables of their own do not stand in each other's way,
// though they all write to one catalog.
func testManySessions(t *testing.T, open opener) {
	e := open(t)
	setup := Connect(t, e, 1, nil)
	setup.Do("CREATE TABLE shared (id INT)", "CREATE TABLE parent (id INT PRIMARY KEY)")
	const sessions, rounds = 6, 3
	group, ctx := errgroup.WithContext(t.Context())
	for i := range sessions {
		group.Go(func() (err error) {
			conn, err := e.Connect(ctx, fakeredshift.Session{PID: int32(10 + i), User: "admin", Database: "dev"})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, conn.Close()) }()
			for round := range rounds {
				for _, sql := range script(i, round) {
					if _, err := conn.Run(ctx, sql, nil); err != nil {
						return fmt.Errorf("session %d: %s: %w", i, sql, err)
					}
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%d|%d", sessions*rounds*2, sessions*rounds)
	if got := setup.One("SELECT count(*), count(DISTINCT id) FROM shared"); got != want {
		t.Errorf("shared: %s, want %s", got, want)
	}
	if got := setup.One("SELECT count(*) FROM pg_class"); got != fmt.Sprint(2+sessions*rounds) {
		t.Errorf("pg_class has %s rows", got)
	}
}

func script(i, round int) []string {
	name := fmt.Sprintf("t_%d_%d", i, round)
	return []string{
		fmt.Sprintf("CREATE TABLE %s (id INT REFERENCES parent, note VARCHAR(10) DEFAULT 'x') SORTKEY (id)", name),
		fmt.Sprintf("COMMENT ON COLUMN %s.note IS 'a note'", name),
		"BEGIN",
		fmt.Sprintf("INSERT INTO %s (id) VALUES (%d)", name, 10*i+round),
		fmt.Sprintf("ALTER TABLE %s ADD COLUMN more INT DEFAULT 5", name),
		fmt.Sprintf("ALTER TABLE %s ALTER DISTSTYLE ALL", name),
		"COMMIT",
		fmt.Sprintf("INSERT INTO shared SELECT id FROM %s", name),
		fmt.Sprintf("INSERT INTO shared SELECT id FROM %s", name),
		fmt.Sprintf("CREATE TABLE %s_gone AS SELECT * FROM %[1]s", name),
		fmt.Sprintf("DROP TABLE %s_gone", name),
		fmt.Sprintf("ALTER TABLE %s RENAME TO %[1]s_b", name),
		"SELECT count(*) FROM pg_table_def",
	}
}
