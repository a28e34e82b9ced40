package query_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// A generated query means the same after it was printed.
func TestPrintedQueries(t *testing.T) {
	for seed := range uint64(1000) {
		sql := newGenerator(seed).query()
		if _, err := run(twins, sql); err != nil && !errors.As(err, new(*fakeredshift.Error)) {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

// twins are the tables that both sides have.
var twins = world{
	"a": table("id int; n int; big bigint; s varchar(20); b bool; d date; price decimal(10,2); f float",
		"1|5|100|x|t|2001-01-01|1.50|0.5", "2|NULL|-7|y|f|2001-02-03|NULL|2", "3|5|NULL|NULL|NULL|NULL|-3.25|NULL", "4|0|0||t|1999-12-31|0.00|-1.25",
		"5|-2|5|Abc|f|2001-02-03|99.99|100", "6|NULL|NULL|NULL|NULL|NULL|NULL|NULL"),
	"c": table("id int; n smallint; s varchar(10); b bool; d date; price decimal(8,1); at timestamp",
		"1|5|x|f|2001-02-03|1.5|2001-02-03 04:05:06", "2|3|y|NULL|NULL|7.0|NULL", "2|-2|x%|t|1999-12-31|NULL|1999-12-31 23:59:59.5", "NULL|0|NULL|t|2001-01-01|-3.3|2001-01-01 00:00:00"),
	"e": table("id int; n int; s varchar(5); b bool; d date; price decimal(10,2)"),
}

// A generator writes queries over twins. It leaves out what DuckDB is known to
// do in another way: division and averages of decimals, blanks at the ends of
// texts, comparisons of text with numbers.
type generator struct {
	*rand.Rand
	tables  []string // as FROM names them
	ordered bool     // ORDER BY decides about every row
	depth   int
}

func newGenerator(seed uint64) *generator { return &generator{Rand: rand.New(rand.NewPCG(seed, 1))} }

func (g *generator) pick(list ...string) string { return list[g.IntN(len(list))] }

// deep limits how far expressions nest.
func (g *generator) deep() bool { return g.depth > 2 || g.IntN(3) == 0 }

func (g *generator) within(f func() string) string {
	g.depth++
	defer func() { g.depth-- }()
	return f()
}

func (g *generator) query() string {
	from := g.from()
	where := ""
	if g.IntN(3) > 0 {
		where = " WHERE " + g.condition()
	}
	switch g.IntN(6) {
	case 0:
		return g.grouped(from + where)
	case 1:
		return "SELECT " + g.aggregates() + from + where
	case 2:
		return "SELECT DISTINCT " + g.items(2) + from + where
	case 3:
		return g.union(from + where)
	case 4:
		g.ordered = true
		return "SELECT " + g.items(3) + from + where + " ORDER BY " + g.pick("1, 2, 3", "1 DESC, 3, 2", "3 DESC, 2 DESC, 1", "2 NULLS FIRST, 1, 3") +
			fmt.Sprintf(" LIMIT %d OFFSET %d", g.IntN(8), g.IntN(3))
	}
	return "SELECT " + g.items(3) + from + where
}

func (g *generator) from() string {
	g.tables = []string{"t0"}
	from := " FROM " + g.pick("a", "a", "c", "e") + " t0"
	for i := 1; i < 3 && g.IntN(2) == 0; i++ {
		name := fmt.Sprintf("t%d", i)
		table := g.pick("a", "c", "c", "e", "(SELECT id, n, s, b, d, price FROM c WHERE id > 0)")
		before := g.tables
		g.tables = append(g.tables, name)
		kind := g.pick("JOIN", "LEFT JOIN", "INNER JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN")
		from += " " + kind + " " + table + " " + name
		if kind != "CROSS JOIN" {
			column := g.pick("id", "n", "s", "d", "price")
			from += " ON " + before[g.IntN(len(before))] + "." + column + " = " + name + "." + column
			if kind != "FULL JOIN" && kind != "RIGHT JOIN" && g.IntN(3) == 0 {
				from += " AND " + g.condition()
			}
		}
	}
	return from
}

func (g *generator) column(names ...string) string {
	return g.tables[g.IntN(len(g.tables))] + "." + g.pick(names...)
}

func (g *generator) items(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = g.any()
	}
	return strings.Join(list, ", ")
}

func (g *generator) any() string {
	return g.within(func() string {
		switch g.IntN(6) {
		case 0:
			return g.text()
		case 1:
			return g.condition()
		case 2:
			return g.column("d")
		case 3:
			return g.decimal()
		}
		return g.integer()
	})
}

func (g *generator) grouped(rest string) string {
	key := g.any()
	having := ""
	if g.IntN(3) == 0 {
		having = " HAVING count(*) " + g.pick(">", "<", "=") + " " + g.pick("1", "2", "3")
	}
	return "SELECT " + key + ", " + g.aggregates() + rest + " GROUP BY " + g.pick("1", key) + having
}

func (g *generator) aggregates() string {
	list := []string{"count(*)"}
	for range 1 + g.IntN(3) {
		list = append(list, g.within(func() string {
			switch g.IntN(5) {
			case 0:
				return "count(" + g.pick("", "DISTINCT ") + g.any() + ")"
			case 1:
				return "sum(" + g.pick("", "DISTINCT ") + g.integer() + ")"
			case 2:
				return g.pick("min", "max") + "(" + g.text() + ")"
			case 3:
				return "sum(" + g.column("price") + ")"
			}
			return g.pick("min", "max") + "(" + g.pick(g.integer(), g.column("d"), g.column("price")) + ")"
		}))
	}
	return strings.Join(list, ", ")
}

func (g *generator) union(rest string) string {
	word := g.pick("UNION", "UNION ALL", "EXCEPT", "INTERSECT")
	first := "SELECT " + g.integer() + ", " + g.text() + rest
	return first + " " + word + " SELECT " + g.pick("id", "n") + ", s FROM " + g.pick("a", "c", "e")
}

func (g *generator) integer() string {
	if g.deep() {
		return g.pick(g.column("id", "n"), g.column("id", "n"), fmt.Sprint(g.IntN(7)), fmt.Sprintf("(-%d)", g.IntN(4)), "NULL::int")
	}
	return g.within(func() string {
		switch g.IntN(9) {
		case 0:
			return "(" + g.integer() + " " + g.pick("+", "-", "*") + " " + g.integer() + ")"
		case 1:
			return "(" + g.integer() + " " + g.pick("/", "%") + " " + g.pick("2", "3", "-4") + ")"
		case 2:
			return "coalesce(" + g.integer() + ", " + g.integer() + ")"
		case 3:
			return "CASE WHEN " + g.condition() + " THEN " + g.integer() + " ELSE " + g.integer() + " END"
		case 4:
			return g.pick("length", "octet_length") + "(" + g.text() + ")"
		case 5:
			return "nullif(" + g.integer() + ", " + g.integer() + ")"
		case 6:
			return g.pick("abs", "-") + "(" + g.integer() + ")"
		case 7:
			return "(SELECT " + g.pick("max(id)", "min(n)", "count(*)") + "::int FROM " + g.pick("a", "c", "e") + " q WHERE q.n " + g.pick("=", "<", ">") + " " + g.column("n") + ")"
		}
		return g.pick("greatest", "least") + "(" + g.integer() + ", " + g.integer() + ")"
	})
}

func (g *generator) decimal() string {
	if g.deep() {
		return g.column("price")
	}
	return "(" + g.column("price") + " " + g.pick("+", "-") + " " + g.pick("1.5", "0.25", "2", g.column("price"), g.column("n")) + ")"
}

func (g *generator) text() string {
	if g.deep() {
		return g.pick(g.column("s"), g.column("s"), "'x'", "'Abc'", "''", "NULL::varchar", "'x%'")
	}
	return g.within(func() string {
		switch g.IntN(6) {
		case 0:
			return "(" + g.text() + " || " + g.pick(g.text(), g.integer()+"::varchar") + ")"
		case 1:
			return g.pick("upper", "lower", "trim", "md5", "reverse") + "(" + g.text() + ")"
		case 2:
			return "substring(" + g.text() + ", " + g.pick("1", "2") + ", " + g.pick("0", "1", "5") + ")"
		case 3:
			return "coalesce(" + g.text() + ", " + g.text() + ")"
		case 4:
			return "replace(" + g.text() + ", 'x', '-')"
		}
		return "CASE WHEN " + g.condition() + " THEN " + g.text() + " ELSE " + g.text() + " END"
	})
}

func (g *generator) condition() string {
	return g.within(func() string {
		compare := g.pick("=", "<>", "<", ">", "<=", ">=")
		switch g.IntN(14) {
		case 0:
			return "(" + g.condition() + " " + g.pick("AND", "OR") + " " + g.condition() + ")"
		case 1:
			return "(NOT " + g.condition() + ")"
		case 2:
			return "(" + g.text() + " " + compare + " " + g.text() + ")"
		case 3:
			return "(" + g.any() + " IS " + g.pick("", "NOT ") + "NULL)"
		case 4:
			return "(" + g.integer() + " " + g.pick("", "NOT ") + "IN (" + g.integer() + ", " + g.pick("1", "NULL", "5") + "))"
		case 5:
			return "(" + g.integer() + " " + g.pick("", "NOT ") + "BETWEEN " + g.integer() + " AND " + g.integer() + ")"
		case 6:
			return "(" + g.text() + " " + g.pick("LIKE", "NOT LIKE", "ILIKE") + " " + g.pick("'%x%'", "'a_c'", "'_'", "'x\\\\%'", "'%'") + ")"
		case 7:
			return g.column("b")
		case 8:
			return "(" + g.column("d") + " " + compare + " " + g.pick("'2001-02-03'", g.column("d")) + ")"
		case 9:
			return "(" + g.decimal() + " " + compare + " " + g.pick("1.5", "0", g.column("n"), g.decimal()) + ")"
		case 10:
			return "(" + g.integer() + g.pick(" IN ", " NOT IN ") + "(SELECT " + g.pick("id", "n") + " FROM " + g.pick("a", "c", "e") + g.pick("", " WHERE n IS NOT NULL AND id IS NOT NULL") + "))"
		case 11:
			return g.pick("", "NOT ") + "EXISTS (SELECT 1 FROM " + g.pick("a", "c", "e") + " q WHERE q.id = " + g.column("id") + ")"
		case 12:
			return "(" + g.integer() + " IS " + g.pick("", "NOT ") + "DISTINCT FROM " + g.integer() + ")"
		}
		return "(" + g.integer() + " " + compare + " " + g.integer() + ")"
	})
}
