package rsql_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// parse is Parse of a statement that must be good.
func parse[S rsql.Statement](t *testing.T, sql string, opts *rsql.Options) S {
	t.Helper()
	got, err := rsql.Parse(sql, opts)
	if err != nil {
		t.Fatalf("Parse(%s): %v", sql, err)
	}
	s, ok := got.(S)
	if !ok {
		t.Fatalf("Parse(%s) = %T, want %T", sql, got, *new(S))
	}
	return s
}

// A refusal is a statement that Parse must refuse, and how.
type refusal struct {
	name    string
	sql     string
	state   string
	message string // a part of it
}

func testRefusals(t *testing.T, tests []refusal) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := rsql.Parse(test.sql, nil)
			var refused *fakeredshift.Error
			if !errors.As(err, &refused) {
				t.Fatalf("Parse = %T %+v, %v; want an *Error", s, s, err)
			}
			if refused.SQLState != test.state || !strings.Contains(refused.Message, test.message) {
				t.Errorf("Parse: %s %s; want %s and %q", refused.SQLState, refused.Message, test.state, test.message)
			}
		})
	}
}

func TestOther(t *testing.T) {
	tests := []struct {
		name, sql, keyword, tag string
		tables                  []string
	}{
		{
			"a query", `select * from sales.orders o, "Users" join x on x.a = o.a where b in (select 1 from y)`, "SELECT", "SELECT",
			[]string{"sales.orders", "users", "x", "y"},
		},
		{"a common table expression", "with q as (select 1 from a) select * from q", "WITH", "SELECT", []string{"a", "q"}},
		{"an insert with columns", "insert into t (a, b) select a, b from #u", "INSERT", "INSERT", []string{"t", "#u"}},
		{"an update", "update t set a = 1, b = 2 from u where u.x = t.x", "UPDATE", "UPDATE", []string{"t", "u"}},
		{"a delete", "delete from db.s.t using v", "DELETE", "DELETE", []string{"db.s.t", "v"}},
		{"a merge", "merge into t using s on t.a = s.a when matched then delete", "MERGE", "MERGE", []string{"t", "s"}},
		{"a FROM of a function", "select extract(year from d), trim(both ' ' from n) from t", "SELECT", "SELECT", []string{"t"}},
		{"a comparison", "select a is distinct from b from t", "SELECT", "SELECT", []string{"t"}},
		{"a function as a table", "select * from generate_series(1, 2), t", "SELECT", "SELECT", []string{"t"}},
		{"a view", "create or replace view v as select 1 from t", "CREATE VIEW", "CREATE VIEW", []string{"t"}},
		{"a materialized view", "drop materialized view if exists v", "DROP MATERIALIZED VIEW", "DROP MATERIALIZED VIEW", nil},
		{"show tables", "show tables from schema dev.s", "SHOW TABLES", "SHOW TABLES", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := parse[*rsql.Other](t, test.sql, nil)
			var tables []string
			for _, n := range got.Tables {
				tables = append(tables, strings.TrimLeft(n.Database+"."+n.Schema+"."+n.Name, "."))
			}
			if got.Keyword != test.keyword || got.Tag() != test.tag {
				t.Errorf("keyword %q, tag %q; want %q, %q", got.Keyword, got.Tag(), test.keyword, test.tag)
			}
			if test.keyword != "SHOW TABLES" {
				if diff := cmp.Diff(test.tables, tables); diff != "" {
					t.Errorf("tables (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestCaseSensitive(t *testing.T) {
	sql := `drop table "Sales"."Orders", Plain`
	folded := parse[*rsql.DropTable](t, sql, nil)
	kept := parse[*rsql.DropTable](t, sql, &rsql.Options{CaseSensitive: true})
	if diff := cmp.Diff([]rsql.Name{{Schema: "sales", Name: "orders"}, {Name: "plain"}}, folded.Tables); diff != "" {
		t.Errorf("folded (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]rsql.Name{{Schema: "Sales", Name: "Orders"}, {Name: "plain"}}, kept.Tables); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

func TestRefusals(t *testing.T) {
	testRefusals(t, []refusal{
		{"nothing", "", "42601", "end of input"},
		{"no command", "discard all", "42601", `at or near "discard"`},
		{"two statements", "commit; commit", "42601", `at or near ";"`},
		{"savepoints", "savepoint a", "0A000", `SQL command "savepoint a" not supported.`},
		{"release of a savepoint", "release savepoint a", "0A000", "not supported"},
		{"rollback to a savepoint", "rollback to savepoint a", "0A000", "not supported"},
		{"indexes", "create index i on t (a)", "0A000", "not supported"},
		{"unique indexes", "create unique index i on t (a)", "0A000", "not supported"},
		{"triggers", "create trigger x before insert on t execute procedure f()", "0A000", "not supported"},
		{"sequences", "create sequence s", "0A000", "not supported"},
		{"listen", "listen a", "0A000", "not supported"},
		{"returning", "insert into t values (1) returning a", "42601", `at or near "returning"`},
		{"on conflict", "insert into t values (1) on conflict do nothing", "42601", `at or near "on"`},
		{"a literal that is not closed", "select 'it\\'", "42601", "unterminated quoted string"},
		{"an identifier that is not closed", `select "a`, "42601", "unterminated quoted identifier"},
		{"a comment that is not closed", "commit /* ", "42601", "unterminated /* comment"},
		{"an empty identifier", `drop table ""`, "42601", "zero-length"},
		{"a name of 128 bytes", "drop table " + strings.Repeat("a", 128), "42622", "too long"},
		{"a name of 128 bytes in fewer characters", `drop table "` + strings.Repeat("é", 64) + `"`, "42622", "128 bytes"},
		{"a long name in a query", "select " + strings.Repeat("a", 128), "42622", "too long"},
		{"a reserved word as a name", "drop table tag", "42601", `at or near "tag"`},
	})
	parse[*rsql.DropTable](t, `drop table "tag", `+strings.Repeat("a", 127), nil)
}

func FuzzParse(f *testing.F) {
	for _, sql := range []string{
		`create temp table "a""b" (id bigint identity(0,1) encode az64, n numeric(38,37) default (1), primary key (id)) diststyle key distkey(id)`,
		"create table t (like u including defaults, a int references v)", "create table t as select 1",
		`unload ('select ''a\\\\b'' from t') to 's3://bucket/p/' iam_role default format parquet manifest verbose maxfilesize 5.5 mb`,
		`copy t (a, "b") from 's3://bucket/m' iam_role 'arn:aws:iam::123456789012:role/r' format as parquet manifest`,
		"alter table t append from u filltarget", "comment on column s.t.c is 'it''s'", "set search_path to a, \"$user\"",
		"select /* /* */ */ 1 -- x", "begin isolation level serializable, read only", "grant all on t to u", "(", "alter", "create", "#",
		"alter table a alter column b encode zstd, alter column c encode raw", "show tables from schema a", "update \\", "copy t(",
	} {
		f.Add(sql, true)
	}
	f.Fuzz(func(t *testing.T, sql string, keep bool) {
		opts := &rsql.Options{CaseSensitive: keep}
		first, err := rsql.Parse(sql, opts)
		if (first == nil) == (err == nil) {
			t.Fatalf("Parse(%q) = %v, %v", sql, first, err)
		}
		var refused *fakeredshift.Error
		if err != nil && (!errors.As(err, &refused) || len(refused.SQLState) != 5 || refused.Message == "") {
			t.Fatalf("Parse(%q): %#v is no refusal of Redshift's", sql, err)
		}
		if err != nil {
			return
		}
		if first.Tag() == "" {
			t.Fatalf("Parse(%q) has no tag", sql)
		}
		if code := sqltext.Code(sql); code[len(code)-1].Text == ";" {
			return
		}
		again, err := rsql.Parse(" "+sql+"\n;", opts)
		if diff := cmp.Diff(first, again); err != nil || diff != "" {
			t.Fatalf("blanks and a semicolon change %q: %v\n%s", sql, err, diff)
		}
	})
}

func ExampleParse() {
	s, err := rsql.Parse(`COPY sales.orders (id, "Total") FROM 's3://bucket-b/run/manifest'
		IAM_ROLE 'arn:aws:iam::222222222222:role/loader' FORMAT AS PARQUET MANIFEST`, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	load := s.(*rsql.Copy)
	fmt.Println(load.Table.Schema, load.Table.Name, load.Columns, load.From, load.Format)

	_, err = rsql.Parse(`COPY t FROM 's3://bucket-b/' IAM_ROLE default FORMAT PARQUET REGION 'eu-west-1'`, nil)
	fmt.Println(err)
	// Output:
	// sales orders [id total] s3://bucket-b/run/manifest PARQUET
	// ERROR: REGION argument is not supported for PARQUET based COPY
}
