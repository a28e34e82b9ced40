package query_test

import (
	"testing"

	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
)

// each is a select list and the values that it gives.
type each struct{ sql, want string }

func check(t *testing.T, tests []each) {
	t.Helper()
	for _, test := range tests {
		got, err := run(shop, "SELECT "+test.sql)
		if err != nil {
			t.Errorf("SELECT %s: %v", test.sql, err)
			continue
		}
		if len(got) != 1 || got[0] != test.want {
			t.Errorf("SELECT %s: got %q, want %q", test.sql, got, test.want)
		}
	}
}

func TestLiterals(t *testing.T) {
	check(t, []each{
		{"1, 2147483648, 99999999999999999999", "1|2147483648|99999999999999999999"},
		{"1.50, .5, 1e3, 1.5e-7", "1.50|0.5|1000|1.5e-07"},
		{`'it''s', 'a\'b\\c', '\x41\101', $$it's$$`, `it's|a'b\c|AA|it's`},
		{"true, false, NULL", "t|f|NULL"},
		{"DATE '2001-02-03', timestamp '2001-02-03 04:05:06', TIMESTAMP WITH TIME ZONE '2001-02-03 04:05:06+02'", "2001-02-03|2001-02-03 04:05:06|2001-02-03 02:05:06+00"},
		{"current_database(), current_user", "dev|admin"},
	})
}

func TestArithmetic(t *testing.T) {
	check(t, []each{
		{"1 + 2 * 3 - 4, (1 + 2) * 3, -2 - -3, 2-1, 10-'3'::int4", "3|9|1|1|7"},
		{"7 / 2, -7 / 2, 7 % 3, -7 % 3", "3|-3|1|-1"},
		{"1.5 + 1, 1.25 * 2.5, 2.50 - 1, 7.5 % 2", "2.5|3.125|1.50|1.5"},
		{"1.0 / 3, 10 / 4.0, 1::numeric(8,2) / 3::numeric(8,2)", "0.333333333333|2.5000|0.333333333"},
		{"1e0 / 4, 0.1::float8 * 3, 2 ^ 10", "0.25|0.30000000000000004|1024"},
		{"0.1::float4, 0.1::float4 + 0.2::float4, 1e30::float4", "0.1|0.3|1e+30"},
		{"2147483647 + 1::bigint, 2147483648 + 1", "2147483648|2147483649"},
		{"NULL + 1, 1 / NULL, -NULL::int", "NULL|NULL|NULL"},
		{"-(2.5), -(1e0), +5, - '5', -(5::oid), 5::oid - 6", "-2.5|-1|5|-5|-5|-1"},
		{"1 + DATE '2001-02-03', 2 ^ 0.5, 4 ^ '2', 1.5 - 0.5e0, 0.1::float4 * 2", "2001-02-04|1.4142135623730951|16|1|0.20000000298023224"},
		{"'5' + 1, '2.5' * 2.0, '1' || 2", "6|5.00|12"},
		{"(-9223372036854775808)::int8, -32768::int4::int8, -1::int", "-9223372036854775808|-32768|-1"},
		{"DATE '2001-02-28' + 1, DATE '2001-03-01' - 1, DATE '2001-03-01' - DATE '2001-02-01', DATE '2001-03-01' - '2000-03-01'", "2001-03-01|2001-02-28|28|365"},
	})
}

