package query_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
)

func TestCasts(t *testing.T) {
	for _, test := range []each{
		{"'12'::int::varchar(1)::int + 1", "2"},
		{"CAST('aäb' AS varchar(2))", "a"},
		{"'aäb'::varchar(3)", "aä"},
		{"convert(int, '7')", "7"},
		{"' 5 '::int", "5"},
		{"'1.5'::int", `22P02 invalid input syntax for integer: "1.5"`},
		{"''::int", `22P02 invalid input syntax for integer: ""`},
		{"'99999999999'::int", `22003 value "99999999999" is out of range for type integer`},
		{"99999999999::int", "22003 integer out of range"},
		{"2.5::int", "3"},
		{"-2.5::int", "-3"},
		{"2.5::float8::int", "2"},
		{"1e30::bigint", "22003 bigint out of range"},
		{"12.34::numeric(10,3)", "12.340"},
		{"1.5::numeric", "2"},
		{"'1e3'::numeric(6,1)", "1000.0"},
		{"'x'::numeric(6,1)", `22P02 invalid input syntax for type numeric: "x"`},
		{"1000::numeric(3,0)", "22003 numeric field overflow"},
		{"12345678901234567890123456789012345678::numeric(38,0)", "12345678901234567890123456789012345678"},
		{"0.1::float8::numeric(5,2)", "0.10"},
		{"'NaN'::float8", "NaN"},
		{"'-Infinity'::float8", "-Infinity"},
		{"'1e999'::float8", `22003 "1e999" is out of range for type double precision`},
		{"'0x10'::float8", `22P02 invalid input syntax for type double precision: "0x10"`},
		{"1e300::float4", "22003 real out of range"},
		{"'t'::bool", "t"},
		{"'of'::bool", "f"},
		{"'maybe'::bool", `22P02 invalid input syntax for type boolean: "maybe"`},
		{"1::bool", "t"},
		{"true::int", "1"},
		{"true::varchar", "42846 cannot cast type boolean to character varying"},
		{"'2001-02-30'::date", `22008 date/time field value out of range: "2001-02-30"`},
		{"'2001-02-30x'::date", `22007 invalid input syntax for type date: "2001-02-30x"`},
		{"'02/03/2001'::date", "2001-02-03"},
		{"'20010203'::date", "2001-02-03"},
		{"'2001-02-03T04:05:06.1234567Z'::timestamp", "2001-02-03 04:05:06.123457"},
		{"'2001-02-03 04:05'::timestamp", "2001-02-03 04:05:00"},
		{"'2001-02-03 04:05:06+02'::timestamp", "2001-02-03 04:05:06"},
		{"'2001-02-03 04:05:06-0530'::timestamptz", "2001-02-03 09:35:06+00"},
		{"'0044-03-15 BC'::date", "0044-03-15 BC"},
		{"'2001-02-03 25:00:00'::timestamp", `22008 date/time field value out of range: "2001-02-03 25:00:00"`},
		{"'2001-02-03 04:05:06'::timestamp::date::varchar(4)", "2001"},
		{"'1969-12-31 23:59:59'::timestamp", "1969-12-31 23:59:59"},
		{"'04:05:06'::time", "04:05:06"},
		{"'25:00'::time", `22008 date/time field value out of range: "25:00"`},
		{"'04:05:06+02'::timetz", "04:05:06+02"},
		{"'abc'::char(5)", "abc  "},
		{"'abc'::char(2)", "ab"},
		{"'abc'::varbyte(3)", "616263"},
		{"5::date", "42846 cannot cast type integer to date"},
		{"DATE '2001-02-03'::int", "42846 cannot cast type date to integer"},
		{"5::oid", "5"},
		{"(-5)::oid", "22003 oid out of range"},
		{"'x'::nonsense", `42704 type "nonsense" does not exist`},
		{"NULL::date", "NULL"},
	} {
		rows, err := run(shop, "SELECT "+test.sql)
		got := ""
		if err != nil {
			got = refused(t, err)
		} else {
			got = rows[0]
		}
		if got != test.want {
			t.Errorf("SELECT %s: got %q, want %q", test.sql, got, test.want)
		}
	}
}

