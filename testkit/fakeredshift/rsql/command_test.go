package rsql_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

func TestCommands(t *testing.T) {
	text := "it's \\ here"
	table := rsql.Name{Schema: "s", Name: "t"}
	key := rsql.Key{Name: "k", Columns: []string{"a", "b"}}
	tests := []struct {
		sql  string
		want rsql.Statement
		tag  string
	}{
		{"drop table if exists s.t, u cascade", &rsql.DropTable{Tables: []rsql.Name{table, {Name: "u"}}, IfExists: true, Cascade: true}, "DROP TABLE"},
		{"drop schema a restrict", &rsql.DropSchema{Names: []string{"a"}}, "DROP SCHEMA"},
		{"create schema if not exists a authorization b quota 5 gb", &rsql.CreateSchema{Name: "a", IfNotExists: true, Owner: "b"}, "CREATE SCHEMA"},
		{"create schema authorization b", &rsql.CreateSchema{Name: "b", Owner: "b"}, "CREATE SCHEMA"},
		{`comment on table s.t is 'it''s \\ here'`, &rsql.CommentOn{Kind: rsql.OnTable, Table: table, Text: &text}, "COMMENT"},
		{"comment on column s.t.c is null", &rsql.CommentOn{Kind: rsql.OnColumn, Table: table, Part: "c"}, "COMMENT"},
		{"comment on constraint k on s.t is null", &rsql.CommentOn{Kind: rsql.OnConstraint, Table: table, Part: "k"}, "COMMENT"},
		{"comment on schema s is null", &rsql.CommentOn{Kind: rsql.OnSchema, Table: rsql.Name{Name: "s"}}, "COMMENT"},
		{"truncate table s.t", &rsql.Truncate{Table: table}, "TRUNCATE TABLE"},
		{"lock table s.t, u;", &rsql.Lock{Tables: []rsql.Name{table, {Name: "u"}}}, "LOCK TABLE"},
		{"begin work isolation level serializable, read only", &rsql.Begin{ReadOnly: true}, "BEGIN"},
		{"start transaction read write", &rsql.Begin{Start: true}, "START TRANSACTION"},
		{"end transaction", &rsql.Commit{}, "COMMIT"},
		{"abort", &rsql.Rollback{}, "ROLLBACK"},
		{`set search_path to "$user", Sales, 'x'`, &rsql.Set{Name: "search_path", Values: []string{"$user", "sales", "x"}}, "SET"},
		{"set local statement_timeout = 60000", &rsql.Set{Name: "statement_timeout", Values: []string{"60000"}, Local: true}, "SET"},
		{"set session time zone 'UTC'", &rsql.Set{Name: "timezone", Values: []string{"UTC"}}, "SET"},
		{"set query_group to default", &rsql.Set{Name: "query_group", Default: true}, "SET"},
		{"set session authorization 'bob'", &rsql.Set{Name: "session_authorization", Values: []string{"bob"}}, "SET"},
		{"set session characteristics as transaction read only", &rsql.Set{Name: "transaction_read_only", Values: []string{"on"}, Local: true}, "SET"},
		{"reset all", &rsql.Reset{Name: "all"}, "RESET"},
		{"show Search_Path", &rsql.Show{Name: "search_path"}, "SHOW"},
		{"grant select on all tables in schema s to group g", &rsql.Grant{}, "GRANT"},
		{"revoke all on t from public", &rsql.Grant{Revoke: true}, "REVOKE"},
		{"vacuum full s.t to 99 percent boost", &rsql.Vacuum{Table: &table}, "VACUUM"},
		{"vacuum delete only", &rsql.Vacuum{}, "VACUUM"},
		{"analyze s.t (a, b) predicate columns", &rsql.Analyze{Table: &table}, "ANALYZE"},
		{"analyze compression s.t comprows 100000", &rsql.Analyze{Table: &table, Compression: true}, "ANALYZE"},

		{"alter table s.t add constraint k primary key (a, b)", alter(rsql.AddPrimary{Key: key}), "ALTER TABLE"},
		{"alter table s.t add constraint k unique (a, b)", alter(rsql.AddUnique{Key: key}), "ALTER TABLE"},
		{
			"alter table s.t add foreign key (a) references u",
			alter(rsql.AddForeign{Key: rsql.ForeignKey{Columns: []string{"a"}, Table: rsql.Name{Name: "u"}}}), "ALTER TABLE",
		},
		{"alter table s.t drop constraint k cascade", alter(rsql.DropConstraint{Name: "k", Cascade: true}), "ALTER TABLE"},
		{"alter table s.t rename to u", alter(rsql.RenameTable{To: "u"}), "ALTER TABLE"},
		{"alter table s.t rename column a to b", alter(rsql.RenameColumn{From: "a", To: "b"}), "ALTER TABLE"},
		{
			"alter table s.t add column a int default 0 encode raw not null",
			alter(rsql.AddColumn{Column: rsql.Column{Name: "a", Type: typeOf(t, "int"), Default: "0", Encoding: "raw", NotNull: true}}), "ALTER TABLE",
		},
		{"alter table s.t drop a", alter(rsql.DropColumn{Name: "a"}), "ALTER TABLE"},
		{"alter table s.t alter column a type varchar(9)", alter(rsql.AlterType{Column: "a", Type: typeOf(t, "varchar(9)")}), "ALTER TABLE"},
		{
			"alter table s.t alter column a encode zstd, alter column b encode lzo",
			alter(rsql.AlterEncode{Encodings: []rsql.ColumnEncoding{{Column: "a", Encoding: "zstd"}, {Column: "b", Encoding: "lzo"}}}), "ALTER TABLE",
		},
		{
			"alter table s.t alter diststyle key distkey a, alter compound sortkey (b)",
			alter(rsql.AlterLayout{Layout: rsql.Layout{Dist: rsql.DistKey, DistKey: "a", Sort: rsql.Compound, SortKey: []string{"b"}}}), "ALTER TABLE",
		},
		{"alter table s.t alter sortkey none", alter(rsql.AlterLayout{NoSort: true}), "ALTER TABLE"},
		{"alter table s.t alter encode auto", alter(rsql.AlterLayout{Layout: rsql.Layout{EncodeAuto: true}}), "ALTER TABLE"},
		{"alter table s.t owner to bob", alter(rsql.OwnerTo{User: "bob"}), "ALTER TABLE"},
		{"alter table s.t append from u ignoreextra", alter(rsql.Append{From: rsql.Name{Name: "u"}, IgnoreExtra: true}), "ALTER TABLE"},
	}
	for _, test := range tests {
		t.Run(test.sql, func(t *testing.T) {
			got, err := rsql.Parse(test.sql, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.Tag() != test.tag {
				t.Errorf("tag %q, want %q", got.Tag(), test.tag)
			}
		})
	}
}

func alter(action rsql.AlterAction) *rsql.AlterTable {
	return &rsql.AlterTable{Table: rsql.Name{Schema: "s", Name: "t"}, Action: action}
}

func TestCommandRefusals(t *testing.T) {
	testRefusals(t, []refusal{
		{"append with both", "alter table t append from u ignoreextra filltarget", "42601", `"filltarget"`},
		{"another type than VARCHAR", "alter table t alter column a type int", "0A000", "VARCHAR"},
		{"a column NOT NULL without default", "alter table t add column a int not null", "23502", "NOT NULL"},
		{"an identity column added", "alter table t add column a int generated by default as identity(1,1)", "0A000", "identity"},
		{"a key on an added column", "alter table t add column a int unique", "0A000", "key"},
		{"a comment that is no text", "comment on table t is 5", "42601", `"5"`},
		{"a comment on an index", "comment on index i is null", "42601", `"index"`},
		{"a column without its table", "comment on column c is null", "42601", "qualified"},
		{"an isolation level that is none", "begin isolation level high", "42601", `"high"`},
		{"two values", "set query_group to a, b", "22023", "only one argument"},
		{"words behind the end", "truncate t cascade", "42601", `"cascade"`},
	})
}
