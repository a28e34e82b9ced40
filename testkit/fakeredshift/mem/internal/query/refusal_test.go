package query_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

func TestRefusals(t *testing.T) {
	for _, test := range []struct{ sql, want string }{
		// Syntax.
		{"SELEKT 1", `42601 syntax error at or near "SELEKT"`},
		{"SELECT 1 +", "42601 syntax error at end of input"},
		{"SELECT 1 1", `42601 syntax error at or near "1"`},
		{"SELECT FROM orders", `42601 syntax error at or near "FROM"`},
		{"SELECT * FROM orders WHERE", "42601 syntax error at end of input"},
		{"SELECT * FROM select", `42601 syntax error at or near "select"`},
		{"SELECT (1", "42601 syntax error at end of input"},
		{"SELECT 1; SELECT 2", `42601 syntax error at or near "SELECT"`},
		{"", "42601 syntax error at end of input"},
		{"SELECT 'a", `42601 unterminated quoted string at or near "'a"`},
		{`SELECT "a`, `42601 unterminated quoted identifier at or near "\"a"`},
		{"SELECT 1 < 2 < 3", `42601 syntax error at or near "<"`},
		{"SELECT * FROM (SELECT 1)", "42601 subquery in FROM must have an alias"},
		{"SELECT 1..2", `42601 syntax error at or near "1..2"`},
		{"SELECT a -> b", `42601 syntax error at or near "->"`},
		{"SELECT {'a': 1}", `42601 syntax error at or near "{"`},
		{"VALUES (1), (2, 3)", "42601 VALUES lists must all be the same length"},
		{"SELECT id FROM orders JOIN customers", "42601 syntax error at end of input"},
		{"SELECT *", "42601 SELECT * with no tables specified is not valid"},
		{"SELECT " + strings.Repeat("(", 2000) + "1", "54001 stack depth limit exceeded"},
		{"SELECT 1 AS " + strings.Repeat("x", 128), "42622 identifier \"" + strings.Repeat("x", 128) + "\" is too long: 128 bytes, the limit is 127"},

		// Names.
		{"SELECT nope FROM orders", `42703 column "nope" does not exist`},
		{"SELECT orders.nope FROM orders", "42703 column orders.nope does not exist"},
		{"SELECT o.id FROM orders", `42P01 missing FROM-clause entry for table "o"`},
		{"SELECT x.* FROM orders", `42P01 missing FROM-clause entry for table "x"`},
		{"SELECT id FROM orders, customers", `42702 column reference "id" is ambiguous`},
		{"SELECT * FROM nope", `42P01 relation "nope" does not exist`},
		{"SELECT * FROM prod.public.orders", `3D000 database "prod" does not exist`},
		{"SELECT 1 FROM orders a, customers a", `42712 table name "a" specified more than once`},
		{"SELECT 1 FROM orders o, customers c JOIN empty e ON e.id = o.id", `42P01 invalid reference to FROM-clause entry for table "o"`},
		{"SELECT nope(1, 'a')", "42883 function nope(integer, character varying) does not exist"},
		{"SELECT lower(1)", "42883 function lower(integer) does not exist"},
		{"SELECT length('a', 'b')", `42883 function length("unknown", "unknown") does not exist`},
		{"SELECT $2", "42P02 there is no parameter $2"},
		{"SELECT id AS a, id AS b FROM orders WHERE a = 1", `42703 column "a" does not exist`},
		{"SELECT * FROM orders x(a, b, c, d, e, f, g)", `42P10 table "x" has 6 columns available but 7 columns specified`},

		// Types.
		{"SELECT 1 = true", "42883 operator does not exist: integer = boolean"},
		{"SELECT id FROM orders WHERE note = 1", "42883 operator does not exist: character varying = integer"},
		{"SELECT id FROM orders WHERE placed = note", "42883 operator does not exist: date = character varying"},
		{"SELECT id FROM orders WHERE id = 'x'", `22P02 invalid input syntax for integer: "x"`},
		{"SELECT id FROM orders WHERE id", "42804 argument of WHERE must be type boolean, not type integer"},
		{"SELECT 1 AND true", "42804 argument of AND must be type boolean, not type integer"},
		{"SELECT true || 'a'", `42883 operator does not exist: boolean || "unknown"`},
		{"SELECT 1 || 2", "42883 operator does not exist: integer || integer"},
		{"SELECT note + 1 FROM orders", "42883 operator does not exist: character varying + integer"},
		{"SELECT '1' + '2'", `42725 operator is not unique: "unknown" + "unknown"`},
		{"SELECT CASE WHEN true THEN 1 ELSE note END FROM orders", "42804 CASE types integer and character varying cannot be matched"},
		{"SELECT coalesce(1, true)", "42804 COALESCE types integer and boolean cannot be matched"},
		{"SELECT 1 UNION ALL SELECT true", "42804 UNION types integer and boolean cannot be matched"},
		{"SELECT 1, 2 UNION ALL SELECT 1", "42601 each UNION query must have the same number of columns"},
		{"SELECT id[1] FROM orders", "42804 cannot subscript type integer because it is not an array"},
		{"SELECT 1 LIKE 'a'", `42883 operator does not exist: integer ~~ "unknown"`},

		// Values.
		{"SELECT 1 / 0", "22012 division by zero"},
		{"SELECT id / (id - id) FROM orders", "22012 division by zero"},
		{"SELECT 1.5 / 0", "22012 division by zero"},
		{"SELECT 1e0 / 0", "22012 division by zero"},
		{"SELECT 5 % 0", "22012 division by zero"},
		{"SELECT 2147483647 + 1", "22003 integer out of range"},
		{"SELECT 9223372036854775807 + 1", "22003 bigint out of range"},
		{"SELECT 9223372036854775807 * 9223372036854775807", "22003 bigint out of range"},
		{"SELECT 32767::smallint + 1::smallint", "22003 smallint out of range"},
		{"SELECT 99999999999999999999999999999999999999 + 1", "22003 Numeric data overflow (result precision)"},
		{"SELECT 1e308 * 10", "22003 value out of range: overflow"},
		{"SELECT sum(size * 9000000000000000000) FROM sales.lines WHERE size = 1 OR size = 2", "22003 bigint out of range"},
		{"SELECT 'a' LIKE 'a' ESCAPE 'xx'", "22025 invalid escape string"},
		{`SELECT 'a' LIKE 'a\\'`, "22025 LIKE pattern must not end with escape character"},
		{"SELECT 'a' ~ '('", `2201B invalid regular expression: "("`},
		{"SELECT substring('abc', 1, -1)", "22011 negative substring length not allowed"},
		{"SELECT sqrt(-1)", "2201F cannot take square root of a negative number"},
		{"SELECT json_parse('{')", "XX000 invalid json"},
		{"SELECT dateadd(fortnight, 1, getdate())", `22023 date part "fortnight" not recognized`},
		{"SELECT id FROM orders LIMIT -1", "2201W LIMIT must not be negative"},
		{`SELECT '\0'`, `22021 invalid byte sequence for encoding "UTF8"`},
		{"SELECT i FROM generate_series(1, 2, 0) s(i)", "22023 step size cannot equal zero"},

		// Groups.
		{"SELECT customer, id FROM orders GROUP BY customer", `42803 column "orders.id" must appear in the GROUP BY clause or be used in an aggregate function`},
		{"SELECT *, count(*) FROM empty", `42803 column "empty.id" must appear in the GROUP BY clause or be used in an aggregate function`},
		{"SELECT id FROM orders HAVING count(*) > 1", `42803 column "orders.id" must appear in the GROUP BY clause or be used in an aggregate function`},
		{"SELECT count(*) FROM orders ORDER BY id", `42803 column "orders.id" must appear in the GROUP BY clause or be used in an aggregate function`},
		{"SELECT id FROM orders WHERE count(*) > 1", "42803 aggregates not allowed in WHERE clause"},
		{"SELECT count(*) FROM orders GROUP BY count(*)", "42803 aggregates not allowed in GROUP BY clause"},
		{"SELECT sum(count(*)) FROM orders", "42803 aggregate function calls may not be nested"},
		{"SELECT customer FROM orders GROUP BY 2", "42P10 GROUP BY position 2 is not in select list"},
		{"SELECT id FROM orders ORDER BY 2", "42P10 ORDER BY position 2 is not in select list"},
		{"SELECT id AS a, note AS a FROM orders ORDER BY a", `42702 ORDER BY "a" is ambiguous`},
		{"SELECT DISTINCT id FROM orders ORDER BY note", "42P10 for SELECT DISTINCT, ORDER BY expressions must appear in select list"},
		{"SELECT id FROM orders UNION SELECT 1 ORDER BY nope", `42703 column "nope" does not exist`},
		{"SELECT (SELECT count(*) FROM orders WHERE customer = c.id AND count(*) > 1) FROM customers c", "42803 aggregates not allowed in WHERE clause"},

		// Subqueries.
		{"SELECT (SELECT id FROM orders)", "21000 more than one row returned by a subquery used as an expression"},
		{"SELECT (SELECT 1, 2)", "42601 subquery must return only one column"},
		{"SELECT 1 IN (SELECT 1, 2)", "42601 subquery has too many columns"},
		{"SELECT (1, 2) IN (SELECT 1)", "42601 subquery has too few columns"},

		// What this package does not have.
		{"SELECT row_number() OVER (ORDER BY id) FROM orders", "0A000 a window function is not supported by the fake warehouse"},
		{"SELECT * INTO x FROM orders", "0A000 SELECT INTO is not supported by the fake warehouse"},
		{"SELECT INTERVAL '1 day'", "0A000 INTERVAL is not supported by the fake warehouse"},
		{"SELECT getdate() - getdate()", "0A000 INTERVAL is not supported by the fake warehouse"},
		{"SELECT 'a' SIMILAR TO 'b'", "0A000 SIMILAR TO is not supported by the fake warehouse"},
		{"SELECT * FROM orders NATURAL JOIN customers", "0A000 NATURAL JOIN is not supported by the fake warehouse"},
		{"SELECT * FROM (orders JOIN customers ON true)", "0A000 a JOIN in parentheses is not supported by the fake warehouse"},
		{"WITH RECURSIVE r AS (SELECT 1) SELECT 1", "0A000 WITH RECURSIVE is not supported by the fake warehouse"},
		{"SELECT median(id) FROM orders", "0A000 median() is not supported by the fake warehouse"},
		{"SELECT 5 & 1", "0A000 the operator & is not supported by the fake warehouse"},
		{"SELECT 1 FROM orders GROUP BY ROLLUP (id)", "0A000 GROUP BY ROLLUP is not supported by the fake warehouse"},
		{"SELECT * FROM f(1)", "0A000 the function f in FROM is not supported by the fake warehouse"},
		{"SELECT getdate() AT TIME ZONE 'CET'", "0A000 a time zone other than UTC is not supported by the fake warehouse"},
		{"SELECT id FROM orders WHERE id = ANY($1)", "42P02 there is no parameter $1"},
		{"SELECT id FROM orders WHERE id = ANY('{1,2}')", "0A000 an array written as a literal or a parameter is not supported by the fake warehouse"},
		{"SELECT ARRAY[1]", "0A000 ARRAY is not supported by the fake warehouse"},
		{"SELECT 1 FROM orders FOR UPDATE", "0A000 SELECT FOR UPDATE is not supported by the fake warehouse"},
	} {
		rows, err := run(shop, test.sql)
		if err == nil {
			t.Errorf("%.200s: got rows %q, want %s", test.sql, rows, test.want)
			continue
		}
		if got := refused(t, err); got != test.want {
			t.Errorf("%.200s:\ngot  %s\nwant %s", test.sql, got, test.want)
		}
	}
}