func TestColumns(t *testing.T) {
	for _, test := range []struct{ sql, want string }{
		{"SELECT id, O.note AS \"Label\", total, placed FROM orders o", "id int4 -1, label varchar 44, total numeric 655366, placed date -1"},
		{"SELECT count(*), sum(quantity), sum(size), avg(quantity), max(sku), sum(weight) FROM sales.lines", "count int8 -1, sum int8 -1, sum int8 -1, avg int8 -1, max varchar 14, sum float8 -1"},
		{"SELECT sum(total), avg(total) FROM orders", "sum numeric 2490374, avg numeric 2490374"},
		{"SELECT 1, 'a', NULL, 'a'::varchar(7), 1.5, 1e0, true", "?column? int4 -1, ?column? varchar -1, ?column? varchar -1, ?column? varchar 11, ?column? numeric 131077, ?column? float8 -1, ?column? bool -1"},
		{"SELECT coalesce(code, 'x'), upper(name), trim(code), name || 'x', 1 = 1, CASE WHEN true THEN name ELSE 'b' END FROM customers", "coalesce bpchar 9, upper varchar 24, btrim varchar 9, ?column? varchar -1, ?column? bool -1, case varchar 24"},
		{"SELECT 1::smallint + 1::smallint, 1::smallint + 1, 1 + 1::bigint, 1 + 1.5, 1 + 1e0, 1.5::numeric(8,2) * 1.5::numeric(8,2)", "?column? int2 -1, ?column? int4 -1, ?column? int8 -1, ?column? numeric 786437, ?column? float8 -1, ?column? numeric 1114120"},
		{"SELECT q.* FROM (SELECT name AS inner_name FROM customers) q", "inner_name varchar 24"},
		{"SELECT getdate(), current_user, getdate()::date AS d, keys[1], keys FROM arrays", "getdate timestamp -1, current_user varchar 132, d date -1, keys int2 -1, keys _int2 -1"},
		{"SELECT name FROM customers UNION SELECT sku FROM sales.lines", "name varchar 24"},
		{"VALUES (1, 'a')", "column1 int4 -1, column2 varchar -1"},
	} {
		q, err := query.Parse(test.sql, nil)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := q.Columns(shop, nil)
		if err != nil {
			t.Errorf("%s: %v", test.sql, err)
		}
		if got := described(columns); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.sql, got, test.want)
		}
	}
}

func TestNumeric(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"0", "0"},
		{"-0.50", "-0.50"},
		{"+1.", "1"},
		{".5", "0.5"},
		{"1e3", "1000"},
		{"1.25E-2", "0.0125"},
		{"007", "7"},
		{"", ""},
		{"-", ""},
		{".", ""},
		{"1e", ""},
		{"1e9999", ""},
		{"--1", ""},
		{"1 2", ""},
		{"0x1", ""},
		{"1.2.3", ""},
	} {
		n, ok := query.ParseNumeric(test.text)
		if got := n.String(); ok != (test.want != "") || ok && got != test.want {
			t.Errorf("ParseNumeric(%q) = %s, %t, want %q", test.text, got, ok, test.want)
		}
	}
	n := query.NewNumeric(big.NewInt(-12345), 2)
	for scale, want := range []string{"-123", "-123.5", "-123.45", "-123.450"} {
		if got := n.Round(scale).String(); got != want {
			t.Errorf("Round(%d) = %s, want %s", scale, got, want)
		}
	}
	var zero query.Numeric
	if zero.String() != "0" || zero.Cmp(query.NewNumeric(new(big.Int), 3)) != 0 || n.Cmp(zero) >= 0 || n.Scale() != 2 || n.Unscaled().Int64() != -12345 {
		t.Error("zero is not 0")
	}
}

func TestText(t *testing.T) {
	for _, test := range []struct {
		v    query.Value
		t    string
		want string
	}{
		{true, "bool", "t"},
		{int64(-5), "bigint", "-5"},
		{0.1, "float8", "0.1"},
		{float64(float32(0.1)), "float4", "0.1"},
		{1e15, "float8", "1e+15"},
		{123456789.0, "float8", "123456789"},
		{math.NaN(), "float8", "NaN"},
		{1e-5, "float8", "1e-05"},
		{"ab", "char(4)", "ab  "},
		{"ab", "varchar(4)", "ab"},
		{"\x00\xff", "varbyte(4)", "00ff"},
		{`{"a":1}`, "super", `{"a":1}`},
		{at("2001-02-03 04:05:06.500"), "timestamp", "2001-02-03 04:05:06.5"},
		{at("2001-02-03"), "date", "2001-02-03"},
		{[]query.Value{int64(1), nil, "a b", `"`, ""}, "_int2", `{1,NULL,"a b","\"",""}`},
	} {
		if got := string(query.Text(test.v, typ(test.t))); got != test.want {
			t.Errorf("Text(%v, %s) = %q, want %q", test.v, test.t, got, test.want)
		}
	}
	if query.Text(nil, intType) != nil {
		t.Error("NULL has a text")
	}
}

func described(columns []fakeredshift.Column) string {
	text := ""
	for i, c := range columns {
		if i > 0 {
			text += ", "
		}
		text += c.Name + " " + c.Type.Name + " " + string(query.Text(int64(c.Type.Modifier), intType))
	}
	return text
}
