//go:build cgo

package duck

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/sqltext"
)

// database is DuckDB's own name for the database.
const database = "memory"

// The schemas in which the catalog really lives. Nobody else can make one of
// these names: the prefix pg_ is Redshift's own.
const (
	hidden            = "pg_internal"
	hiddenInformation = "pg_information"
)

// A dialect turns Redshift's SQL into DuckDB's, token by token.
type dialect struct {
	keep bool      // enable_case_sensitive_identifier
	args []*string // for $1, $2, ...
}

// A writer holds the SQL written so far, in pieces that the text joins with blanks.
type writer struct {
	dialect
	tokens []sqltext.Token
	pieces []piece
	parens []paren
}

// A piece is one token of the output, or a few that were written together.
type piece struct {
	text string
	kind sqltext.Kind
	// open is the index of the piece that opens what this one closes, -1 for any
	// other piece.
	open int
	// whole is set on a close that belongs to a cast, which no name can precede.
	whole bool
}

// A paren is an open parenthesis or bracket of the output.
type paren struct {
	open  int
	cast  bool   // of CAST(
	after string // to be written after the closing one
}

// translate returns sql for DuckDB, or a refusal.
func (d dialect) translate(sql string) (string, error) {
	w := &writer{dialect: d, tokens: sqltext.Code(sql)}
	for i := 0; i < len(w.tokens); {
		n, err := w.take(i)
		if err != nil {
			return "", err
		}
		i += n
	}
	texts := make([]string, len(w.pieces))
	for i, p := range w.pieces {
		texts[i] = p.text
	}
	return strings.Join(texts, " "), nil
}

// take writes the token at i and returns how many it took.
func (w *writer) take(i int) (int, error) {
	t := w.tokens[i]
	switch t.Kind {
	case sqltext.String:
		return 1, w.literal(t)
	case sqltext.Param:
		return 1, w.parameter(i)
	case sqltext.Word, sqltext.Quoted:
		if t.Is("as") && w.inCast() {
			return w.castAs(i)
		}
		return w.word(i)
	case sqltext.Operator:
		if t.Text == "::" {
			return w.postfixCast(i)
		}
		return w.operator(i)
	case sqltext.Punct:
		w.punct(i)
	default:
		w.put(t.Text, t.Kind)
	}
	return 1, nil
}

func (w *writer) put(text string, kind sqltext.Kind) {
	w.pieces = append(w.pieces, piece{text: text, kind: kind, open: -1})
}

// at returns the token at i, and a zero Token beyond the ends.
func (w *writer) at(i int) sqltext.Token {
	if i < 0 || i >= len(w.tokens) {
		return sqltext.Token{}
	}
	return w.tokens[i]
}

func (w *writer) literal(t sqltext.Token) error {
	value, _ := t.Value()
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return refuse(stateBadBytes, "invalid byte sequence for encoding \"UTF8\"")
	}
	w.put(quote(value), sqltext.String)
	return nil
}

// quote writes a literal of DuckDB, which knows no backslash.
func quote(value string) string { return "'" + strings.ReplaceAll(value, "'", "''") + "'" }

func (w *writer) parameter(i int) error {
	n, err := strconv.Atoi(w.tokens[i].Text[1:])
	if err != nil || n < 1 || n > len(w.args) {
		return refuse("42P02", "there is no parameter %s", w.tokens[i].Text)
	}
	if before := w.at(i - 2); w.at(i-1).Text == "(" && (before.Is("any") || before.Is("all") || before.Is("some")) {
		return refuse(stateNotSupported, "array parameters are not supported")
	}
	arg := w.args[n-1]
	if arg == nil {
		w.put("NULL", sqltext.Word)
		return nil
	}
	if !utf8.ValidString(*arg) || strings.ContainsRune(*arg, 0) {
		return refuse(stateBadBytes, "invalid byte sequence for encoding \"UTF8\"")
	}
	w.put(quote(*arg), sqltext.String)
	return nil
}

func (w *writer) operator(i int) (int, error) {
	switch t, next := w.tokens[i], w.at(i+1); {
	case t.Text == "{" || t.Text == "}" || t.Text == "@" || t.Text == "?":
		return 0, refuse(stateSyntax, "syntax error at or near %q", t.Text)
	case t.Text == "#" && next.Kind == sqltext.Word && next.Pos == t.Pos+1:
		w.put(redferry.Quote("#"+strings.ToLower(next.Text)), sqltext.Quoted)
		return 2, nil
	}
	w.put(w.tokens[i].Text, sqltext.Operator)
	return 1, nil
}

func (w *writer) punct(i int) {
	text := w.tokens[i].Text
	switch text {
	case "(", "[":
		w.parens = append(w.parens, paren{open: len(w.pieces), cast: text == "(" && w.at(i-1).Is("cast")})
		w.put(text, sqltext.Punct)
	case ")", "]":
		w.close(text)
	default:
		w.put(text, sqltext.Punct)
	}
}

func (w *writer) close(text string) {
	if len(w.parens) == 0 {
		w.put(text, sqltext.Punct)
		return
	}
	top := w.parens[len(w.parens)-1]
	w.parens = w.parens[:len(w.parens)-1]
	w.pieces = append(w.pieces, piece{text: text + top.after, kind: sqltext.Punct, open: top.open})
}

func (w *writer) inCast() bool {
	return len(w.parens) > 0 && w.parens[len(w.parens)-1].cast
}
