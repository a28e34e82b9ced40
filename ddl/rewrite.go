package ddl

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/redferry/redferry"
)

// A rewriter gives the objects of a catalog their names in the target.
type rewriter struct {
	opts  PlanOptions
	names map[redferry.Table]redferry.Table // from source to target
	notes []Note
}

// newRewriter gives every table its name, and finds all that is wrong with the
// names before anything is made of them.
func newRewriter(c *Catalog, opts PlanOptions) (*rewriter, error) {
	r := &rewriter{opts: opts, names: make(map[redferry.Table]redferry.Table, len(c.Tables))}
	if err := r.checkSchemas(c); err != nil {
		return nil, err
	}
	var errs []error
	taken := make(map[redferry.Table]redferry.Table, len(c.Tables)) // from target to source
	for _, t := range c.Tables {
		target := r.rename(t.Name)
		err := checkName(target)
		if other, ok := taken[r.folded(target)]; ok && err == nil {
			err = fmt.Errorf("table %s has that name already", other)
		}
		if err != nil {
			errs = append(errs, &NameError{Source: t.Name, Target: target, Err: err})
			continue
		}
		taken[r.folded(target)] = t.Name
		r.names[t.Name] = r.foldTable(t.Name, target)
	}
	return r, errors.Join(errs...)
}

func (r *rewriter) checkSchemas(c *Catalog) error {
	if r.opts.Rename != nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(r.opts.Schemas)) {
		if !slices.ContainsFunc(c.Tables, func(t Table) bool { return t.Name.Schema == name }) {
			return fmt.Errorf("ddl: plan: schema %s is mapped to %s, but no table of it is in the catalog",
				redferry.Quote(name), redferry.Quote(r.opts.Schemas[name]))
		}
	}
	return nil
}

func (r *rewriter) rename(t redferry.Table) redferry.Table {
	if r.opts.Rename != nil {
		return r.opts.Rename(t)
	}
	if schema, ok := r.opts.Schemas[t.Schema]; ok {
		t.Schema = schema
	}
	t.Name = r.opts.Prefix + t.Name + r.opts.Suffix
	return t
}

func checkName(t redferry.Table) error {
	if strings.HasPrefix(t.Name, "#") {
		return errors.New("a name that begins with # makes a temporary table")
	}
	return t.Check()
}

// fold returns the name that the target makes of name.
func (r *rewriter) fold(name string) string {
	if r.opts.CaseSensitive {
		return name
	}
	return redferry.Fold(name)
}

func (r *rewriter) folded(t redferry.Table) redferry.Table {
	return redferry.Table{Schema: r.fold(t.Schema), Name: r.fold(t.Name)}
}

func (r *rewriter) foldTable(source, target redferry.Table) redferry.Table {
	folded := r.folded(target)
	if folded != target {
		r.note(source, "its name %s becomes %s: the target does not tell upper from lower case", target, folded)
	}
	return folded
}

func (r *rewriter) note(table redferry.Table, format string, args ...any) {
	r.notes = append(r.notes, Note{Table: table, Text: fmt.Sprintf(format, args...)})
}

// table returns the definition of t under the names of the target.
func (r *rewriter) table(t Table) (Table, error) {
	source := t.Name
	columns, err := r.columns(t)
	if err != nil {
		return Table{}, err
	}
	t.Name, t.Columns = r.names[source], columns
	t.Dist.Key = r.fold(t.Dist.Key)
	t.Sort.Columns = r.foldAll(t.Sort.Columns)
	if t.Primary != nil {
		k := r.key(*t.Primary)
		t.Primary = &k
	}
	t.Unique = slices.Clone(t.Unique)
	for i, k := range t.Unique {
		t.Unique[i] = r.key(k)
	}
	if r.opts.EncodeAuto {
		t.EncodeAuto = true
		t.Unknown = slices.DeleteFunc(slices.Clone(t.Unknown), func(p Property) bool { return p == PropertyEncodeAuto })
	}
	for _, p := range t.Unknown {
		r.note(source, "whether it has %s is not known: %s", p, p.assumed())
	}
	t.Foreign, err = r.foreignKeys(source, t.Foreign)
	return t, err
}

func (r *rewriter) columns(t Table) ([]Column, error) {
	columns := slices.Clone(t.Columns)
	seen := make(map[string]string, len(columns))
	for i, c := range columns {
		name := r.fold(c.Name)
		if other, ok := seen[name]; ok {
			return nil, &NameError{
				Source: t.Name, Target: r.names[t.Name],
				Err: fmt.Errorf("its columns %s and %s would have one name", redferry.Quote(other), redferry.Quote(c.Name)),
			}
		}
		if name != c.Name {
			r.note(t.Name, "its column %s becomes %s: the target does not tell upper from lower case", redferry.Quote(c.Name), redferry.Quote(name))
		}
		seen[name] = c.Name
		columns[i].Name = name
	}
	return columns, nil
}

func (r *rewriter) key(k Key) Key {
	return Key{Name: r.fold(k.Name), Columns: r.foldAll(k.Columns)}
}

func (r *rewriter) foldAll(names []string) []string {
	folded := slices.Clone(names)
	for i, name := range folded {
		folded[i] = r.fold(name)
	}
	return folded
}

// foreignKeys renames what the foreign keys refer to.
func (r *rewriter) foreignKeys(table redferry.Table, keys []ForeignKey) ([]ForeignKey, error) {
	var renamed []ForeignKey
	var errs []error
	for _, f := range keys {
		target, ok := r.names[f.RefTable]
		switch {
		case ok:
			renamed = append(renamed, ForeignKey{
				Name:       r.fold(f.Name),
				Columns:    r.foldAll(f.Columns),
				RefTable:   target,
				RefColumns: r.foldAll(f.RefColumns),
			})
		case r.opts.DropMissing:
			r.note(table, "its foreign key %s is left out: table %s is not selected", redferry.Quote(f.Name), f.RefTable)
		default:
			errs = append(errs, &MissingError{Table: table, ForeignKey: f.Name, Needs: f.RefTable})
		}
	}
	return renamed, errors.Join(errs...)
}
