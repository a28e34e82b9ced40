//go:build cgo

package duck

import (
	"slices"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/sqltext"
)

// word writes an identifier or a keyword.
func (w *writer) word(i int) (int, error) {
	t := w.tokens[i]
	name, _ := t.Identifier(w.keep)
	if len(name) > redferry.MaxIdentifier {
		return 0, refuse(stateNameTooLong, "identifier %q is longer than %d bytes", name, redferry.MaxIdentifier)
	}
	switch {
	case name == hidden, name == hiddenInformation:
		return 0, refuse(stateNoSchema, "schema %q does not exist", name)
	case w.at(i+1).Text == "." && name == "pg_catalog":
		name = hidden
	case w.at(i+1).Text == "." && name == "information_schema":
		name = hiddenInformation
	case w.qualifiesOperator(i):
		_, err := w.operator(i + 4)
		return 6, err
	case t.Is("sysdate") && w.at(i-1).Text != ".":
		w.put("getdate ()", sqltext.Word)
		return 1, nil
	case w.takesPart(i):
		w.put(name, sqltext.Word)
		w.punct(i + 1)
		w.put(quote(w.at(i+2).Text), sqltext.String)
		return 3, nil
	}
	if t.Kind == sqltext.Word && plain(name) && !w.foreign(name, i) {
		w.put(name, sqltext.Word)
	} else {
		w.put(redferry.Quote(name), sqltext.Quoted)
	}
	return 1, nil
}

// qualifiesOperator reports whether i begins OPERATOR(pg_catalog.~), as psql
// writes an operator that no search_path may change.
func (w *writer) qualifiesOperator(i int) bool {
	schema, _ := w.at(i + 2).Identifier(w.keep)
	operator := w.at(i + 4)
	return w.tokens[i].Is("operator") && w.at(i+1).Text == "(" && schema == "pg_catalog" && w.at(i+3).Text == "." &&
		operator.Kind == sqltext.Operator && operator.Text != "::" && w.at(i+5).Text == ")"
}

// foreign reports whether the word at i is a keyword to DuckDB and a name to Redshift.
func (w *writer) foreign(name string, i int) bool {
	switch name {
	case "at":
		return !w.at(i + 1).Is("time")
	case "anti", "asof", "collation", "columns", "concurrently", "describe", "generated", "glob", "lambda", "map",
		"pivot_longer", "pivot_wider", "positional", "returning", "semi", "show", "struct", "summarize", "try_cast", "unpack":
		return true
	}
	return false
}

// takesPart reports whether i begins a call whose first argument is a part of a
// date, written as a word: dateadd(day, ...).
func (w *writer) takesPart(i int) bool {
	calls := []string{"dateadd", "date_add", "datediff", "date_diff", "date_part", "datepart"}
	return slices.ContainsFunc(calls, w.tokens[i].Is) &&
		w.at(i+1).Text == "(" && w.at(i+2).Kind == sqltext.Word && w.at(i+3).Text == ","
}

// plain reports whether DuckDB reads name as an identifier without quotes.
func plain(name string) bool {
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}
