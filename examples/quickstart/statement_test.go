package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
)

// ran is a statement that went well in session 1.
func ran(sql string) fakeredshift.Query {
	return fakeredshift.Query{PID: 1, SQL: sql, Status: fakeredshift.QuerySuccess}
}

const (
	unloadX = `/* unload */ UNLOAD ('SELECT "a", "from" FROM "s"."x"') TO 's3://bucket-a/stage/run/x/1/' IAM_ROLE 'r' FORMAT AS PARQUET`
	copyX   = `COPY "s"."x" ("a", "from") FROM 's3://bucket-b/stage/run/x/1.manifest' IAM_ROLE 'r' FORMAT AS PARQUET MANIFEST`
)

var x = redferry.Table{Schema: "s", Name: "x"}

func TestStatements(t *testing.T) {
	failed := func(q fakeredshift.Query) fakeredshift.Query {
		q.Status = fakeredshift.QueryFailed
		return q
	}
	other := func(q fakeredshift.Query) fakeredshift.Query {
		q.PID = 2
		return q
	}
	load := statement{verb: "COPY", table: x}
	loaded := statement{verb: "COPY", table: x, done: true}
	for _, tt := range []struct {
		name    string
		history []fakeredshift.Query
		want    []statement
	}{
		{"none of them", []fakeredshift.Query{ran("SELECT 1"), ran(""), ran("CREATE SCHEMA s"), ran("UNLOAD ('SELECT 1') TO 's3://b/k/'")}, nil},
		{"an UNLOAD", []fakeredshift.Query{ran(unloadX)}, []statement{
			{verb: "UNLOAD", table: x, to: redferry.MustParseURI("s3://bucket-a/stage/run/x/1/"), done: true},
		}},
		{"a CREATE TABLE", []fakeredshift.Query{ran(`create table "s"."x" (a int)`), ran(`CREATE TABLE IF NOT EXISTS s.x (a int)`)}, []statement{
			{verb: "CREATE TABLE", table: x, done: true}, {verb: "CREATE TABLE", table: x, done: true},
		}},
		{"a COPY by itself", []fakeredshift.Query{ran(copyX)}, []statement{loaded}},
		{"a COPY that failed", []fakeredshift.Query{failed(ran(copyX))}, []statement{load}},
		{"a COPY that is committed", []fakeredshift.Query{ran("BEGIN"), ran(copyX), ran("COMMIT")}, []statement{loaded}},
		{"a COPY that is rolled back", []fakeredshift.Query{ran("BEGIN"), ran(copyX), ran("ROLLBACK")}, []statement{load}},
		{"a commit that failed", []fakeredshift.Query{ran("BEGIN"), ran(copyX), failed(ran("COMMIT"))}, []statement{load}},
		{"nobody commits", []fakeredshift.Query{ran("BEGIN"), ran(copyX)}, []statement{load}},
		{"another session commits", []fakeredshift.Query{ran("BEGIN"), ran(copyX), other(ran("BEGIN")), other(ran("COMMIT"))}, []statement{load}},
		{"the second time", []fakeredshift.Query{ran("BEGIN"), ran(copyX), ran("ROLLBACK"), ran("BEGIN"), ran(copyX), ran("COMMIT")}, []statement{load, loaded}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, statements(tt.history), cmp.AllowUnexported(statement{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestOwner(t *testing.T) {
	stageA, stageB := redferry.MustParseURI("s3://bucket-a/stage/"), redferry.MustParseURI("s3://bucket-b/other/")
	list := moved(prefixes([]fakeredshift.Query{ran(unloadX)}), stageA, stageB)
	for key, want := range map[string]bool{
		"other/run/x/1/0000_part_00.parquet": true,
		"other/run/x/1.manifest":             true,
		"other/run/x/1":                      false,
		"other/run/x/12/0000_part_00":        false,
		"stage/run/x/1/0000_part_00.parquet": false,
	} {
		table, ok := owner(list, key)
		if ok != want || ok && table != x {
			t.Errorf("%s: got %v, %t", key, table, ok)
		}
	}
}
