package ddltest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
)

// wantCopy clones the schemas and checks that the target's catalog equals the source's.
func (s *suite) wantCopy(schemas ...string) {
	s.Helper()
	want := s.inspect(s.Source, schemas...)
	s.wantAll(s.apply(s.plan(want, nil), nil), ddl.Created)
	got := s.inspect(s.Target, schemas...)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		s.Errorf("catalog (-source +target):\n%s", diff)
	}
}

func everyAttribute(t *testing.T, s *suite) {
	s.source(attributes()...)
	s.wantCopy(schema)
	types, ok := s.inspect(s.Target, schema).Table(table("types"))
	if !ok || len(types.Columns) != 14 {
		t.Fatalf("table types has %d columns, want 14", len(types.Columns))
	}
	want := ddl.Column{Name: "id", Type: "bigint", NotNull: true, Identity: &ddl.Identity{Seed: 100, Step: 5}, Encoding: "az64"}
	if diff := cmp.Diff(want, types.Columns[0]); diff != "" {
		t.Errorf("column id (-want +got):\n%s", diff)
	}
	if want := (ddl.Sort{Columns: []string{"at", "id"}}); !cmp.Equal(want, types.Sort) {
		t.Errorf("sort key %v, want %v", types.Sort, want)
	}
	everywhere, _ := s.inspect(s.Target, schema).Table(table("everywhere"))
	if want := (ddl.Sort{Interleaved: true, Columns: []string{"b", "id"}}); !cmp.Equal(want, everywhere.Sort) {
		t.Errorf("sort key %v, want %v", everywhere.Sort, want)
	}
	// A text that is escaped once too often or too little shows in a row.
	s.target(`INSERT INTO ddltest.types ("zoned") VALUES ('2001-02-03 04:05:06+00')`)
	rows, err := s.Target.Query(t.Context(), exec.Statement{SQL: `SELECT "text" FROM ddltest.types`})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Scalar[string](rows); text != `a\b'c` || err != nil {
		t.Errorf("the default gives %q, %v; want %q", text, err, `a\b'c`)
	}
}

// autoStaysAuto puts a row into each table: a warehouse tells of the settings of
// tables that have rows.
func autoStaysAuto(t *testing.T, s *suite) {
	const row = `INSERT INTO ddltest.auto VALUES (1, 'one')`
	s.source(`CREATE SCHEMA ddltest`,
		`CREATE TABLE ddltest.auto ("a" integer, "b" character varying(9)) DISTSTYLE AUTO SORTKEY AUTO ENCODE AUTO`, row)
	want, _ := s.inspect(s.Source, schema).Table(table("auto"))
	if want.Dist.Style != ddl.DistAuto || !want.Sort.Auto || !want.EncodeAuto || len(want.Unknown) > 0 {
		t.Fatalf("inspected as %+v, want AUTO in all three", want)
	}
	s.apply(s.plan(s.inspect(s.Source, schema), nil), nil)
	s.target(row)
	got, _ := s.inspect(s.Target, schema).Table(table("auto"))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("table (-source +target):\n%s", diff)
	}
}

