package query_test

import (
	"slices"
	"strings"
	"testing"
)

// shop is a small database.
var shop = world{
	"orders": table("id int; customer int; note varchar(40); total decimal(10,2); placed date; paid bool",
		"1|10|first|12.50|2001-02-03|t", "2|10|NULL|7.25|2001-02-04|f", "3|20|second|NULL|2001-02-04|NULL", "4|NULL|100%|0.00|NULL|t"),
	"customers": table("id int; name varchar(20); code char(5); since timestamp",
		"10|Ada|AB|2001-01-01 00:00:00.5", "20|Zoë|C|NULL", "30|Bob|NULL|2000-12-31 23:59:59"),
	"sales.lines": table("order_id int; sku varchar(10); quantity smallint; weight float; size bigint",
		"1|a|2|0.5|1", "1|b|1|1.5|9000000000", "2|a|3|NULL|2", "9|c|1|1e20|3"),
	"arrays": table("id int; keys _int2", "1|{1,3}", "2|NULL", "3|{7}"),
	"empty":  table("id int; name varchar(10)"),
	"load_log": table("load_id varchar(64); target varchar(256); generation bigint; row_count bigint; byte_count bigint; file_count int; manifest varchar(1024)",
		"l1|sales.orders|1|5|100|2|s3://b/m", "l2|sales.orders|2|6|110|2|s3://b/n"),
	"sys_load_error_detail": table("session_id int; file_name varchar(256); line_number bigint; column_name varchar(127); error_message varchar(512); start_time timestamp",
		"101|s3://b/k   |3|id   |bad value |2001-02-03 04:05:05", "101|old|3|id|old|2001-02-03 04:00:00", "7|other|1|id|other|2001-02-03 04:05:05"),
	"blank": table("v varchar(10)", "a", "a  ", "b"),
}

