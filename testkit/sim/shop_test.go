package sim_test

import (
	"fmt"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/pair"
	"github.com/redferry/redferry/testkit/sim"
)

// The tables of the shop.
var (
	people = redferry.Table{Schema: "shop", Name: "people"}
	orders = redferry.Table{Schema: "shop", Name: "orders"}
	papers = redferry.Table{Schema: "shop", Name: "papers"}
)

// fill gives A a schema, two small tables, one of which refers to the other, and,
// if wide is positive, one with that many rows of so many bytes, about.
func fill(wide, bytes int) func(*sim.World) error {
	return func(w *sim.World) error {
		statements := []string{
			`CREATE SCHEMA shop`,
			`CREATE TABLE shop.people (id bigint NOT NULL, name varchar(80), born date, PRIMARY KEY (id))`,
			`CREATE TABLE shop.orders (id bigint NOT NULL, person bigint REFERENCES shop.people (id), at timestamp, total numeric(12, 2), note varchar(200))`,
			`INSERT INTO shop.people VALUES (1, 'Ada', '1815-12-10'), (2, 'O''Brien', NULL), (3, '', '1970-01-01'), (4, 'Zoë', '2000-02-29')`,
			`INSERT INTO shop.orders VALUES (1, 1, '2026-11-21 10:00:00', 12.50, 'first'), (2, 1, NULL, -0.01, NULL), (3, 2, NULL, 99999999.99, '😀'),
				(4, 3, '2026-11-21 12:00:00.000001', 0, ''), (5, 4, NULL, 1, 'x')`,
		}
		if wide > 0 {
			statements = append(statements, `CREATE TABLE shop.papers (id bigint, body varchar(65535))`, insertPapers(wide, bytes))
		}
		return execute(w, w.A, statements...)
	}
}

// execute runs statements on a side's warehouse, one after the other.
func execute(w *sim.World, at *pair.Account, statements ...string) error {
	for _, sql := range statements {
		if _, err := w.Query(at, sql); err != nil {
			return fmt.Errorf("%w in %.80s", err, sql)
		}
	}
	return nil
}

// insertPapers makes wide rows, and then two narrow ones for each: an UNLOAD gives
// each slice the rows that follow one another, so of two or three slices the first
// has a large file.
func insertPapers(wide, bytes int) string {
	rows := make([]string, 0, 3*wide)
	for i := range wide {
		rows = append(rows, fmt.Sprintf("(%d, repeat('paper%6d', %d))", i, i, bytes/11))
	}
	for i := range wide {
		rows = append(rows, fmt.Sprintf("(%d, NULL), (%d, '')", wide+2*i, wide+2*i+1))
	}
	return "INSERT INTO shop.papers VALUES " + strings.Join(rows, ", ")
}

// shop is the scenario of a move of two tables.
func shop(name string, move *sim.Move) *sim.Scenario {
	move.Tables = []redferry.Table{people, orders}
	return &sim.Scenario{
		Name:    name,
		Fill:    fill(0, 0),
		Program: move.Run,
		Check: func(w *sim.World) []error {
			return append(sim.SameTables(w, move.Tables...), sim.SameFiles(w)...)
		},
	}
}
