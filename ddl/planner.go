package ddl

import (
	"cmp"
	"errors"
	"slices"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/toposort"
)

// Plan implements [Cloner]. Its error joins a [*NameError] for each table that
// cannot have its name and a [*MissingError] for each foreign key that leads
// out of the catalog.
func (*Redshift) Plan(c *Catalog, opts *PlanOptions) (*Plan, error) {
	if opts == nil {
		opts = new(PlanOptions)
	}
	var errs []error
	for _, t := range c.Tables {
		errs = append(errs, t.check())
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	names, err := newRewriter(c, *opts)
	if err != nil {
		return nil, err
	}
	p := new(Plan)
	for _, t := range c.Tables {
		target, err := names.table(t)
		errs = append(errs, err)
		p.Tables = append(p.Tables, Mapping{Source: t.Name, Target: target})
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for _, s := range c.Schemas {
		if s.Comment != "" {
			p.Notes = append(p.Notes, Note{Schema: s.Name, Text: "its comment is left out: Redshift documents no COMMENT ON SCHEMA"})
		}
	}
	slices.SortFunc(p.Tables, func(a, b Mapping) int { return a.Source.Compare(b.Source) })
	p.addSteps()
	p.Notes = append(p.Notes, names.notes...)
	slices.SortStableFunc(p.Notes, func(a, b Note) int {
		return cmp.Or(a.about().Compare(b.about()), cmp.Compare(a.Text, b.Text))
	})
	return p, nil
}

// addSteps makes the steps of p.Tables: schemas, tables, foreign keys, comments.
func (p *Plan) addSteps() {
	tables := p.ordered()
	schemas := make(map[string]int) // the position of the step that makes it
	for _, name := range p.schemas() {
		schemas[name] = p.add(Step{Kind: CreateSchema, Name: "schema " + redferry.Quote(name), Schema: name, SQL: createSchema(name)})
	}
	made := make(map[redferry.Table]int)
	for _, m := range tables {
		t := m.Target
		made[t.Name] = p.add(Step{
			Kind: CreateTable, Name: "table " + t.Name.String(), Source: m.Source, Target: t.Name,
			SQL: createTable(t), Needs: []int{schemas[t.Name.Schema]},
		})
	}
	for _, m := range tables {
		p.addForeignKeys(m, made)
	}
	for _, m := range tables {
		p.addComments(m, made[m.Target.Name])
	}
}

func (p *Plan) addForeignKeys(m Mapping, made map[redferry.Table]int) {
	t := m.Target
	for _, f := range t.Foreign {
		needs := []int{made[t.Name], made[f.RefTable]}
		slices.Sort(needs)
		p.add(Step{
			Kind: AddForeignKey, Name: "foreign key " + redferry.Quote(f.Name) + " of table " + t.Name.String(),
			Source: m.Source, Target: t.Name,
			SQL: addForeignKey(t.Name, f), Needs: slices.Compact(needs), ForeignKey: &f,
		})
	}
}

func (p *Plan) addComments(m Mapping, made int) {
	table := m.Target.Name
	add := func(object string, c Comment) {
		if c.Text == "" {
			return
		}
		p.add(Step{
			Kind: SetComment, Name: "comment on " + object, Source: m.Source, Target: table,
			SQL: setComment(table, c), Needs: []int{made}, Comment: &c,
		})
	}
	add("table "+table.String(), Comment{Text: m.Target.Comment})
	for _, c := range m.Target.Columns {
		add("column "+table.String()+"."+redferry.Quote(c.Name), Comment{Column: c.Name, Text: c.Comment})
	}
}

func (p *Plan) add(s Step) (position int) {
	p.Steps = append(p.Steps, s)
	return len(p.Steps) - 1
}

func (p *Plan) schemas() []string {
	var names []string
	for _, m := range p.Tables {
		names = append(names, m.Target.Name.Schema)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ordered returns the tables of p, referenced before referencing.
func (p *Plan) ordered() []Mapping {
	byName := make(map[redferry.Table]Mapping, len(p.Tables))
	targets := make([]Table, len(p.Tables))
	for i, m := range p.Tables {
		targets[i] = m.Target
		byName[m.Target.Name] = m
	}
	var ordered []Mapping
	for _, name := range referencedFirst(targets) {
		ordered = append(ordered, byName[name])
	}
	return ordered
}

// referencedFirst orders tables so that each follows those that it refers to;
// among free ones the smallest name goes first. A cycle is cut before its
// smallest table.
func referencedFirst(tables []Table) []redferry.Table {
	names := make([]redferry.Table, len(tables))
	refers := make(map[redferry.Table][]redferry.Table, len(tables))
	for i, t := range tables {
		names[i] = t.Name
		for _, f := range t.Foreign {
			if f.RefTable != t.Name {
				refers[t.Name] = append(refers[t.Name], f.RefTable)
			}
		}
	}
	for {
		order, cycle := toposort.Sort(names, func(t redferry.Table) []redferry.Table { return refers[t] }, redferry.Table.Compare)
		if cycle == nil {
			return order
		}
		refers[cycle[0]] = slices.DeleteFunc(refers[cycle[0]], func(t redferry.Table) bool { return t == cycle[1] })
	}
}
