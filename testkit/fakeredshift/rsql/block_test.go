package rsql_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

func TestCheckBlock(t *testing.T) {
	tests := []struct {
		sql     string
		refused string // empty: it may run
	}{
		{"vacuum t", "VACUUM cannot run"},
		{"alter table t append from u", "ALTER TABLE APPEND cannot run"},
		{"alter table t alter column a type varchar(9)", "ALTER COLUMN TYPE cannot run"},
		{"create database d", "CREATE DATABASE cannot run"},
		{"drop database d", "DROP DATABASE cannot run"},
		{"create external table s.t (a int)", "CREATE EXTERNAL TABLE cannot run"},
		{"alter table t add primary key (a)", ""},
		{"truncate t", ""},
		{"copy t from 's3://bucket-b/p' iam_role default", ""},
		{"select 1", ""},
	}
	for _, test := range tests {
		t.Run(test.sql, func(t *testing.T) {
			err := rsql.CheckBlock(parse[rsql.Statement](t, test.sql, nil))
			var refused *fakeredshift.Error
			if errors.As(err, &refused) != (test.refused != "") {
				t.Fatalf("got %v", err)
			}
			if refused != nil && (refused.SQLState != "25001" || !strings.Contains(refused.Message, test.refused)) {
				t.Errorf("got %s %s", refused.SQLState, refused.Message)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for name, sql := range map[string]string{
		"CreateTable": "create table t (" + columns(100) + ") distkey(c1) sortkey(c2, c3)",
		"Copy":        "copy s.t (a, b, c) from 's3://bucket-b/run/manifest' iam_role default format as parquet manifest",
		"Select":      `select count(*) from "s"."t" join u on t.a = u.a where b in (select c from v)`,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := rsql.Parse(sql, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
