package redferry

import (
	"errors"
	"fmt"
	"strings"
)

// A Table names a table, or another relation, inside a schema. It is comparable.
type Table struct{ Schema, Name string }

// ErrTable is wrapped by the errors of [ParseTable].
var ErrTable = errors.New("not a table name")

// ParseTable reads schema.name, either part quoted or not: `sales.orders`,
// `"Sales"."a.b"`. An unquoted part is changed as [Fold] does; a quoted one is
// kept as it stands, with "" for one quote. Both parts must pass
// [CheckIdentifier]. Its error wraps [ErrTable].
func ParseTable(s string) (Table, error) {
	schema, rest, err := parseIdentifier(s)
	if err != nil {
		return Table{}, fmt.Errorf("redferry: %q is %w: %w", s, ErrTable, err)
	}
	rest, ok := strings.CutPrefix(rest, ".")
	if !ok {
		return Table{}, fmt.Errorf("redferry: %q is %w: write schema.name", s, ErrTable)
	}
	name, rest, err := parseIdentifier(rest)
	if err != nil {
		return Table{}, fmt.Errorf("redferry: %q is %w: %w", s, ErrTable, err)
	}
	if rest != "" {
		return Table{}, fmt.Errorf("redferry: %q is %w: %q follows the name", s, ErrTable, rest)
	}
	return Table{Schema: schema, Name: name}, nil
}

// MustParseTable is like [ParseTable] but panics. It is for tests and package-level variables.
func MustParseTable(s string) Table {
	t, err := ParseTable(s)
	if err != nil {
		panic(err)
	}
	return t
}

// parseIdentifier takes one identifier from the front of s.
func parseIdentifier(s string) (name, rest string, err error) {
	if quoted, ok := strings.CutPrefix(s, `"`); ok {
		name, rest, err = parseQuoted(quoted)
	} else {
		name, rest = parseBare(s)
	}
	if err == nil {
		err = CheckIdentifier(name)
	}
	return name, rest, err
}

// parseQuoted reads up to the closing quote of an identifier; the opening one is gone.
func parseQuoted(s string) (name, rest string, err error) {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, `"`)
		if !ok {
			return "", "", errors.New("a quote is not closed")
		}
		b.WriteString(before)
		again, doubled := strings.CutPrefix(after, `"`)
		if !doubled {
			return b.String(), after, nil
		}
		b.WriteByte('"')
		s = again
	}
}

// parseBare reads an unquoted identifier: letters, digits, _ and $, and
// whatever is not ASCII, not beginning with a digit or $.
func parseBare(s string) (name, rest string) {
	i := 0
	for i < len(s) && bareByte(s[i], i == 0) {
		i++
	}
	return Fold(s[:i]), s[i:]
}

func bareByte(c byte, first bool) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c >= 0x80:
		return true
	case c >= '0' && c <= '9', c == '$':
		return !first
	}
	return false
}

// Check reports whether both names pass [CheckIdentifier]. Use it on a Table that
// was not made by [ParseTable]: of a name that is too long Redshift takes the
// beginning, which may be another table.
func (t Table) Check() error {
	if err := CheckIdentifier(t.Schema); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	return CheckIdentifier(t.Name)
}

// String returns the name for SQL, always quoted: "sales"."orders". The zero
// Table is "".
func (t Table) String() string {
	if t == (Table{}) {
		return ""
	}
	return Quote(t.Schema) + "." + Quote(t.Name)
}

// Compare orders tables by schema, then by name.
func (t Table) Compare(other Table) int {
	if c := strings.Compare(t.Schema, other.Schema); c != 0 {
		return c
	}
	return strings.Compare(t.Name, other.Name)
}

// MarshalText returns t as [Table.String] does.
func (t Table) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what [ParseTable] reads; empty text is the zero Table.
func (t *Table) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*t = Table{}
		return nil
	}
	parsed, err := ParseTable(string(text))
	if err != nil {
		return err
	}
	*t = parsed
	return nil
}
