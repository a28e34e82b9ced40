package ddl

import (
	"errors"
	"fmt"
	"slices"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/sqltext"
)

// check looks for what no catalog of a warehouse holds but an edited one may:
// names that cannot be, keys on columns that are not there, text that is more
// than the one type, encoding or expression that it should be.
func (t Table) check() error {
	errs := []error{redferry.CheckIdentifier(t.Name.Schema), redferry.CheckIdentifier(t.Name.Name)}
	if len(t.Columns) == 0 {
		errs = append(errs, errors.New("it has no column"))
	}
	for _, c := range t.Columns {
		errs = append(errs, redferry.CheckIdentifier(c.Name))
		errs = append(errs, c.check()...)
	}
	errs = append(errs, t.checkKeys()...)
	for i, err := range errs {
		if err != nil {
			errs[i] = fmt.Errorf("ddl: plan: table %s: %w", t.Name, err)
		}
	}
	return errors.Join(errs...)
}

func (t Table) checkKeys() (errs []error) {
	need := func(what string, columns []string) {
		for _, name := range columns {
			if !slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == name }) {
				errs = append(errs, fmt.Errorf("%s names column %s, which it does not have", what, redferry.Quote(name)))
			}
		}
	}
	switch t.Dist.Style {
	case DistKey:
		need("the dist key", []string{t.Dist.Key})
	case DistAuto, DistEven, DistAll, "":
	default:
		errs = append(errs, fmt.Errorf("dist style %q is none of AUTO, EVEN, ALL and KEY", t.Dist.Style))
	}
	need("the sort key", t.Sort.Columns)
	for _, k := range t.keys() {
		need("a key", k.Columns)
		if len(k.Columns) == 0 {
			errs = append(errs, fmt.Errorf("key %s has no column", redferry.Quote(k.Name)))
		}
	}
	for _, f := range t.Foreign {
		need("a foreign key", f.Columns)
		if len(f.Columns) == 0 || len(f.Columns) != len(f.RefColumns) {
			errs = append(errs, fmt.Errorf("foreign key %s has %d columns for %d", redferry.Quote(f.Name), len(f.Columns), len(f.RefColumns)))
		}
	}
	return errs
}

// keys returns the primary key, if there is one, and the unique constraints.
func (t Table) keys() []Key {
	if t.Primary == nil {
		return t.Unique
	}
	return append([]Key{*t.Primary}, t.Unique...)
}

func (c Column) check() (errs []error) {
	if !isType(c.Type) {
		errs = append(errs, fmt.Errorf("column %s: %q is no type", redferry.Quote(c.Name), c.Type))
	}
	if c.Encoding != "" && !isWord(c.Encoding) {
		errs = append(errs, fmt.Errorf("column %s: %q is no encoding", redferry.Quote(c.Name), c.Encoding))
	}
	if c.Default != "" && !isExpression(c.Default) {
		errs = append(errs, fmt.Errorf("column %s: %q is no single expression", redferry.Quote(c.Name), c.Default))
	}
	if c.Default != "" && c.Identity != nil {
		errs = append(errs, fmt.Errorf("column %s has both a default and an identity", redferry.Quote(c.Name)))
	}
	return errs
}

func isWord(s string) bool {
	tokens := sqltext.Tokens(s)
	return len(tokens) == 1 && tokens[0].Kind == sqltext.Word
}

// isType reports whether s can stand where a type stands: words, then numbers
// in parentheses, then words again (character varying(40), time(6) with time zone).
func isType(s string) bool {
	tokens := sqltext.Tokens(s)
	if len(tokens) == 0 || tokens[0].Kind != sqltext.Word {
		return false
	}
	for _, t := range tokens {
		switch t.Kind {
		case sqltext.Word, sqltext.Number, sqltext.Space:
		case sqltext.Punct:
			if t.Text != "(" && t.Text != ")" && t.Text != "," {
				return false
			}
		default:
			return false
		}
	}
	return isExpression(s)
}

// isExpression reports whether s can stand in a column's definition without
// reaching beyond it: its parentheses match, it has no comma or semicolon
// outside of them, no comment, and nothing in it is left open.
func isExpression(s string) bool {
	const after = "after" // swallowed by a literal or a name that is not closed
	tokens := sqltext.Tokens(s + "\n" + after)
	if !tokens[len(tokens)-1].Is(after) {
		return false
	}
	depth := 0
	for _, t := range tokens {
		switch {
		case t.Kind == sqltext.Comment:
			return false
		case t.Kind != sqltext.Punct:
		case t.Text == "(" || t.Text == "[":
			depth++
		case t.Text == ")" || t.Text == "]":
			if depth--; depth < 0 {
				return false
			}
		case t.Text == ";", t.Text == "," && depth == 0:
			return false
		}
	}
	return depth == 0 && len(sqltext.Code(s)) > 0
}
