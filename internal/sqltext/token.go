// Package sqltext cuts Redshift's SQL into tokens, so that nobody has to guess
// at the text of a statement with regular expressions.
package sqltext

import (
	"iter"
	"strings"
)

// A Kind is the kind of a [Token].
type Kind uint8

// The kinds of tokens. Joined in order, the texts of all tokens are the input.
const (
	Space   Kind = iota + 1 // blanks and line ends
	Comment                 // -- to the end of the line, or /* nested */
	Word                    // an unquoted identifier or a keyword
	Quoted                  // "an identifier"
	String                  // 'a literal', in which a backslash escapes, or $$a literal$$
	Number
	Param    // $1
	Operator // one or more of + - * / < > = ~ ! @ # % ^ & | ` ? and ::
	Punct    // one of ( ) [ ] , ; . :
)

// A Token is a piece of SQL.
type Token struct {
	Kind Kind
	Text string // as it stands in the input
	Pos  int    // where it begins, in bytes
}

// Is reports whether t is the unquoted word, compared without regard to case.
func (t Token) Is(word string) bool { return t.Kind == Word && strings.EqualFold(t.Text, word) }

// All cuts sql into tokens, one after the other. It accepts every input: what is
// not closed reaches to the end.
func All(sql string) iter.Seq[Token] {
	return func(yield func(Token) bool) {
		for pos := 0; pos < len(sql); {
			kind, n := next(sql[pos:])
			if !yield(Token{Kind: kind, Text: sql[pos : pos+n], Pos: pos}) {
				return
			}
			pos += n
		}
	}
}

// Tokens is all of [All] in a slice.
func Tokens(sql string) []Token {
	if sql == "" {
		return nil
	}
	tokens := make([]Token, 0, min(len(sql)/3+1, 256)) // enough for most statements
	for t := range All(sql) {
		tokens = append(tokens, t)
	}
	return tokens
}

// First returns the first token of sql, which is not empty.
func First(sql string) Token {
	kind, n := next(sql)
	return Token{Kind: kind, Text: sql[:n]}
}

// Code is [Tokens] without blanks and comments.
func Code(sql string) []Token {
	if sql == "" {
		return nil
	}
	code := make([]Token, 0, min(len(sql)/5+1, 128)) // enough for most statements
	for t := range All(sql) {
		if t.code() {
			code = append(code, t)
		}
	}
	return code
}

// Command returns the first token of [Code], which says what a statement does.
// It is the zero Token if there is none.
func Command(sql string) Token {
	for t := range All(sql) {
		if t.code() {
			return t
		}
	}
	return Token{}
}

func (t Token) code() bool { return t.Kind != Space && t.Kind != Comment }

// Split cuts a script at its semicolons, without the blanks at both ends of a
// statement. Pieces without code are left out.
func Split(script string) []string {
	var statements []string
	start, end, code := -1, 0, false
	flush := func() {
		if code {
			statements = append(statements, script[start:end])
		}
		start, code = -1, false
	}
	for t := range All(script) {
		switch {
		case t.Kind == Space:
			continue
		case t.Kind == Punct && t.Text == ";":
			flush()
			continue
		case start < 0:
			start = t.Pos
		}
		end = t.Pos + len(t.Text)
		code = code || t.Kind != Comment
	}
	flush()
	return statements
}

func next(s string) (Kind, int) {
	c := s[0]
	switch {
	case isSpace(c):
		return Space, span(s, isSpace)
	case strings.HasPrefix(s, "--"):
		if i := strings.IndexByte(s, '\n'); i >= 0 {
			return Comment, i
		}
		return Comment, len(s)
	case strings.HasPrefix(s, "/*"):
		return Comment, block(s)
	case c == '"':
		return Quoted, quoted(s)
	case c == '\'':
		return String, literal(s)
	case c == '$':
		return dollar(s)
	case isDigit(c), c == '.' && len(s) > 1 && isDigit(s[1]):
		return Number, number(s)
	case isWord(c):
		return Word, span(s, func(c byte) bool { return isWord(c) || isDigit(c) || c == '$' })
	case strings.HasPrefix(s, "::"):
		return Operator, 2
	case strings.IndexByte("()[],;.:", c) >= 0:
		return Punct, 1
	}
	return Operator, operator(s)
}

func isSpace(c byte) bool { return strings.IndexByte(" \t\n\r\f\v", c) >= 0 }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func span(s string, in func(byte) bool) int {
	i := 1
	for i < len(s) && in(s[i]) {
		i++
	}
	return i
}

// operator takes operator characters up to a comment; what is no character of
// SQL at all is an operator of one byte.
func operator(s string) int {
	const chars = "+-*/<>=~!@#%^&|`?"
	i := 0
	for i < len(s) && strings.IndexByte(chars, s[i]) >= 0 {
		if i > 0 && (strings.HasPrefix(s[i:], "--") || strings.HasPrefix(s[i:], "/*")) {
			break
		}
		i++
	}
	return max(i, 1)
}

func block(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(s[i:], "*/"):
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

func quoted(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			i++
			continue
		}
		return i + 1
	}
	return len(s)
}

func literal(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\'':
			if i+1 < len(s) && s[i+1] == '\'' {
				i++
				continue
			}
			return i + 1
		}
	}
	return len(s)
}

// dollar takes $1, $$text$$ or $tag$text$tag$.
func dollar(s string) (Kind, int) {
	if n := span(s, isDigit); n > 1 {
		return Param, n
	}
	tag := span(s, func(c byte) bool { return isWord(c) || isDigit(c) })
	if tag < len(s) && s[tag] == '$' {
		open := s[:tag+1]
		if i := strings.Index(s[len(open):], open); i >= 0 {
			return String, 2*len(open) + i
		}
		return String, len(s)
	}
	return Operator, 1
}

func number(s string) int {
	i := span(s, func(c byte) bool { return isDigit(c) || c == '.' })
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if j < len(s) && isDigit(s[j]) {
			i = j + span(s[j:], isDigit)
		}
	}
	return i
}
