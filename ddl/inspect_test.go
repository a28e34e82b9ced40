package ddl_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/tools/txtar"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
)

// everything returns the catalog of testdata that has every attribute.
func everything(t *testing.T) *ddl.Catalog {
	t.Helper()
	data, err := os.ReadFile("testdata/attributes.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var c ddl.Catalog
	unmarshal(t, part(txtar.Parse(data), "catalog.json"), &c)
	return &c
}

func TestInspectReadsEveryAttribute(t *testing.T) {
	t.Parallel()
	want := everything(t)
	m := newModel(want.Tables...)
	m.schemas["s"] = want.Schemas[0].Comment
	for name, table := range m.tables { // the catalog names every constraint
		for i := range table.Unique {
			if table.Unique[i].Name == "" {
				table.Unique[i].Name = "unnamed"
			}
		}
		if len(table.Unknown) > 0 { // an empty table
			table.Unknown = []ddl.Property{ddl.PropertyEncodeAuto}
			if len(table.Sort.Columns) == 0 {
				table.Unknown = append(table.Unknown, ddl.PropertySortAuto)
			}
		}
		m.tables[name] = table
	}
	got, err := ddl.New(nil).Inspect(t.Context(), m.executor, ddl.Selector{Schemas: []string{"s"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.catalog(), got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("catalog (-want +got):\n%s", diff)
	}
	if n := len(m.executor.Statements()); n > 7 {
		t.Errorf("%d queries for one catalog, want at most 7", n)
	}
	if n := m.executor.Open(); n > 0 {
		t.Errorf("%d rows or sessions are open", n)
	}
}

func TestInspectQueriesStandAlone(t *testing.T) {
	t.Parallel()
	m := newModel(prescriptions()...)
	if _, err := ddl.New(nil).Inspect(t.Context(), m.executor, ddl.Selector{}); err != nil {
		t.Fatal(err)
	}
	for _, s := range m.executor.Statements() {
		leader := strings.Contains(s.SQL, "pg_")
		compute := strings.Contains(s.SQL, "svv_")
		if leader == compute {
			t.Errorf("query %q reads both the leader's catalog and a view of the compute nodes, or neither:\n%s", s.Label, s.SQL)
		}
		if !s.Idempotent || s.Expect == 0 || strings.Contains(s.SQL, ";") {
			t.Errorf("query %q: idempotent %v, expect %v:\n%s", s.Label, s.Idempotent, s.Expect, s.SQL)
		}
	}
}

func TestInspectSelects(t *testing.T) {
	t.Parallel()
	tables := prescriptions()
	other := ddl.Table{Name: redferry.Table{Schema: "o'dd", Name: "Audit"}, Columns: tables[0].Columns, Dist: tables[0].Dist}
	doctor, fact := tables[0].Name, tables[2].Name
	for _, tt := range []struct {
		name     string
		selector ddl.Selector
		want     string // the names, or
		missing  string // what the error names
	}{
		{name: "all", want: "dim_doctor dim_hospital fact_prescription Audit"},
		{name: "schema", selector: ddl.Selector{Schemas: []string{"med"}}, want: "dim_doctor dim_hospital fact_prescription"},
		{name: "table", selector: ddl.Selector{Tables: []redferry.Table{fact, doctor}}, want: "dim_doctor fact_prescription"},
		{name: "schema and table", selector: ddl.Selector{Schemas: []string{"o'dd"}, Tables: []redferry.Table{fact}}, want: "fact_prescription Audit"},
		{name: "exclude", selector: ddl.Selector{Exclude: []string{"med.dim_*", "*.Aud*t"}}, want: "fact_prescription"},
		{name: "unknown schema", selector: ddl.Selector{Schemas: []string{"med", "Med"}}, missing: `schema "Med"`},
		{name: "system schema", selector: ddl.Selector{Schemas: []string{"pg_catalog"}}, missing: `schema "pg_catalog"`},
		{name: "unknown table", selector: ddl.Selector{Tables: []redferry.Table{fact, {Schema: "med", Name: "FACT"}}}, missing: `table "med"."FACT"`},
		{name: "exclude without a match", selector: ddl.Selector{Schemas: []string{"med"}, Exclude: []string{"o'dd.*"}}, missing: `exclude "o'dd.*"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newModel(append(prescriptions(), other)...)
			c, err := ddl.New(nil).Inspect(t.Context(), m.executor, tt.selector)
			if tt.missing != "" {
				if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), tt.missing) {
					t.Fatalf("error %v, want one that names %s", err, tt.missing)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, table := range c.Tables {
				names = append(names, table.Name.Name)
			}
			if diff := cmp.Diff(tt.want, strings.Join(names, " ")); diff != "" {
				t.Errorf("tables (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInspectListsWhatIsNoTable(t *testing.T) {
	t.Parallel()
	m := newModel(append(prescriptions(), ddl.Table{
		Name: redferry.Table{Schema: "med", Name: "mv_tbl__daily__0"}, Columns: prescriptions()[0].Columns, Dist: ddl.Dist{Style: ddl.DistEven},
	})...)
	m.views = []redferry.Table{{Schema: "med", Name: "daily"}}
	c, err := ddl.New(nil).Inspect(t.Context(), m.executor, ddl.Selector{})
	if err != nil {
		t.Fatal(err)
	}
	want := []ddl.Relation{
		{Name: redferry.Table{Schema: "med", Name: "daily"}, Kind: "view"},
		{Name: redferry.Table{Schema: "med", Name: "mv_tbl__daily__0"}, Kind: "table of a materialized view"},
	}
	if diff := cmp.Diff(want, c.Ignored); diff != "" {
		t.Errorf("ignored (-want +got):\n%s", diff)
	}
	if len(c.Tables) != 3 {
		t.Errorf("%d tables, want 3", len(c.Tables))
	}
	_, err = ddl.New(nil).Inspect(t.Context(), m.executor, ddl.Selector{Tables: m.views})
	if err == nil || !strings.Contains(err.Error(), `"med"."daily" is a view`) {
		t.Errorf("a view chosen as a table: %v", err)
	}
}

func TestInspectSaysWhatItMayNotRead(t *testing.T) {
	t.Parallel()
	m := newModel(prescriptions()...)
	denied := &exec.Error{Op: "query", SQLState: "42501", Err: errors.New("permission denied")}
	m.fault["ddl: backup settings"] = denied
	m.fault["ddl: table settings"] = denied
	c, err := ddl.New(nil).Inspect(t.Context(), m.executor, ddl.Selector{})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range c.Tables {
		want := []ddl.Property{ddl.PropertyBackup, ddl.PropertyEncodeAuto, ddl.PropertySortAuto}
		if diff := cmp.Diff(want, table.Unknown); diff != "" {
			t.Errorf("%s unknown (-want +got):\n%s", table.Name, diff)
		}
	}
}

func TestInspectFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, query string
		err         error
		want        string
	}{
		{name: "refused", query: "ddl: columns", err: &exec.Error{Op: "query", SQLState: "42501", Err: errors.New("permission denied")}, want: "ddl: inspect: reading columns: "},
		{name: "lost on an optional query", query: "ddl: backup settings", err: &exec.Error{Op: "query", Err: exec.ErrOutcomeUnknown}, want: "ddl: inspect: reading backup settings: "},
		{name: "never started", query: "ddl: table settings", err: &exec.Error{Op: "query", Err: exec.ErrNotStarted}, want: "ddl: inspect: reading table settings: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newModel(prescriptions()...)
			m.fault[tt.query] = tt.err
			c, err := ddl.New(nil).Inspect(t.Context(), m.executor, ddl.Selector{})
			if c != nil || !errors.Is(err, tt.err) || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("%v, %v; want no catalog and %q", c, err, tt.want)
			}
		})
	}
	t.Run("context", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		m := newModel(prescriptions()...)
		m.hold = func(s exec.Statement) {
			if s.Label == "ddl: columns" {
				cancel()
			}
		}
		if _, err := ddl.New(nil).Inspect(ctx, m.executor, ddl.Selector{}); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want one that wraps context.Canceled", err)
		}
	})
}
