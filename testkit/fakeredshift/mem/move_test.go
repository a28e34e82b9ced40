package mem_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
	"github.com/redferry/redferry/testkit/pair"
)

// shop is what A has.
var shop = []string{
	`CREATE SCHEMA shop`,
	`CREATE TABLE shop.people (id bigint NOT NULL ENCODE az64, name varchar(80), born date, PRIMARY KEY (id)) DISTSTYLE ALL`,
	`CREATE TABLE shop.customers_orders (
		id bigint IDENTITY(1, 1), person bigint NOT NULL REFERENCES shop.people (id), at timestamp, total numeric(12, 2), note varchar(200)
	) DISTKEY (person) SORTKEY (at)`,
	`COMMENT ON TABLE shop.people IS 'it''s people'`,
	`CREATE TABLE shop.nothing (id integer, what varchar(10))`,
	`INSERT INTO shop.people VALUES (1, 'Ada', '1815-12-10'), (2, 'O''Brien \\ Söhne', NULL), (3, '', '1970-01-01')`,
	`INSERT INTO shop.customers_orders (person, at, total, note) VALUES
		(1, '2026-11-21 10:00:00', 12.50, 'first'), (1, '2026-11-21 11:00:00', -0.01, NULL), (2, NULL, 99999999.99, '😀 two\nlines'),
		(3, '2026-11-21 12:00:00.000001', 0, '')`,
}

// executor runs SQL in a mode: direct or dataapi.
func (w *accounts) executor(t testing.TB, a *pair.Account, mode string) exec.Executor {
	t.Helper()
	if mode == "dataapi" {
		return exec.Retry(w.dataAPI(t, a, nil), nil)
	}
	return exec.Retry(w.direct(t, a), nil)
}

// config moves the schema "shop" from A to B.
func (w *accounts) config(t testing.TB, mode string) *pipeline.Config {
	return &pipeline.Config{
		Run:      "run-1",
		Source:   pipeline.Side{DB: w.executor(t, w.A, mode), Stage: w.A.Stage, Role: creds.Static(w.A.Role)},
		Target:   pipeline.Side{DB: w.executor(t, w.B, mode), Stage: w.B.Stage, Role: creds.Static(w.B.Role)},
		Bridge:   bridge.New(w.s3(w.B, w.Writer), w.s3(w.A, w.Reader), &bridge.Options{PartSize: 5 << 20}),
		Cloner:   ddl.New(nil),
		Tables:   ddl.Selector{Schemas: []string{"shop"}},
		MinLevel: bridge.Stored,
		Files:    bridge.NewLister(w.s3(w.B, w.Auditor), nil),
	}
}

func (w *accounts) fill(t testing.TB) {
	t.Helper()
	e := w.direct(t, w.A)
	for _, sql := range shop {
		if _, err := e.Exec(t.Context(), exec.Statement{SQL: sql}); err != nil {
			t.Fatalf("%v in %s", err, sql)
		}
	}
}

// contents are a table's rows as text, in the order of its first column.
func contents(t testing.TB, e exec.Executor, table string) []string {
	t.Helper()
	r, err := e.Query(t.Context(), exec.Statement{SQL: "SELECT * FROM " + table + " ORDER BY 1"})
	if err != nil {
		t.Fatal(err)
	}
	list, err := exec.Collect(r, func(r *exec.Rows) (string, error) {
		cells, dest := make([]any, len(r.Columns())), make([]any, len(r.Columns()))
		for i := range cells {
			dest[i] = &cells[i]
		}
		err := r.Scan(dest...)
		return fmt.Sprintf("%q", cells), err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// move moves the shop in a world of its own, and checks what arrived.
func move(t *testing.T, mode string) {
	w := newAccounts(t, &mem.Options{Slices: 2})
	defer w.close(t)
	w.fill(t)
	report, err := pipeline.Run(t.Context(), w.config(t, mode))
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Tables) != 3 {
		t.Errorf("%d tables in the report, want 3", len(report.Tables))
	}
	a, b := w.direct(t, w.A), w.direct(t, w.B)
	for _, table := range []string{"shop.people", "shop.customers_orders", "shop.nothing"} {
		if want, got := contents(t, a, table), contents(t, b, table); !slices.Equal(want, got) {
			t.Errorf("%s: got\n%s\nwant\n%s", table, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	time.Sleep(time.Minute) // virtual: connections that idle come to their end
}

func TestMove(t *testing.T) {
	for _, mode := range []string{"direct", "dataapi"} {
		t.Run(mode, func(t *testing.T) {
			start := time.Now()
			synctest.Test(t, func(t *testing.T) { move(t, mode) })
			t.Logf("one run took %s", time.Since(start).Round(100*time.Microsecond))
		})
	}
}

// BenchmarkMove is one run of three small tables, its world included.
func BenchmarkMove(b *testing.B) {
	for _, mode := range []string{"direct", "dataapi"} {
		b.Run(mode, func(b *testing.B) {
			defer reportCPU(b)()
			for b.Loop() {
				inBubble(b, func(t *testing.T) { move(t, mode) })
			}
		})
	}
}

// inBubble runs a part of a benchmark in virtual time, which takes a *testing.T.
func inBubble(b *testing.B, f func(*testing.T)) {
	test := testing.InternalTest{Name: b.Name(), F: func(t *testing.T) { synctest.Test(t, f) }}
	if !testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{test}) {
		b.Fatal("the run failed")
	}
}
