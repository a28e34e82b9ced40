package redferry

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxIdentifier is the longest identifier that Redshift keeps, in bytes. It
// cuts off longer ones without a word, so this module refuses them.
// Source: Database Developer Guide, "Names and identifiers".
const MaxIdentifier = 127

// ErrIdentifier is wrapped by the errors of [CheckIdentifier].
var ErrIdentifier = errors.New("not a usable Redshift identifier")

// CheckIdentifier reports whether name can name a schema, a table or a column:
// 1 to [MaxIdentifier] bytes of valid UTF-8 without a NUL. Its error wraps
// [ErrIdentifier].
func CheckIdentifier(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("redferry: the empty name is %w", ErrIdentifier)
	case len(name) > MaxIdentifier:
		return fmt.Errorf("redferry: name %.20q... of %d bytes is %w: the limit is %d bytes", name, len(name), ErrIdentifier, MaxIdentifier)
	case !utf8.ValidString(name):
		return fmt.Errorf("redferry: name %q is %w: it is no valid UTF-8", name, ErrIdentifier)
	case strings.ContainsRune(name, 0):
		return fmt.Errorf("redferry: name %q is %w: it holds a NUL", name, ErrIdentifier)
	}
	return nil
}

// Fold returns name in lower case, ASCII letters alone, which is what Redshift
// makes of a name that is not quoted, and also of a quoted one unless
// enable_case_sensitive_identifier is on.
// Source: Database Developer Guide, "Names and identifiers".
func Fold(name string) string {
	b := []byte(name)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// Quote returns identifier in double quotes, ready to stand in SQL: a"b
// becomes "a""b". It changes nothing else; in particular a backslash stays a
// backslash, which is what Redshift reads in a quoted identifier outside of a
// literal. Use [CheckIdentifier] on names that come from outside.
func Quote(identifier string) string {
	return `"` + strings.ReplaceAll(identifier, `"`, `""`) + `"`
}

// QuoteAll quotes each name and joins them with a comma and a blank.
func QuoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = Quote(name)
	}
	return strings.Join(quoted, ", ")
}

var literalEscapes = strings.NewReplacer(`'`, `''`, `\`, `\\`)

// Literal returns text in single quotes, ready to stand in SQL. It doubles
// quotes and backslashes: Redshift has no standard_conforming_strings and reads
// a backslash in a literal as an escape, always. Text that is itself SQL, as
// the query in UNLOAD, goes through Literal once more as a whole.
func Literal(text string) string {
	return `'` + literalEscapes.Replace(text) + `'`
}
