//go:build cgo

package duck

import (
	"fmt"
	"slices"

	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A castForm is how DuckDB casts to a type of Redshift: before and after stand
// around CAST(x AS name).
type castForm struct{ before, name, after string }

// castAs writes AS and the type inside of CAST(x AS type).
func (w *writer) castAs(i int) (int, error) {
	form, n, err := w.castType(i + 1)
	if err != nil {
		return 0, err
	}
	top := &w.parens[len(w.parens)-1]
	w.pieces[top.open-1].text = form.before + w.pieces[top.open-1].text
	top.cast, top.after = false, form.after
	w.put("AS "+form.name, sqltext.Word)
	return n + 1, nil
}

// postfixCast writes x::type as a CAST around what stands before it.
func (w *writer) postfixCast(i int) (int, error) {
	form, n, err := w.castType(i + 1)
	if err != nil {
		return 0, err
	}
	start, ok := w.operand(len(w.pieces) - 1)
	if !ok {
		return 0, refuse(stateSyntax, `syntax error at or near "::"`)
	}
	first := &w.pieces[start]
	first.text = form.before + "CAST ( " + first.text
	w.pieces = append(w.pieces, piece{text: "AS " + form.name + " )" + form.after, kind: sqltext.Punct, open: start, whole: true})
	return n + 1, nil
}

// operand returns where the operand begins that ends with the piece at end.
func (w *writer) operand(end int) (int, bool) {
	if end < 0 {
		return 0, false
	}
	switch p := w.pieces[end]; {
	case p.whole:
		return p.open, true
	case p.open >= 0 && p.text[0] == ']':
		return w.operand(p.open - 1)
	case p.open >= 0:
		if before := p.open - 1; before >= 0 && w.callable(before) {
			return w.chain(before), true
		}
		return p.open, true
	case p.kind == sqltext.Word && p.text == "end":
		return w.caseOf(end)
	case p.kind == sqltext.Word, p.kind == sqltext.Quoted, p.kind == sqltext.String, p.kind == sqltext.Number:
		return w.chain(end), true
	}
	return 0, false
}

// chain goes back over a.b.c.
func (w *writer) chain(i int) int {
	for i >= 2 && w.pieces[i-1].text == "." {
		i -= 2
	}
	return i
}

// callable reports whether the piece at i can be the name of a function.
func (w *writer) callable(i int) bool {
	keywords := []string{
		"all", "and", "any", "as", "between", "by", "case", "distinct", "else", "exists", "from", "having", "ilike", "in", "is",
		"join", "like", "limit", "not", "offset", "on", "or", "over", "return", "select", "set", "similar", "some", "then", "to",
		"union", "using", "values", "when", "where", "with",
	}
	p := w.pieces[i]
	return p.kind == sqltext.Quoted || p.kind == sqltext.Word && !slices.Contains(keywords, p.text)
}

// caseOf returns the CASE that the END at i ends.
func (w *writer) caseOf(i int) (int, bool) {
	for depth := 0; i >= 0; i-- {
		switch p := w.pieces[i]; {
		case p.kind == sqltext.Word && p.text == "end":
			depth++
		case p.kind == sqltext.Word && p.text == "case":
			if depth--; depth == 0 {
				return i, true
			}
		}
	}
	return 0, false
}

// castType reads the type at i and returns how many tokens it took.
func (w *writer) castType(i int) (castForm, int, error) {
	n := w.typeLength(i)
	if n == 0 {
		return castForm{}, 0, refuse(stateSyntax, "syntax error at or near %q", w.at(i).Text)
	}
	first, _ := w.at(i).Identifier(false)
	if first == "pg_catalog" && w.at(i+1).Text == "." {
		form, more, err := w.castType(i + 2)
		return form, more + 2, err
	}
	if form, ok := catalogCasts[first]; ok {
		return form, n, nil
	}
	text := ""
	for _, t := range w.tokens[i : i+n] {
		text += t.Text + " "
	}
	if text == "character varying " {
		text = "varchar" // as the catalog spells the type of a plain literal
	}
	t, err := rsql.ParseType(text)
	if err != nil {
		return castForm{}, 0, err
	}
	form := castForm{name: duckType(t)}
	switch length := rsql.Length(t); {
	case t.OID == rsql.Super:
		form.before, form.after = "pg_super ( ", " )"
	case t.OID == rsql.Varbyte, first == "text", first == "bpchar":
	case length >= 0:
		call := map[uint32]string{rsql.Varchar: "pg_varchar", rsql.Bpchar: "pg_char"}[t.OID]
		form.before, form.after = call+" ( ", fmt.Sprintf(" , %d )", length)
	}
	return form, n, nil
}

// catalogCasts are the types that only the leader node has.
var catalogCasts = map[string]castForm{
	"oid":         {name: "UINTEGER"},
	"xid":         {name: "BIGINT"},
	"name":        {name: "VARCHAR"},
	"cstring":     {name: "VARCHAR"},
	"aclitem":     {name: "VARCHAR"},
	"regclass":    {before: "pg_regclass ( ", name: "VARCHAR", after: " )"},
	"regtype":     {name: "VARCHAR"},
	"information": {name: "VARCHAR"},
}

// typeLength returns how many tokens from i on are the name of a type.
func (w *writer) typeLength(i int) int {
	name, ok := w.at(i).Identifier(false)
	if !ok {
		return 0
	}
	n := 1
	more := func(words ...string) bool {
		for j, word := range words {
			if !w.at(i + n + j).Is(word) {
				return false
			}
		}
		n += len(words)
		return true
	}
	switch name {
	case "double":
		more("precision")
	case "char", "character", "binary":
		more("varying")
	case "interval":
		_ = more("year", "to", "month") || more("day", "to", "second")
	}
	if w.at(i+n).Text == "(" {
		for j := i + n; j < len(w.tokens) && w.at(j).Text != ")"; j++ {
			n++
		}
		if n++; i+n > len(w.tokens) {
			return 0 // a parenthesis that is not closed
		}
	}
	if name == "time" || name == "timestamp" {
		_ = more("without", "time", "zone") || more("with", "time", "zone")
	}
	return n
}