func TestConditions(t *testing.T) {
	check(t, []each{
		{"1 = 1, 1 <> 1, 1 != 2, 1 < 2, 2 <= 2, 3 > 4, 3 >= 4", "t|f|t|t|t|f|f"},
		{"1 = 1.0, 1.50 = 1.5, 1 < 1.5e0, 2 = '2', '1.5' = 1.5", "t|t|t|t|t"},
		{"'a' < 'b', 'B' < 'a', 'a' = 'a ', 'ä' > 'z'", "t|t|t|t"},
		{"NULL = NULL, NULL <> 1, 1 = NULL::int", "NULL|NULL|NULL"},
		{"true AND NULL, false AND NULL, NULL AND false, NULL AND true, true OR NULL, NULL OR true, NULL OR false", "NULL|f|f|NULL|t|t|NULL"},
		{"NOT NULL::bool, NOT true, NOT 1 = 2", "NULL|f|t"},
		{"NULL IS NULL, 1 IS NOT NULL, 1 ISNULL, 1 NOTNULL, 1 = NULL IS NULL", "t|t|f|t|t"},
		{"true IS TRUE, NULL IS TRUE, NULL IS NOT FALSE, (1 = NULL) IS UNKNOWN", "t|f|t|t"},
		{"NULL IS DISTINCT FROM 1, NULL IS NOT DISTINCT FROM NULL, 1 IS DISTINCT FROM 2", "t|t|t"},
		{"1 IN (1, 2), 3 IN (1, 2), 3 IN (1, NULL), NULL IN (1), 3 NOT IN (1, 2), 1 NOT IN (1, NULL), 2 NOT IN (1, NULL)", "t|f|NULL|NULL|t|f|NULL"},
		{"'a' IN ('a', 'b'), 1.5 IN (1, 1.5), 2 IN ('1', '2')", "t|t|t"},
		{"2 BETWEEN 1 AND 3, 2 NOT BETWEEN 1 AND 3, 0 BETWEEN 1 AND NULL, 2 BETWEEN 1 AND NULL", "t|f|f|NULL"},
		{"'abc' LIKE 'a%', 'abc' LIKE '_b_', 'abc' LIKE 'b', 'abc' NOT LIKE '%d%', 'aXc' ILIKE 'AxC'", "t|t|f|t|t"},
		{`'a_c' LIKE 'a\\_c', 'abc' LIKE 'a\\_c', 'a%' LIKE 'a#%' ESCAPE '#', 'ab' LIKE 'a#%' ESCAPE '#'`, "t|f|t|f"},
		{"'äb' LIKE '_b', 'aaab' LIKE '%ab', 'aab' LIKE '%a%a%b%', '' LIKE '%', NULL LIKE 'a'", "t|t|t|t|NULL"},
		{"'pg_class_backup_1_2' LIKE 'pg_class_backup_%'", "t"},
		{"'xabcx' ~ 'b+c', 'x' !~ 'y', 'ABC' ~* 'b', 'abc' OPERATOR(pg_catalog.~) '^(abc)$'", "t|t|t|t"},
		{"(1, 2) = (1, 2), (1, 2) <> (1, 3), (1, NULL) = (2, 3)", "t|t|f"},
		{"DATE '2001-02-03' = '2001-02-03 00:00:00'::timestamp, timestamp '2001-02-03' < '2001-02-04'", "t|t"},
		{"CASE WHEN false THEN 1 / 0 WHEN NULL THEN 2 ELSE 3 END, CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END, CASE WHEN false THEN 1 END", "3|b|NULL"},
		{"1 = 1 OR 1 / 0 = 1, false AND 1 / 0 = 1", "t|f"},
	})
}