func TestQueries(t *testing.T) {
	for _, test := range []struct {
		name, sql string
		want      string // rows with slashes between them
	}{
		// What the packages of this module send.
		{"count", "SELECT count(*) FROM orders", "4"},
		{"count of nothing", "SELECT count(*) FROM empty", "0"},
		{"is it empty", `SELECT count(*) FROM (SELECT 1 FROM "public"."orders" LIMIT 1) AS first_row`, "1"},
		{"shape", "SELECT load_id, target, generation, row_count, byte_count, file_count, manifest FROM load_log WHERE 1 = 0", ""},
		{"generation", "SELECT coalesce(max(generation), 0) FROM load_log WHERE target = 'sales.orders'", "2"},
		{"first generation", "SELECT coalesce(max(generation), 0) FROM load_log WHERE target = 'x'", "0"},
		{"copy count", "SELECT pg_last_copy_count()", "7"},
		{"backend pid", "SELECT pg_backend_pid()", "101"},
		{
			"rejects", "SELECT trim(file_name), line_number, trim(column_name), trim(error_message) FROM sys_load_error_detail " +
				"WHERE session_id = 101 AND start_time >= dateadd(second, -3, getdate()::timestamptz AT TIME ZONE 'UTC') ORDER BY start_time DESC LIMIT 100",
			"s3://b/k|3|id|bad value",
		},

		// FROM.
		{"everything", "SELECT * FROM customers", "10|Ada|AB   |2001-01-01 00:00:00.5/20|Zoë|C    |NULL/30|Bob|NULL|2000-12-31 23:59:59"},
		{"of one table", "SELECT c.*, o.id FROM orders o JOIN customers c ON c.id = o.customer WHERE o.id = 1", "10|Ada|AB   |2001-01-01 00:00:00.5|1"},
		{"join", "SELECT o.id, c.name FROM orders o JOIN customers c ON o.customer = c.id ORDER BY 1", "1|Ada/2|Ada/3|Zoë"},
		{"inner join", "SELECT o.id FROM orders o INNER JOIN customers c ON o.customer = c.id AND c.name = 'Zoë'", "3"},
		{"left join", "SELECT c.id, o.id FROM customers c LEFT JOIN orders o ON o.customer = c.id ORDER BY 1, 2", "10|1/10|2/20|3/30|NULL"},
		{"left join with a condition of its own", "SELECT c.id, o.id FROM customers c LEFT OUTER JOIN orders o ON o.customer = c.id AND o.total > 10 ORDER BY 1", "10|1/20|NULL/30|NULL"},
		{"left join with a condition on the left", "SELECT c.id, o.id FROM customers c LEFT JOIN orders o ON o.customer = c.id AND c.id = 20 ORDER BY 1", "10|NULL/20|3/30|NULL"},
		{"left join, then WHERE", "SELECT c.id FROM customers c LEFT JOIN orders o ON o.customer = c.id WHERE o.id IS NULL", "30"},
		{"left join by no equality", "SELECT c.id, l.sku FROM customers c LEFT JOIN sales.lines l ON l.quantity > c.id - 18 ORDER BY 1, 2", "10|a/10|a/10|b/10|c/20|a/30|NULL"},
		{"right join", "SELECT o.id, c.id FROM orders o RIGHT JOIN customers c ON c.id = o.customer ORDER BY 2, 1", "1|10/2|10/3|20/NULL|30"},
		{"full join", "SELECT o.id, c.id FROM orders o FULL JOIN customers c ON c.id = o.customer ORDER BY 1, 2", "1|10/2|10/3|20/4|NULL/NULL|30"},
		{"full join, then left join", "SELECT c.id, l.sku FROM orders o FULL JOIN customers c ON c.id = o.customer LEFT JOIN sales.lines l ON l.order_id = o.id WHERE c.id > 10 ORDER BY 1", "20|NULL/30|NULL"},
		{"right join keeps what WHERE says of the left", "SELECT c.id FROM orders o RIGHT JOIN customers c ON c.id = o.customer WHERE o.id IS NULL", "30"},
		{"cross join", "SELECT c.id, o.id FROM customers c CROSS JOIN orders o WHERE o.id < 2 ORDER BY 1", "10|1/20|1/30|1"},
		{"comma", "SELECT c.name, o.id FROM customers c, orders o WHERE c.id = o.customer ORDER BY 2", "Ada|1/Ada|2/Zoë|3"},
		{"using", "SELECT * FROM (SELECT 1 AS k, 'a' AS x) a JOIN (SELECT 'b' AS y, 1 AS k) b USING (k)", "1|a|b"},
		{"self join", "SELECT a.id, b.id FROM orders a JOIN orders b ON a.customer = b.customer AND a.id < b.id", "1|2"},
		{"null keys do not join", "SELECT count(*) FROM orders a JOIN orders b ON a.note = b.note", "3"},
		{"join of int and bigint", "SELECT o.id FROM orders o JOIN sales.lines l ON l.size = o.id ORDER BY 1", "1/2/3"},
		{"join of int and numeric", "SELECT o.id, c.id FROM orders o JOIN customers c ON c.id = o.total + 2.75", "2|10"},
		{"series", "SELECT i FROM generate_series(1, 3) pos(i)", "1/2/3"},
		{"series by steps", "SELECT generate_series FROM generate_series(5, 1, -2)", "5/3/1"},
		{"series and subscripts", "SELECT a.id, i, a.keys[pos.i] FROM arrays a CROSS JOIN generate_series(1, 2) pos(i) WHERE a.keys[pos.i] IS NOT NULL ORDER BY 1, 2", "1|1|1/1|2|3/3|1|7"},
		{"beyond an array", "SELECT keys[33] IS NULL, keys[0], keys[1], keys FROM arrays ORDER BY id", "t|NULL|1|{1,3}/t|NULL|NULL|NULL/t|NULL|7|{7}"},
		{"any of an array", "SELECT id FROM arrays WHERE 3 = ANY(keys)", "1"},
		{"all of an array", "SELECT id FROM arrays WHERE 3 <= ALL(keys)", "3"},
		{"query in FROM", "SELECT q.n FROM (SELECT customer, count(*) AS n FROM orders GROUP BY customer) q WHERE q.customer = 10", "2"},
		{"names of columns", "SELECT x.b FROM (SELECT id, name FROM customers) AS x(a, b) WHERE x.a = 10", "Ada"},
		{"with", "WITH big AS (SELECT id FROM orders WHERE total > 5), n(k) AS (SELECT count(*) FROM big) SELECT k FROM n", "2"},
		{"no FROM", "SELECT 1, 'a' WHERE true", "1|a"},
		{"a database", "SELECT count(*) FROM dev.public.orders", "4"},
		{"values", "VALUES (1, 'a'), (2, NULL)", "1|a/2|NULL"},
		{"names fold", `SELECT "ID", O.Note FROM ORDERS o WHERE "Id" = 1`, "1|first"},

		// GROUP BY.
		{"groups", "SELECT customer, count(*), sum(total), min(note) FROM orders GROUP BY customer ORDER BY customer", "10|2|19.75|first/20|1|NULL|second/NULL|1|0.00|100%"},
		{"by position", "SELECT paid, count(*) FROM orders GROUP BY 1 ORDER BY 1", "f|1/t|2/NULL|1"},
		{"by alias", "SELECT total > 5 AS big, count(*) FROM orders GROUP BY big ORDER BY big", "f|1/t|2/NULL|1"},
		{"by an expression", "SELECT id % 2, count(*) FROM orders GROUP BY id % 2 ORDER BY 1", "0|2/1|2"},
		{"an expression of a key", "SELECT (customer + 1) * 2, o.customer FROM orders o GROUP BY o.customer ORDER BY 1", "22|10/42|20/NULL|NULL"},
		{"having", "SELECT customer FROM orders GROUP BY customer HAVING count(*) > 1", "10"},
		{"having alone", "SELECT count(*) FROM orders HAVING count(*) > 100", ""},
		{"order by an aggregate", "SELECT customer FROM orders GROUP BY customer ORDER BY count(*) DESC, customer", "10/20/NULL"},
		{"groups of nothing", "SELECT name, count(*) FROM empty GROUP BY name", ""},
		{"aggregates of nothing", "SELECT count(id), sum(id), min(name), avg(id) FROM empty", "0|NULL|NULL|NULL"},
		{"count of a column", "SELECT count(note), count(DISTINCT customer), count(*) FROM orders", "3|2|4"},
		{"sums", "SELECT sum(quantity), sum(size), sum(weight), sum(DISTINCT quantity) FROM sales.lines", "7|9000000006|1e+20|6"},
		{"averages", "SELECT avg(quantity), avg(size), avg(weight) FROM sales.lines WHERE order_id < 9", "2|3000000001|1"},
		{"average of numeric", "SELECT avg(total) FROM orders", "6.58"},
		{"extremes", "SELECT max(placed), min(since), max(code) FROM orders CROSS JOIN customers", "2001-02-04|2000-12-31 23:59:59|C"},
		{"listagg", "SELECT listagg(sku, ', ') WITHIN GROUP (ORDER BY sku DESC), listagg(DISTINCT sku) FROM sales.lines", "c, b, a, a|abc"},
		{"bool_and, bool_or", "SELECT bool_and(paid), bool_or(paid) FROM orders", "f|t"},
		{"aggregate of an expression", "SELECT sum(CASE WHEN paid THEN 1 ELSE 0 END) FROM orders", "2"},
		{"aggregates in an expression", "SELECT max(id) - min(id) + count(*) FROM orders", "7"},

		// The rest of a query.
		{"distinct", "SELECT DISTINCT customer FROM orders ORDER BY 1", "10/20/NULL"},
		{"limit and offset", "SELECT id FROM orders ORDER BY id LIMIT 2 OFFSET 1", "2/3"},
		{"offset alone", "SELECT id FROM orders ORDER BY 1 OFFSET 3", "4"},
		{"limit 0", "SELECT id FROM orders LIMIT 0", ""},
		{"top", "SELECT TOP 1 id FROM orders ORDER BY id DESC", "4"},
		{"nulls last going up", "SELECT customer FROM orders ORDER BY customer, id", "10/10/20/NULL"},
		{"nulls first going down", "SELECT customer FROM orders ORDER BY customer DESC, id", "NULL/20/10/10"},
		{"nulls where they are told", "SELECT customer FROM orders ORDER BY customer NULLS FIRST, id DESC", "NULL/10/10/20"},
		{"order by what is not selected", "SELECT id FROM orders ORDER BY total DESC, id", "3/1/2/4"},
		{"order by an alias", "SELECT -id AS id FROM orders ORDER BY id", "-4/-3/-2/-1"},
		{"order by an expression", "SELECT id FROM orders ORDER BY -id", "4/3/2/1"},
		{"union all", "SELECT id FROM orders WHERE id < 3 UNION ALL SELECT id FROM customers WHERE id < 15 ORDER BY id DESC", "10/2/1"},
		{"union", "SELECT 1 UNION SELECT 2 UNION SELECT 1 ORDER BY 1", "1/2"},
		{"except and intersect", "SELECT id FROM orders EXCEPT SELECT 2 INTERSECT SELECT id FROM orders ORDER BY 1", "1/3/4"},
		{"union of parentheses", "(SELECT id FROM orders ORDER BY id DESC LIMIT 1) UNION ALL (SELECT 0)", "4/0"},
		{"union of types", "SELECT 1 UNION ALL SELECT 2.5 UNION ALL SELECT NULL", "1.0/2.5/NULL"},
		{"alias used beside", "SELECT id AS k, k + 1 AS next FROM orders WHERE id = 2", "2|3"},

		// Subqueries.
		{"scalar", "SELECT (SELECT max(id) FROM orders) + 1", "5"},
		{"scalar of nothing", "SELECT (SELECT id FROM empty)", "NULL"},
		{"correlated", "SELECT c.id, (SELECT count(*) FROM orders o WHERE o.customer = c.id) FROM customers c ORDER BY 1", "10|2/20|1/30|0"},
		{"exists", "SELECT id FROM customers c WHERE EXISTS (SELECT 1 FROM orders WHERE customer = c.id) ORDER BY 1", "10/20"},
		{"not exists", "SELECT id FROM customers c WHERE NOT EXISTS (SELECT * FROM orders WHERE customer = c.id)", "30"},
		{"in", "SELECT id FROM customers WHERE id IN (SELECT customer FROM orders) ORDER BY 1", "10/20"},
		{"not in, with a NULL", "SELECT id FROM customers WHERE id NOT IN (SELECT customer FROM orders)", ""},
		{"not in", "SELECT id FROM customers WHERE id NOT IN (SELECT customer FROM orders WHERE customer IS NOT NULL)", "30"},
		{"in of rows", "SELECT id FROM orders WHERE (id, customer) IN (SELECT id, customer FROM orders WHERE id > 1) ORDER BY 1", "2/3"},
		{"in of a list of rows", "SELECT id FROM orders WHERE (id, customer) IN ((1, 10), (2, 20))", "1"},
		{"any", "SELECT id FROM orders WHERE id > ANY (SELECT id - 8 FROM customers) ORDER BY 1", "3/4"},
		{"all", "SELECT id FROM orders WHERE id >= ALL (SELECT id FROM orders)", "4"},
		{"two levels out", "SELECT id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE EXISTS (SELECT 1 FROM sales.lines l WHERE l.order_id = o.id AND o.customer = c.id))", "10"},
		{"a key in a subquery", "SELECT customer, (SELECT name FROM customers c WHERE c.id = customer) FROM orders WHERE customer = 10 GROUP BY customer", "10|Ada"},
		{"a join by rows", "SELECT a.id FROM orders a JOIN orders b ON (a.id, a.customer) = (b.id, b.customer) ORDER BY 1", "1/2/3"},

		{"groups of other types", "SELECT weight, count(*) FROM sales.lines GROUP BY weight ORDER BY 1", "0.5|1/1.5|1/1e+20|1/NULL|1"},
		{"groups of decimals", "SELECT total, count(*) FROM orders o GROUP BY o.total ORDER BY 1 DESC", "NULL|1/12.50|1/7.25|1/0.00|1"},
		{"groups of times and arrays", "SELECT placed, keys, count(*) FROM orders CROSS JOIN arrays WHERE orders.id = 1 AND keys IS NOT NULL GROUP BY 1, 2 ORDER BY 2", "2001-02-03|{1,3}|1/2001-02-03|{7}|1"},
		{"join of floats and decimals", "SELECT l.sku, o.id FROM sales.lines l JOIN orders o ON o.total = l.weight * 25 ORDER BY 2", "a|1"},
		{"join of dates and timestamps", "SELECT a.id, b.id FROM orders a JOIN orders b ON a.placed::timestamp = b.placed AND a.id <= b.id ORDER BY 1, 2", "1|1/2|2/2|3/3|3"},
		{"join of booleans", "SELECT a.id, b.id FROM orders a JOIN orders b ON a.paid = b.paid AND a.id < b.id", "1|4"},
		{"using twice", "SELECT * FROM (SELECT 1 AS k, 'a' AS x) a JOIN (SELECT 'b' AS y, 1 AS k) b USING (k) JOIN (SELECT 'c' AS z, 1 AS k) c USING (k)", "1|a|b|c"},
		{"using two columns", "SELECT k, l, x FROM (SELECT 1 AS k, 2 AS l, 'a' AS x) a LEFT JOIN (SELECT 2 AS l, 1 AS k) b USING (k, l)", "1|2|a"},
		{"values in FROM", "SELECT v.column1 + 1, w.b FROM (VALUES (1), (2)) v JOIN (VALUES (1, 'x')) AS w(a, b) ON w.a = v.column1", "2|x"},
		{"values in order", "VALUES (2), (1), (NULL) ORDER BY column1 DESC LIMIT 2", "NULL/2"},
		{"a union of unions", "SELECT id FROM ((SELECT id FROM orders WHERE id = 1 UNION ALL SELECT 2) INTERSECT SELECT id FROM orders) q ORDER BY 1", "1/2"},
		{"what is distinct", "SELECT DISTINCT paid, customer FROM orders WHERE paid IS NOT NULL ORDER BY customer, paid", "f|10/t|10/t|NULL"},
		{"a window of a series", "SELECT count(*) FROM generate_series(1, 100) a(i), generate_series(1, 100) b(j) WHERE a.i = b.j + 50", "50"},

		// Blanks.
		{"blanks do not count", "SELECT count(*) FROM blank WHERE v = 'a'", "2"},
		{"nor in groups", "SELECT count(DISTINCT v) FROM blank", "2"},
		{"but in LIKE and in length", "SELECT count(*), max(length(v)) FROM blank WHERE v LIKE 'a '", "0|NULL"},
		{"char has none", "SELECT length(code), code || '!', code = 'C' FROM customers WHERE id = 20", "1|C!|t"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := run(shop, test.sql)
			if err != nil {
				t.Fatalf("%s: %v", test.sql, err)
			}
			want := strings.Split(test.want, "/")
			if test.want == "" {
				want = []string{}
			}
			if strings.Contains(test.sql, "s3:") || strings.Contains(test.want, "s3:") {
				want = []string{test.want}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s:\ngot  %q\nwant %q", test.sql, got, want)
			}
		})
	}
}