func TestMentions(t *testing.T) {
	q, err := query.Parse(`WITH w AS (SELECT 1 FROM a) SELECT lower(x), count(*) FROM w, s."B" JOIN a ON EXISTS (SELECT f(1) FROM db.s.c) ORDER BY upper(x)`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(q.Tables()), fmt.Sprint([]rsql.Name{{Name: "a"}, {Schema: "s", Name: "b"}, {Database: "db", Schema: "s", Name: "c"}}); got != want {
		t.Errorf("Tables %s, want %s", got, want)
	}
	if got, want := q.Functions(), []string{"lower", "count", "f", "upper"}; !slices.Equal(got, want) {
		t.Errorf("Functions %q, want %q", got, want)
	}
	for sql, want := range map[string]bool{
		`SELECT count(*) FROM s.t`: true, `select COUNT(*) from "t" x`: true, "SELECT count(*) AS n FROM t": false, "SELECT count(id) FROM t": false,
		"SELECT count(*) FROM t WHERE true": false, "SELECT count(*) FROM t, u": false, "SELECT count(*) FROM t LIMIT 0": false,
		"SELECT count(*) FROM (SELECT 1) t": false, "WITH t AS (SELECT 1) SELECT count(*) FROM t": false, "VALUES (1)": false,
	} {
		q, err := query.Parse(sql, nil)
		if err != nil {
			t.Fatal(err)
		}
		if name, ok := q.Counts(); ok != want || ok && name.Name != "t" {
			t.Errorf("%s: Counts = %v, %t", sql, name, ok)
		}
	}
}

func TestCaseSensitiveNames(t *testing.T) {
	q, err := query.Parse(`SELECT "Id" AS "Key" FROM "Mixed"`, &rsql.Options{CaseSensitive: true})
	if err != nil {
		t.Fatal(err)
	}
	r, err := q.Run(world{"Mixed": table("Id int", "1")}, nil)
	if err != nil || r.Columns[0].Name != "Key" || len(r.Rows) != 1 {
		t.Errorf("got %+v, %v", r, err)
	}
}

// errCancelled is what a cancelled session answers.
var errCancelled = errors.New("cancelled")

// A patience is a world that is cancelled at the nth question.
type patience struct {
	world
	left int
}

func (p *patience) Interrupted() error {
	if p.left--; p.left <= 0 {
		return errCancelled
	}
	return nil
}

func TestInterrupted(t *testing.T) {
	for _, sql := range []string{
		"SELECT max(a.i * b.i + c.i * d.i) FROM n a, n b, n c, n d",
		"SELECT count(*) FROM n a LEFT JOIN n b ON a.i + b.i < 0 LEFT JOIN n c ON true LEFT JOIN n d ON true LEFT JOIN n e ON true",
		"SELECT (SELECT count(*) FROM n b WHERE a.i > b.i) FROM n a, n x, n y",
	} {
		p := &patience{world{"n": table("i int")}, 3}
		for i := range 1000 {
			p.world["n"].Rows = append(p.world["n"].Rows, []query.Value{int64(i)})
		}
		if _, err := run(p, sql); !errors.Is(err, errCancelled) || p.left != 0 {
			t.Errorf("%s: %v after %d questions", sql, err, 3-p.left)
		}
	}
}

// A query may run several times at once, and leaves its tables as they were.
func TestRunAgain(t *testing.T) {
	q, err := query.Parse("SELECT customer, count(*) FROM orders WHERE id IN (SELECT id FROM orders) GROUP BY 1 ORDER BY 2 DESC, 1 DESC", nil)
	if err != nil {
		t.Fatal(err)
	}
	before := texts(shop["orders"])
	answers := make([][]string, 8)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			if r, err := q.Run(shop, nil); err == nil {
				answers[i] = texts(r)
			}
		})
	}
	wg.Wait()
	for _, got := range answers {
		if want := []string{"10|2", "NULL|1", "20|1"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if !slices.Equal(before, texts(shop["orders"])) {
		t.Error("the query changed its table")
	}
}

func TestParseExprStops(t *testing.T) {
	for _, test := range []struct {
		sql  string
		want int
	}{{"1, 2", 1}, {"'a')", 1}, {"a=-1 x", 4 - 1}, {"a", 1}, {"f(1, 2) + 3 FROM", 8}, {"CASE WHEN a THEN b END c", 6}} {
		if _, n, err := query.ParseExpr(sqltext.Code(test.sql), nil); err != nil || n != test.want {
			t.Errorf("%s: took %d tokens, %v, want %d", test.sql, n, err, test.want)
		}
	}
	if _, _, err := query.ParseExpr(nil, nil); refused(t, err) != "42601 syntax error at end of input" {
		t.Errorf("nothing: %v", err)
	}
}