func TestFunctions(t *testing.T) {
	check(t, []each{
		{"coalesce(NULL, 2, 3), coalesce(NULL, NULL), nvl(NULL, 'x'), nvl2(NULL, 1, 2), nvl2(0, 1, 2), nullif(1, 1), nullif(1, 2)", "2|NULL|x|2|1|NULL|1"},
		{"greatest(1, 3, 2), least(1.5, NULL, 2), decode(NULL, 1, 'a', NULL, 'b', 'c'), decode(3, 1, 'a', 'z'), decode(3, 1, 'a')", "3|1.5|b|z|NULL"},
		{"lower('ÄB'), upper('äb'), length('aäb '), len('ab'), octet_length('ä'), length('🦦')", "äb|ÄB|4|2|2|1"},
		{"trim('  a b '), btrim('xxaxx', 'x'), ltrim('  a '), rtrim(' a  '), trim(both 'x' from 'xax'), trim(leading from ' a')", "a b|a|a | a|a|a"},
		{"substring('abcde', 2, 3), substring('abc' from 2), substring('abc' from 0 for 2), substr('aäb', 2, 1), substring('abc', -1, 3)", "bcd|bc|a|ä|a"},
		{"left('abc', 2), right('abc', 2), left('abc', -1), replace('aXbX', 'X', '-'), repeat('ab', 3), reverse('abc')", "ab|bc|ab|a-b-|ababab|cba"},
		{"position('b' in 'abc'), strpos('abc', 'c'), charindex('b', 'äb'), strpos('abc', 'x'), split_part('a,b,c', ',', 2)", "2|3|2|0|b"},
		{"lpad('7', 3, '0'), rpad('ab', 4, 'xy'), lpad('abc', 2), initcap('ada LOVE'), chr(65), ascii('A')", "007|abxy|ab|Ada Love|A|65"},
		{"'a' || 'b' || 1, 'a' || NULL, concat('a', 'b'), md5('abc'), 'x' || 1.50", "ab1|NULL|ab|900150983cd24fb0d6963f7d28e17f72|x1.50"},
		{"quote_ident('a b'), quote_ident('abc'), quote_ident('select'), quote_literal('it''s')", `"a b"|abc|"select"|'it''s'`},
		{"regexp_replace('a12b3', '[0-9]+', '#'), regexp_replace('a1', '[0-9]')", "a#b#|a"},
		{"abs(-1), abs(-1.50), abs('-2'), sign(-2.5), mod(7, 3), power(2, 3), sqrt(16)", "1|1.50|2|-1.0|1|8|4"},
		{"floor(-1.5), ceil(-1.5), ceiling(1.2), floor(2.5e0), round(2.5), round(-2.5), round(1.255, 2), round(1250, -2), trunc(-1.59, 1), trunc(1.9)", "-2|-1|2|2|3.0|-3.0|1.260|1300|-1.50|1.0"},
		{"sign(-5), sign(0e0), abs(-3e0), trunc(-1.75e0), round(-1.5e0), round('2.4'), ceil(5), trunc(1234, -2), round(1.5, -1), trunc(-19.99, -1)", "-1|0|3|-1|-2|2|5|1200|0.0|-10.00"},
		{"repeat('a', 0), repeat('', 5), right('abc', -1), ascii(''), split_part('abc', '', 1), split_part('a,b', ',', 9), octet_length('ab'::varbyte)", "||bc|0|abc||2"},
		{"left('abc', '2'), lpad('a', -1), rpad('a', 3, ''), replace('a', '', 'x'), substring('abc', '2')", "ab||a|a|bc"},
		{"listagg(id::varchar, '-') WITHIN GROUP (ORDER BY id) FROM orders", "1-2-3-4"},
		{"any_value(1), count(*) FROM empty", "NULL|0"},
		{"json_parse('{\"a\": [1, null]}'), json_serialize(json_parse('[1,2]')), is_valid_json('{')", `{"a":[1,null]}|[1,2]|f`},
		{"from_hex('00ff'), to_hex(from_hex('00ff')), 'abc'::varbyte(2)", "00ff|00ff|6162"},
		{"'t'::regclass, 5::regclass", "100|5"},
	})
}

