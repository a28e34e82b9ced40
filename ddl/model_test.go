package ddl_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/exectest"
	"github.com/redferry/redferry/internal/sqltext"
)

// A model is a warehouse that is nothing but a catalog. It answers the queries
// of Inspect from it and changes it when it is given the statements of a plan.
// It keeps the rules by which an order of statements can be wrong.
type model struct {
	mu       sync.Mutex // guards what follows
	schemas  map[string]string
	tables   map[redferry.Table]ddl.Table
	views    []redferry.Table
	steps    map[string]ddl.Step    // of the plans that it knows, by their SQL
	targets  map[string]ddl.Table   // of the tables that those make
	fault    map[string]error       // by the beginning of the SQL or the label
	lost     map[string]bool        // statements that take effect, but whose outcome is lost
	hold     func(s exec.Statement) // called while a statement runs
	executor *exectest.Executor
}

func newModel(tables ...ddl.Table) *model {
	m := &model{
		schemas: make(map[string]string),
		tables:  make(map[redferry.Table]ddl.Table),
		steps:   make(map[string]ddl.Step),
		targets: make(map[string]ddl.Table),
		fault:   make(map[string]error),
		lost:    make(map[string]bool),
	}
	m.put(tables...)
	m.executor = exectest.New(m.answer)
	return m
}

// put makes tables as they are, replacing what is there.
func (m *model) put(tables ...ddl.Table) {
	for _, t := range tables {
		m.schemas[t.Name.Schema] = ""
		m.tables[t.Name] = t
	}
}

// knows lets the model understand the statements of p.
func (m *model) knows(p *ddl.Plan) {
	for _, s := range p.Steps {
		m.steps[s.SQL] = s
		if s.Kind == ddl.CreateTable {
			mapping, _ := p.Mapping(s.Source)
			m.targets[s.SQL] = bare(mapping.Target)
		}
	}
}

// bare is what CREATE TABLE makes of t.
func bare(t ddl.Table) ddl.Table {
	t.Foreign, t.Comment = nil, ""
	t.Columns = slices.Clone(t.Columns)
	for i := range t.Columns {
		t.Columns[i].Comment = ""
	}
	return t
}

func (m *model) answer(_ context.Context, s exec.Statement) (*exectest.Answer, error) {
	if m.hold != nil {
		m.hold(s)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for prefix, err := range m.fault {
		if strings.HasPrefix(s.SQL, prefix) || strings.HasPrefix(s.Label, prefix) {
			return nil, err
		}
	}
	if strings.HasPrefix(strings.TrimSpace(s.SQL), "SELECT") {
		return m.query(s)
	}
	if err := m.change(s.SQL); err != nil {
		return nil, err
	}
	if m.lost[s.SQL] {
		return nil, &exec.Error{Op: "exec", Label: s.Label, Err: exec.ErrOutcomeUnknown}
	}
	return nil, nil
}

// change runs a statement that changes the catalog.
func (m *model) change(sql string) error {
	step, ok := m.steps[sql]
	if !ok {
		return m.remove(sql)
	}
	t, exists := m.tables[step.Target]
	switch {
	case step.Kind == ddl.CreateSchema:
		m.schemas[step.Schema] = ""
		return nil
	case step.Kind == ddl.CreateTable && exists:
		return &exec.Error{Op: "exec", SQLState: "42P07", Err: errors.New("it exists already")}
	case step.Kind == ddl.CreateTable:
		m.tables[step.Target] = m.targets[sql]
		return nil
	case !exists:
		return &exec.Error{Op: "exec", SQLState: "42P01", Err: fmt.Errorf("there is no table %s", step.Target)}
	case step.Kind == ddl.AddForeignKey:
		if _, ok := m.tables[step.ForeignKey.RefTable]; !ok {
			return &exec.Error{Op: "exec", SQLState: "42P01", Err: fmt.Errorf("there is no table %s", step.ForeignKey.RefTable)}
		}
		t.Foreign = append(slices.Clone(t.Foreign), *step.ForeignKey)
		slices.SortFunc(t.Foreign, func(a, b ddl.ForeignKey) int { return strings.Compare(a.Name, b.Name) })
	case step.Comment.Column == "":
		t.Comment = step.Comment.Text
	default:
		i := slices.IndexFunc(t.Columns, func(c ddl.Column) bool { return c.Name == step.Comment.Column })
		t.Columns = slices.Clone(t.Columns)
		t.Columns[i].Comment = step.Comment.Text
	}
	m.tables[step.Target] = t
	return nil
}

// remove runs DROP TABLE and ALTER TABLE ... DROP CONSTRAINT.
func (m *model) remove(sql string) error {
	code := sqltext.Code(sql)
	name := tableAt(code, 2)
	t, ok := m.tables[name]
	if !ok {
		return &exec.Error{Op: "exec", SQLState: "42P01", Err: fmt.Errorf("there is no table %s", name)}
	}
	if code[0].Is("alter") {
		constraint, _ := code[len(code)-1].Identifier(true)
		t.Foreign = slices.DeleteFunc(slices.Clone(t.Foreign), func(f ddl.ForeignKey) bool { return f.Name == constraint })
		m.tables[name] = t
		return nil
	}
	for _, other := range m.tables {
		for _, f := range other.Foreign {
			if f.RefTable == name && other.Name != name {
				return &exec.Error{Op: "exec", SQLState: "2BP01", Err: fmt.Errorf("%s refers to %s", other.Name, name)}
			}
		}
	}
	delete(m.tables, name)
	return nil
}

func tableAt(code []sqltext.Token, i int) redferry.Table {
	schema, _ := code[i].Identifier(true)
	name, _ := code[i+2].Identifier(true)
	return redferry.Table{Schema: schema, Name: name}
}

// sorted returns the tables by name; a table's number is its place, from 100.
func (m *model) sorted() []ddl.Table {
	var tables []ddl.Table
	for _, t := range m.tables {
		tables = append(tables, t)
	}
	slices.SortFunc(tables, func(a, b ddl.Table) int { return a.Name.Compare(b.Name) })
	return tables
}

// catalog returns what is there, as Inspect should see it.
func (m *model) catalog() *ddl.Catalog {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &ddl.Catalog{Tables: m.sorted()}
	for _, t := range c.Tables {
		if !slices.ContainsFunc(c.Schemas, func(s ddl.Schema) bool { return s.Name == t.Name.Schema }) {
			c.Schemas = append(c.Schemas, ddl.Schema{Name: t.Name.Schema, Comment: m.schemas[t.Name.Schema]})
		}
	}
	return c
}
