package ddl

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/redferry/redferry"
)

// A Selector chooses tables. The zero Selector chooses all tables of all
// schemas but the system's. Names are compared as they stand, upper and lower
// case told apart.
type Selector struct {
	// Schemas chooses all tables of these schemas.
	Schemas []string
	// Tables chooses single tables, besides those of Schemas.
	Tables []redferry.Table
	// Exclude takes tables out of what is chosen. Each entry is a pattern for
	// schema.name, unquoted, in which * stands for any run of characters:
	// "sales.tmp_*", "*.audit".
	Exclude []string
}

// schemas returns the names of the schemas that sel looks into, none for all.
func (sel Selector) schemas() []string {
	if len(sel.Schemas) == 0 && len(sel.Tables) == 0 {
		return nil
	}
	names := append([]string(nil), sel.Schemas...)
	for _, t := range sel.Tables {
		names = append(names, t.Schema)
	}
	return names
}

// A selection remembers which entries of its Selector have matched.
type selection struct {
	Selector
	schemaMatched  map[string]bool
	tableMatched   map[redferry.Table]bool
	excludeMatched map[string]bool
}

func newSelection(sel Selector) *selection {
	return &selection{
		Selector:       sel,
		schemaMatched:  make(map[string]bool),
		tableMatched:   make(map[redferry.Table]bool),
		excludeMatched: make(map[string]bool),
	}
}

// schema records that a schema exists: one without a table is matched, too.
func (s *selection) schema(name string) { s.schemaMatched[name] = true }

// table reports whether t is chosen.
func (s *selection) table(t redferry.Table) bool {
	if !s.includes(t) {
		return false
	}
	excluded := false
	for _, pattern := range s.Exclude {
		if matches(pattern, t.Schema+"."+t.Name) {
			s.excludeMatched[pattern] = true
			excluded = true
		}
	}
	return !excluded
}

func (s *selection) includes(t redferry.Table) bool {
	included := len(s.Schemas) == 0 && len(s.Tables) == 0
	for _, name := range s.Schemas {
		included = included || name == t.Schema
	}
	for _, name := range s.Tables {
		if name == t {
			s.tableMatched[t] = true
			included = true
		}
	}
	return included
}

// unmatched returns an error that names the entries which matched nothing.
func (s *selection) unmatched() error {
	var entries []string
	for _, name := range s.Schemas {
		if !s.schemaMatched[name] {
			entries = append(entries, "schema "+redferry.Quote(name))
		}
	}
	for _, t := range s.Tables {
		if !s.tableMatched[t] {
			entries = append(entries, "table "+t.String())
		}
	}
	for _, pattern := range s.Exclude {
		if !s.excludeMatched[pattern] {
			entries = append(entries, fmt.Sprintf("exclude %q", pattern))
		}
	}
	if len(entries) == 0 {
		return nil
	}
	return fmt.Errorf("ddl: inspect: nothing matches %s: %w: check the spelling and the login's database", strings.Join(entries, ", "), fs.ErrNotExist)
}

// matches reports whether name fits pattern, in which * stands for any run of
// characters and everything else for itself.
func matches(pattern, name string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, head)
	if !ok {
		return false
	}
	for {
		piece, more, star := strings.Cut(rest, "*")
		if !star {
			return strings.HasSuffix(name, piece)
		}
		i := strings.Index(name, piece)
		if i < 0 {
			return false
		}
		name, rest = name[i+len(piece):], more
	}
}