func TestTimes(t *testing.T) {
	check(t, []each{
		{"dateadd(month, 1, '2001-01-31'::timestamp), dateadd(day, -1, DATE '2001-03-01'), dateadd('hour', 25, '2001-01-01 00:00:00')", "2001-02-28 00:00:00|2001-02-28 00:00:00|2001-01-02 01:00:00"},
		{"dateadd(second, -3, getdate()), dateadd(ms, 1, getdate()), dateadd(us, -1, getdate()), dateadd(year, 1, DATE '2004-02-29')", "2001-02-03 04:05:03|2001-02-03 04:05:06.001|2001-02-03 04:05:05.999999|2005-02-28 00:00:00"},
		{"datediff(day, '2001-01-01'::date, '2001-02-01'::date), datediff(month, DATE '2001-01-31', DATE '2001-02-01'), datediff(hour, '2001-01-01 00:59:59', '2001-01-01 01:00:00')", "31|1|1"},
		{"datediff(week, DATE '2001-02-03', DATE '2001-02-04'), datediff(year, DATE '2001-12-31', DATE '2002-01-01'), datediff(s, '2001-01-01', '2000-12-31')", "1|1|-86400"},
		{"extract(year from getdate()), date_part('month', getdate()), date_part(dow, getdate()), extract(epoch from timestamp '1970-01-02'), date_part(w, DATE '2001-01-08')", "2001|2|6|86400|2"},
		{"date_trunc('month', getdate()), date_trunc('hour', getdate()), date_trunc('week', getdate()), trunc(getdate()), date_trunc('quarter', DATE '2001-05-06')", "2001-02-01 00:00:00|2001-02-03 04:00:00|2001-01-29 00:00:00|2001-02-03|2001-04-01 00:00:00"},
		{"extract(quarter from getdate()), date_part(hour, getdate()), date_part(minute, getdate()), date_part(s, getdate()), date_part(ms, timestamp '2001-02-03 00:00:00.25'), date_part(us, timestamp '2001-02-03 00:00:00.25'), date_part(doy, getdate()), date_part(day, getdate())", "1|4|5|6|250|250000|34|3"},
		{"datediff(quarter, DATE '1969-12-31', DATE '2001-01-01'), datediff(minute, '1969-12-31 23:59:30', '1970-01-01'), date_trunc('minute', getdate()), date_trunc('year', '2001-02-03'), date('2001-02-03')", "125|1|2001-02-03 04:05:00|2001-01-01 00:00:00|2001-02-03"},
		{"'2001-02-03 04:05:06+02' AT TIME ZONE 'UTC', getdate()::time, '04:05:06'::time < '05:00', timestamp '2001-02-03 24:00:00'", "2001-02-03 02:05:06|04:05:06|t|2001-02-04 00:00:00"},
		{"getdate()::timestamptz AT TIME ZONE 'UTC', getdate() AT TIME ZONE 'utc', getdate()::date", "2001-02-03 04:05:06|2001-02-03 04:05:06+00|2001-02-03"},
	})
}

func TestArguments(t *testing.T) {
	for _, test := range []struct {
		sql  string
		args []string
		want string
	}{
		{"SELECT $1::int8, $1::varchar, $2", []string{"5", "NULL"}, "5|5|NULL"},
		{"SELECT 10-$1::int4, $1::int4+$2::int4*$1::int4", []string{"-1", "4"}, "11|-5"},
		{"SELECT coalesce($1::varchar, $2::varchar), $2 || '!'", []string{"NULL", "b"}, "b|b!"},
		{"SELECT $1::numeric(38,5), $2::timestamptz", []string{"-123456789012345678901234567890.12345", "2001-02-03 06:05:06.000007+02"}, "-123456789012345678901234567890.12345|2001-02-03 04:05:06.000007+00"},
		{"SELECT id FROM orders WHERE id = $2 AND note = $1", []string{"first", "1"}, "1"},
		{"SELECT row_count, byte_count, file_count FROM load_log WHERE load_id = $1 AND target = $2", []string{"l2", "sales.orders"}, "6|110|2"},
		{"SELECT coalesce(max(generation), 0) FROM load_log WHERE target = $1", []string{"sales.orders"}, "2"},
		{"SELECT id FROM orders WHERE total > $1 AND placed < $2", []string{"10", "2001-03-01"}, "1"},
		{"SELECT from_hex($1), id FROM orders WHERE id IN ($2, $3) LIMIT 1", []string{"00ff27", "9", "2"}, "00ff27|2"},
		{`SELECT '$1 :p1' AS "$2", $1::varchar AS b, ':a' || $2::varchar AS c -- $3`, []string{"x'; SELECT 'y", `\' OR 1=1 --`}, `$1 :p1|x'; SELECT 'y|:a\' OR 1=1 --`},
	} {
		got, err := run(shop, test.sql, test.args...)
		if err != nil {
			t.Errorf("%s: %v", test.sql, err)
		} else if len(got) != 1 || got[0] != test.want {
			t.Errorf("%s: got %q, want %q", test.sql, got, test.want)
		}
	}
}

