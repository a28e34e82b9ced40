package ddl_test

import (
	"errors"
	"fmt"
	"slices"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/exectest"
)

// database is the number of the model's database in its pg_conf.
const database = 7

// query answers the queries of Inspect, by their labels, in the form of the
// system catalog.
func (m *model) query(s exec.Statement) (*exectest.Answer, error) {
	var rows [][]exec.Value
	width := 0
	emit := func(values ...exec.Value) {
		width = len(values)
		rows = append(rows, values)
	}
	switch s.Label {
	case "ddl: schemas":
		emit("pg_catalog", "")
		emit("information_schema", "")
		for name, comment := range m.schemas {
			emit(name, comment)
		}
	case "ddl: relations":
		m.relations(emit)
	case "ddl: columns":
		m.columns(emit)
	case "ddl: constraints":
		m.constraints(emit)
	case "ddl: comments":
		m.comments(emit)
	case "ddl: backup settings":
		emit("pg_class_backup_8_100", int64(database)) // of another database
		for i, t := range m.sorted() {
			if t.NoBackup {
				emit(fmt.Sprintf("pg_class_backup_%d_%d", database, 100+i), int64(database))
			}
		}
	case "ddl: table settings":
		m.settings(emit)
	default:
		return nil, errors.New("no such query")
	}
	columns := make([]string, width)
	for i := range columns {
		columns[i] = fmt.Sprintf("c%d", i)
	}
	return exectest.Table(columns, rows...), nil
}

func (m *model) relations(emit func(...exec.Value)) {
	styles := map[ddl.DistStyle]int64{ddl.DistEven: 0, ddl.DistKey: 1, ddl.DistAll: 8, ddl.DistAuto: 9}
	for i, t := range m.sorted() {
		emit(int64(100+i), t.Name.Schema, t.Name.Name, "r", styles[t.Dist.Style])
		emit(int64(5000+i), t.Name.Schema, t.Name.Name+"_index", "i", int64(0))
	}
	for i, v := range m.views {
		emit(int64(900+i), v.Schema, v.Name, "v", int64(0))
	}
}

// columns numbers columns 2, 4, 6, as if every other one had been dropped.
func (m *model) columns(emit func(...exec.Value)) {
	for i, t := range m.sorted() {
		for at, c := range t.Columns {
			position := slices.Index(t.Sort.Columns, c.Name) + 1
			if t.Sort.Interleaved && position%2 == 0 {
				position = -position
			}
			emit(int64(100+i), int64(2*at+2), c.Name, c.Type, c.NotNull, defaultText(i, c), encodingText(c), c.Name == t.Dist.Key, int64(position))
		}
	}
}

func defaultText(table int, c ddl.Column) string {
	if c.Identity == nil {
		return c.Default
	}
	function := `"identity"`
	if c.Identity.ByDefault {
		function = "default_identity"
	}
	return fmt.Sprintf("%s(%d, 0, ('%d,%d'::character varying)::text)", function, 100+table, c.Identity.Seed, c.Identity.Step)
}

func encodingText(c ddl.Column) string {
	if c.Encoding == "raw" {
		return "none"
	}
	return c.Encoding
}

func (m *model) constraints(emit func(...exec.Value)) {
	number := int64(1000)
	add := func(table int, kind string, f ddl.ForeignKey) {
		number++
		for i, c := range f.Columns {
			ref := ""
			if kind == "f" {
				ref = f.RefColumns[i]
			}
			emit(int64(100+table), number, f.Name, kind, c, f.RefTable.Schema, f.RefTable.Name, ref, false)
		}
	}
	for i, t := range m.sorted() {
		for _, f := range slices.Backward(t.Foreign) {
			add(i, "f", f)
		}
		for _, k := range slices.Backward(t.Unique) {
			add(i, "u", ddl.ForeignKey{Name: k.Name, Columns: k.Columns})
		}
		if t.Primary != nil {
			add(i, "p", ddl.ForeignKey{Name: t.Primary.Name, Columns: t.Primary.Columns})
		}
	}
}

func (m *model) comments(emit func(...exec.Value)) {
	for i, t := range m.sorted() {
		if t.Comment != "" {
			emit(int64(100+i), int64(0), t.Comment)
		}
		for at, c := range t.Columns {
			if c.Comment != "" {
				emit(int64(100+i), int64(2*at+2), c.Comment)
			}
		}
	}
}

// settings leaves out tables that have something unknown, as SVV_TABLE_INFO
// leaves out empty ones.
func (m *model) settings(emit func(...exec.Value)) {
	for i, t := range m.sorted() {
		if len(t.Unknown) > 0 {
			continue
		}
		sort, encoded := "", "Y"
		if t.Sort.Auto {
			sort = "AUTO(SORTKEY)"
		}
		if t.EncodeAuto {
			encoded = "Y, AUTO(ENCODE)"
		}
		emit(int64(100+i), sort, encoded)
	}
}

// The tables of the story: a prescription refers to a doctor, a doctor works in
// a hospital.
func prescriptions() []ddl.Table {
	id := ddl.Column{Name: "id", Type: "integer", NotNull: true, Encoding: "az64"}
	name := func(n string) redferry.Table { return redferry.Table{Schema: "med", Name: n} }
	primary := func(n string) *ddl.Key { return &ddl.Key{Name: n + "_pkey", Columns: []string{"id"}} }
	refers := func(from, to string) ([]ddl.Column, []ddl.ForeignKey) {
		column := ddl.Column{Name: to + "_id", Type: "integer", Encoding: "az64", Comment: "refers to " + to}
		return []ddl.Column{id, column}, []ddl.ForeignKey{{
			Name: from + "_" + to, Columns: []string{column.Name}, RefTable: name("dim_" + to), RefColumns: []string{"id"},
		}}
	}
	hospital := ddl.Table{Name: name("dim_hospital"), Columns: []ddl.Column{id}, Dist: ddl.Dist{Style: ddl.DistAll}, Primary: primary("dim_hospital")}
	doctor := ddl.Table{Name: name("dim_doctor"), Dist: ddl.Dist{Style: ddl.DistAll}, Primary: primary("dim_doctor"), Comment: "who prescribes"}
	doctor.Columns, doctor.Foreign = refers("doctor", "hospital")
	fact := ddl.Table{Name: name("fact_prescription"), Dist: ddl.Dist{Style: ddl.DistKey, Key: "id"}, Sort: ddl.Sort{Columns: []string{"id"}}}
	fact.Columns, fact.Foreign = refers("prescription", "doctor")
	return []ddl.Table{doctor, hospital, fact}
}