func referencedFirst(t *testing.T, s *suite) {
	s.source(prescriptions()...)
	var order []string
	for _, step := range s.plan(s.inspect(s.Source, schema), nil).Steps {
		if step.Kind == ddl.CreateTable {
			order = append(order, step.Target.Name)
		}
	}
	if diff := cmp.Diff([]string{"dim_hospital", "dim_doctor", "fact_prescription"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	s.alphabeticalOrderFails()
	s.wantCopy(schema)
}

// alphabeticalOrderFails runs the story as it went wrong: dim_doctor, the first
// by name, refers to a table that is not there yet.
func (s *suite) alphabeticalOrderFails() {
	s.Helper()
	s.target(`CREATE SCHEMA ddltest`)
	doctor := prescriptions()[2]
	if _, err := s.Target.Exec(s.Context(), exec.Statement{SQL: doctor}); err == nil {
		s.Errorf("the target takes a foreign key to a table that is not there")
	}
	s.target(`DROP SCHEMA ddltest`)
}

func cycles(t *testing.T, s *suite) {
	s.source(`CREATE SCHEMA ddltest`,
		`CREATE TABLE ddltest.egg ("id" integer NOT NULL, "chicken" integer, CONSTRAINT egg_pkey PRIMARY KEY ("id"))`,
		`CREATE TABLE ddltest.chicken ("id" integer NOT NULL, "egg" integer, "mother" integer, CONSTRAINT chicken_pkey PRIMARY KEY ("id"))`,
		`ALTER TABLE ddltest.egg ADD CONSTRAINT egg_chicken FOREIGN KEY ("chicken") REFERENCES ddltest.chicken ("id")`,
		`ALTER TABLE ddltest.chicken ADD CONSTRAINT chicken_egg FOREIGN KEY ("egg") REFERENCES ddltest.egg ("id")`,
		`ALTER TABLE ddltest.chicken ADD CONSTRAINT chicken_mother FOREIGN KEY ("mother") REFERENCES ddltest.chicken ("id")`)
	s.wantCopy(schema)
	chicken, _ := s.inspect(s.Target, schema).Table(table("chicken"))
	if len(chicken.Foreign) != 2 {
		t.Errorf("%d foreign keys, want 2", len(chicken.Foreign))
	}
	s.apply(s.plan(s.inspect(s.Source, schema), nil), &ddl.ApplyOptions{IfExists: ddl.Recreate})
}

func rewritten(t *testing.T, s *suite) {
	s.source(`CREATE SCHEMA ddltest`, `CREATE SCHEMA ddltest_more`,
		`CREATE TABLE ddltest_more.customers ("a" integer NOT NULL, "b" integer NOT NULL, CONSTRAINT customers_pkey PRIMARY KEY ("b", "a"))`,
		`CREATE TABLE ddltest.orders ("x" integer, "y" integer,
			CONSTRAINT orders_customers FOREIGN KEY ("y", "x") REFERENCES ddltest_more.customers ("b", "a"))`,
		`COMMENT ON TABLE ddltest.orders IS 'ddltest_more.customers'`)
	p := s.plan(s.inspect(s.Source, schema, more), &ddl.PlanOptions{
		Schemas: map[string]string{schema: other, more: other}, Prefix: "p_", Suffix: "_s",
	})
	s.wantAll(s.apply(p, nil), ddl.Created)
	orders := redferry.Table{Schema: other, Name: "p_orders_s"}
	if got, ok := p.Target(table("orders")); got != orders || !ok {
		t.Errorf("Target = %s, %v; want %s", got, ok, orders)
	}
	got, _ := s.inspect(s.Target, other).Table(orders)
	want := []ddl.ForeignKey{{
		Name: "orders_customers", Columns: []string{"y", "x"},
		RefTable: redferry.Table{Schema: other, Name: "p_customers_s"}, RefColumns: []string{"b", "a"},
	}}
	if diff := cmp.Diff(want, got.Foreign); diff != "" {
		t.Errorf("foreign keys (-want +got):\n%s", diff)
	}
	if got.Comment != "ddltest_more.customers" {
		t.Errorf("the comment became %q", got.Comment)
	}
}

func listsViews(t *testing.T, s *suite) {
	s.source(`CREATE SCHEMA ddltest`, `CREATE TABLE ddltest.t ("a" integer)`, `CREATE VIEW ddltest.v AS SELECT "a" FROM ddltest.t`)
	c := s.inspect(s.Source, schema)
	if !slices.ContainsFunc(c.Ignored, func(r ddl.Relation) bool { return r.Name == table("v") }) || len(c.Tables) != 1 {
		t.Errorf("tables %v, ignored %v; want the view among the ignored", c.Tables, c.Ignored)
	}
}