func TestExpr(t *testing.T) {
	tokens := sqltext.Code("n + $1 > -1 AND t.name LIKE 'a%', 2) rest")
	e, n, err := query.ParseExpr(tokens, nil)
	if err != nil || n != 12 || tokens[n].Text != "," {
		t.Fatalf("ParseExpr took %d tokens, %v", n, err)
	}
	arg := "3"
	columns := []fakeredshift.Column{{Name: "n", Type: intType}, {Name: "name", Type: nameType}}
	bound, err := e.Bind(shop, &query.Source{Schema: "s", Name: "t", Columns: columns}, []*string{&arg})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		n, name query.Value
		want    bool
	}{{int64(1), "abc", true}, {int64(-4), "abc", false}, {int64(1), "x", false}, {nil, "abc", false}} {
		if got, err := bound.Test([]query.Value{test.n, test.name}); got != test.want || err != nil {
			t.Errorf("%v, %v: got %t, %v", test.n, test.name, got, err)
		}
	}
	if _, err := shopExpr(t, "1 + 1").Test(nil); refused(t, err) != "42804 argument of WHERE must be type boolean, not type integer" {
		t.Errorf("a number as a condition: %v", err)
	}
}

// shopExpr binds an expression without a row.
func shopExpr(t *testing.T, sql string) *query.Bound {
	t.Helper()
	e, _, err := query.ParseExpr(sqltext.Code(sql), nil)
	if err != nil {
		t.Fatal(err)
	}
	bound, err := e.Bind(shop, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return bound
}

func TestAssign(t *testing.T) {
	for _, test := range []struct{ sql, to, want string }{
		{"'5'", "int", "5"},
		{"5", "varchar(3)", "5"},
		{"1.5", "int", "2"},
		{"40000", "smallint", "22003 smallint out of range"},
		{"'x'", "int", `22P02 invalid input syntax for integer: "x"`},
		{"'äöü'", "varchar(6)", "äöü"},
		{"'äöü'", "varchar(5)", "22001 value too long for type character varying(5)"},
		{"'ab   '", "varchar(3)", "ab "},
		{"'ab'", "char(4)", "ab  "},
		{"'abcde'", "char(4)", "22001 value too long for type character(4)"},
		{"'ä'", "char(4)", "22001 Multibyte character not supported for CHAR"},
		{"12345", "decimal(4,1)", "22003 numeric field overflow"},
		{"1.25", "decimal(4,1)", "1.3"},
		{"'2001-02-03'", "date", "2001-02-03"},
		{"'2001-02-03'", "timestamptz", "2001-02-03 00:00:00+00"},
		{"getdate()", "date", "2001-02-03"},
		{"true", "int", `42804 column "c" is of type integer but expression is of type boolean`},
		{"'a'::varchar(3)", "int", `42804 column "c" is of type integer but expression is of type character varying`},
		{"'a'::character varying", "date", `22007 invalid input syntax for type date: "a"`},
		{"'a\"b'", "super", `"a\"b"`},
		{"json_parse('{\"a\":1}')", "super", `{"a":1}`},
		{"NULL", "date", "NULL"},
		{"'abc'", "varbyte(2)", "22001 value too long for type binary varying(2)"},
		{"'abc'", "varbyte(3)", "616263"},
		{"1", "bool", `42804 column "c" is of type boolean but expression is of type integer`},
		{"'yes'", "bool", "t"},
		{"'04:05:06.5'", "time", "04:05:06.5"},
	} {
		column := fakeredshift.Column{Name: "c", Type: typ(test.to)}
		v, err := shopExpr(t, test.sql).Assign(nil, column)
		got := "NULL"
		if err != nil {
			got = refused(t, err)
		} else if v != nil {
			got = string(query.Text(v, column.Type))
		}
		if got != test.want {
			t.Errorf("%s into %s: got %q, want %q", test.sql, test.to, got, test.want)
		}
	}
}
