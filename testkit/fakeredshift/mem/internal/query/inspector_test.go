package query_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/exectest"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
)

// catalogOf is a catalog of so many tables of ten columns in the schema sales,
// each with a primary key and all but the first with a foreign key, beside forty
// tables of the system.
func catalogOf(tables int) world {
	w := world{
		"pg_namespace":   table("oid oid; nspname varchar(128)", "11|pg_catalog", "2200|sales"),
		"pg_description": table("objoid oid; classoid oid; objsubid int; description varchar(4000)", "2200|2615|0|all sales", "101|1259|0|the first", "101|1259|2|its name"),
		"pg_class":       table("oid oid; relname varchar(128); relnamespace oid; relkind varchar(1); reldiststyle smallint"),
		"pg_attribute": table("attrelid oid; attnum smallint; attname varchar(128); atttypid oid; atttypmod int; attnotnull bool; attencodingtype smallint; " +
			"attisdistkey bool; attsortkeyord int; attisdropped bool"),
		"pg_attrdef":     table("adrelid oid; adnum smallint; adsrc varchar(4000)", "101|2|'x'::character varying"),
		"pg_constraint":  table("oid oid; conname varchar(128); contype varchar(1); conrelid oid; confrelid oid; conkey _int2; confkey _int2"),
		"pg_conf":        table("key varchar(200)", "pg_class_backup_100_102", "other"),
		"pg_database":    table("oid oid; datname varchar(128)", "100|dev"),
		"svv_table_info": table(`table_id oid; schema varchar(128); sortkey1 varchar(128); encoded varchar(30)`, "101|sales|id|Y"),
	}
	add := func(name, row string) {
		head := w[name]
		head.Rows = append(head.Rows, rowOf(head, row))
	}
	for i := range tables + 40 {
		oid, schema := 100+i, 2200
		if i >= tables {
			oid, schema = 1000+i, 11
		}
		add("pg_class", fmt.Sprintf("%d|t%02d|%d|r|0", oid, i, schema))
		for n := 1; n <= 10; n++ {
			add("pg_attribute", fmt.Sprintf("%d|%d|c%d|23|-1|%t|12|%t|%d|f", oid, n, n, n == 1, false, 0))
		}
		if schema == 2200 {
			add("pg_constraint", fmt.Sprintf("%d|t%02d_pkey|p|%d|0|{1,3}|NULL", 5000+i, i, oid))
		}
		if schema == 2200 && i > 0 {
			add("pg_constraint", fmt.Sprintf("%d|t%02d_fkey|f|%d|100|{4,5}|{1,3}", 6000+i, i, oid))
		}
	}
	return w
}

// answers makes an Executor of a world.
func (w world) answers(_ context.Context, s exec.Statement) (*exectest.Answer, error) {
	q, err := query.Parse(s.SQL, nil)
	if err != nil {
		return nil, err
	}
	r, err := q.Run(w, nil)
	if err != nil {
		return nil, err
	}
	head := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		head[i] = fmt.Sprintf("c%d %s", i, c.Type.Name)
	}
	rows := make([][]exec.Value, len(r.Rows))
	for i, row := range r.Rows {
		rows[i] = append([]exec.Value(nil), row...)
	}
	return exectest.Table(head, rows...), nil
}

func TestInspector(t *testing.T) {
	w := catalogOf(3)
	w["pg_attribute"].Rows[3][9] = true // a column that was dropped
	c, err := ddl.New(nil).Inspect(t.Context(), exectest.New(w.answers), ddl.Selector{Schemas: []string{"sales"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Tables) != 3 || len(c.Schemas) != 1 || c.Schemas[0].Comment != "all sales" {
		t.Fatalf("got %d tables and schemas %+v", len(c.Tables), c.Schemas)
	}
	first, second := c.Tables[0], c.Tables[1]
	if len(first.Columns) != 9 || first.Columns[0].Type != "type 23 -1" || !first.Columns[0].NotNull {
		t.Errorf("columns %+v", first.Columns)
	}
	if second.Comment != "the first" || second.Columns[1].Comment != "its name" || second.Columns[1].Default != "'x'::character varying" {
		t.Errorf("table %+v", second)
	}
	if !c.Tables[2].NoBackup || second.NoBackup {
		t.Error("BACKUP NO is at the wrong table")
	}
	keys := fmt.Sprint(second.Primary.Columns, second.Foreign[0].Columns, second.Foreign[0].RefTable, second.Foreign[0].RefColumns)
	if want := "[c1 c3] [c4 c5] " + (redferry.Table{Schema: "sales", Name: "t00"}).String() + " [c1 c3]"; keys != want {
		t.Errorf("keys %s, want %s", keys, want)
	}
}

// The inspector's seven queries, parsed and run, over ten tables.
func BenchmarkInspector(b *testing.B) {
	w := catalogOf(10)
	executor := exectest.New(w.answers)
	if _, err := ddl.New(nil).Inspect(b.Context(), executor, ddl.Selector{Schemas: []string{"sales"}}); err != nil {
		b.Fatal(err)
	}
	statements := executor.Statements()
	b.ReportAllocs()
	for b.Loop() {
		for _, s := range statements {
			if _, err := answer(w, s.SQL, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// A small query, as the ledger of a load sends it.
func BenchmarkSmall(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := answer(shop, "SELECT coalesce(max(generation), 0) FROM load_log WHERE target = $1", []string{"sales.orders"}); err != nil {
			b.Fatal(err)
		}
	}
}
