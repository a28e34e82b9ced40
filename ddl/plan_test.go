package ddl_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/ddl"
)

func TestPlanIsDeterministic(t *testing.T) {
	t.Parallel()
	c := newModel(append(prescriptions(), everything(t).Tables...)...).catalog()
	want, err := ddl.New(nil).Plan(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	shuffle := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		shuffle.Shuffle(len(c.Tables), func(i, j int) { c.Tables[i], c.Tables[j] = c.Tables[j], c.Tables[i] })
		got, err := ddl.New(nil).Plan(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("a shuffled catalog gives another plan (-want +got):\n%s", diff)
		}
	}
}

func TestPlanLeavesTheCatalogAlone(t *testing.T) {
	t.Parallel()
	c := newModel(prescriptions()...).catalog()
	before := newModel(prescriptions()...).catalog()
	opts := &ddl.PlanOptions{Prefix: "X_", Schemas: map[string]string{"med": "M"}, EncodeAuto: true}
	if _, err := ddl.New(nil).Plan(c, opts); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, c); diff != "" {
		t.Errorf("catalog (-before +after):\n%s", diff)
	}
}

func TestPlanTarget(t *testing.T) {
	t.Parallel()
	doctor := prescriptions()[0].Name
	for _, tt := range []struct {
		name string
		opts *ddl.PlanOptions
		want redferry.Table
	}{
		{"same", nil, doctor},
		{"schema", &ddl.PlanOptions{Schemas: map[string]string{"med": "health"}}, redferry.Table{Schema: "health", Name: "dim_doctor"}},
		{"prefix and suffix", &ddl.PlanOptions{Prefix: "a_", Suffix: "_z"}, redferry.Table{Schema: "med", Name: "a_dim_doctor_z"}},
		{"the function wins", &ddl.PlanOptions{
			Prefix: "a_", Schemas: map[string]string{"gone": "x"},
			Rename: func(t redferry.Table) redferry.Table {
				return redferry.Table{Schema: "flat", Name: t.Schema + "_" + t.Name}
			},
		}, redferry.Table{Schema: "flat", Name: "med_dim_doctor"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := ddl.New(nil).Plan(newModel(prescriptions()...).catalog(), tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := p.Target(doctor); got != tt.want || !ok {
				t.Errorf("Target(%s) = %s, %v; want %s", doctor, got, ok, tt.want)
			}
			if got, ok := p.Target(redferry.Table{Schema: "med", Name: "gone"}); ok {
				t.Errorf("Target of an unknown table = %s", got)
			}
		})
	}
}

func TestPlanErrors(t *testing.T) {
	t.Parallel()
	c := newModel(prescriptions()...).catalog()
	_, err := ddl.New(nil).Plan(c, &ddl.PlanOptions{Prefix: strings.Repeat("x", 120)})
	var name *ddl.NameError
	if !errors.As(err, &name) || !errors.Is(err, redferry.ErrIdentifier) || name.Source != c.Tables[0].Name {
		t.Errorf("a long prefix: %v, want a NameError that wraps ErrIdentifier", err)
	}
	c.Tables = slices.DeleteFunc(c.Tables, func(t ddl.Table) bool { return t.Name.Name == "dim_hospital" })
	_, err = ddl.New(nil).Plan(c, nil)
	var missing *ddl.MissingError
	want := &ddl.MissingError{Table: prescriptions()[0].Name, ForeignKey: "doctor_hospital", Needs: prescriptions()[1].Name}
	if !errors.As(err, &missing) {
		t.Fatalf("a missing table: %v, want a MissingError", err)
	}
	if diff := cmp.Diff(want, missing); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

func TestCatalogAndPlanAsJSON(t *testing.T) {
	t.Parallel()
	c := newModel(append(prescriptions(), everything(t).Tables...)...).catalog()
	p, err := ddl.New(nil).Plan(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	var c2 ddl.Catalog
	var p2 ddl.Plan
	throughJSON(t, c, &c2)
	throughJSON(t, p, &p2)
	if diff := cmp.Diff(c, &c2); diff != "" {
		t.Errorf("catalog (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(p, &p2); diff != "" {
		t.Errorf("plan (-before +after):\n%s", diff)
	}
}

func throughJSON(t *testing.T, from, to any) {
	t.Helper()
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(from); err != nil {
		t.Fatal(err)
	}
	unmarshal(t, b.Bytes(), to)
}

func BenchmarkPlan(b *testing.B) {
	var c ddl.Catalog
	for i := range 1000 {
		for _, t := range prescriptions() {
			schema := "med" + string(rune('a'+i%26)) + strings.Repeat("x", i/26)
			t.Name.Schema = schema
			t.Foreign = slices.Clone(t.Foreign)
			for j := range t.Foreign {
				t.Foreign[j].RefTable.Schema = schema
			}
			c.Tables = append(c.Tables, t)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ddl.New(nil).Plan(&c, nil); err != nil {
			b.Fatal(err)
		}
	}
}
