package query_test

import (
	"errors"
	"testing"

	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
)

var seeds = []string{
	"SELECT 1", "SELECT * FROM orders ORDER BY 1 LIMIT 2 OFFSET 1;", "VALUES (1, 'a'), (NULL, $1)", "(SELECT 1) UNION ALL (SELECT 2 ORDER BY 1)",
	`SELECT o.*, c."name" AS "N" FROM public.orders o LEFT JOIN customers AS c(a, name) ON o.customer = c.a AND c.name LIKE 'a\\%' ESCAPE '#'`,
	"SELECT count(DISTINCT id), listagg(note, ',') WITHIN GROUP (ORDER BY id DESC NULLS LAST) FROM orders GROUP BY 1 HAVING sum(total) > 1.5",
	"SELECT CASE id WHEN 1 THEN 'a' ELSE $$b$$ END, -1::numeric(4,2), CAST(x AS varchar(10)), a[1], extract(year from d) FROM t",
	"WITH w(a) AS (SELECT 1) SELECT a FROM w WHERE a IN (SELECT 1 INTERSECT SELECT 2) AND NOT EXISTS (SELECT 1) OR a = ANY (SELECT 2)",
	"SELECT x IS NOT NULL, a BETWEEN 1 AND 2, (1, 2) IN ((1, 2)), a IS DISTINCT FROM b, d AT TIME ZONE 'UTC', timestamp with time zone '2001-01-01' FROM a, b RIGHT JOIN c USING (k, l)",
	"SELECT i FROM generate_series(1, 3) pos(i) CROSS JOIN #tmp", "SELECT dateadd(day, 1, current_date), trim(both 'x' from y), position('a' in 'b')",
	"SELECT 'a", "SELECT ((", "SELECT \x00", "SELECT 1 FROM a JOIN b", "SELECT 9999999999999999999999999999999999999999999", "SELECT 1e400, '1'::date",
}

// Whatever is read does not panic; what is parsed and printed is parsed again,
// and prints the same.
func FuzzParse(f *testing.F) {
	for _, sql := range seeds {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		q, err := query.Parse(sql, nil)
		if err != nil {
			var e *fakeredshift.Error
			if !errors.As(err, &e) {
				t.Fatalf("%q: %v is no refusal", sql, err)
			}
			return
		}
		text := q.String()
		again, err := query.Parse(text, nil)
		if err != nil {
			t.Fatalf("%q\nprints as %q:\n%v", sql, text, err)
		}
		if again.String() != text {
			t.Errorf("%q\nprints as %q\nand then  %q", sql, text, again.String())
		}
		q.Tables()
		q.Functions()
		q.Counts()
	})
}

// A query that runs does so after it was printed, too, with the same rows; every
// error is a refusal.
func FuzzRun(f *testing.F) {
	for _, sql := range seeds {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		q, err := query.Parse(sql, nil)
		if err != nil {
			return
		}
		arg := "7"
		first, err := q.Run(&limited{shop, 50}, []*string{&arg, nil})
		if err != nil {
			var e *fakeredshift.Error
			if !errors.As(err, &e) && !errors.Is(err, errCancelled) {
				t.Fatalf("%q: %v is no refusal", sql, err)
			}
			return
		}
		for _, row := range first.Rows {
			if len(row) != len(first.Columns) {
				t.Fatalf("%q: a row of %d values for %d columns", sql, len(row), len(first.Columns))
			}
		}
		texts(first)
	})
}

// limited is a world in which no query runs for long.
type limited struct {
	world
	left int
}

func (l *limited) Interrupted() error {
	if l.left--; l.left <= 0 {
		return errCancelled
	}
	return nil
}

func FuzzParseExpr(f *testing.F) {
	for _, sql := range []string{"1, 2", "a = -1)", "coalesce(x, 'y')::varchar(3) FROM t", "CASE WHEN a THEN b", "DEFAULT", "=-", ""} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		tokens := sqltext.Code(sql)
		e, n, err := query.ParseExpr(tokens, nil)
		if err != nil {
			return
		}
		if n < 1 || n > len(tokens) {
			t.Fatalf("%q: took %d of %d tokens", sql, n, len(tokens))
		}
		text := e.String()
		again, m, err := query.ParseExpr(sqltext.Code(text), nil)
		if err != nil || m != len(sqltext.Code(text)) || again.String() != text {
			t.Errorf("%q prints as %q, of which %d tokens are read, %v", sql, text, m, err)
		}
	})
}
