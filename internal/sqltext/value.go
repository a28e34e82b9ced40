package sqltext

import (
	"strings"

	"github.com/redferry/redferry"
)

// Identifier returns the name that a Word or Quoted token stands for: folded to
// lower case (ASCII), which Redshift does to quoted names, too, unless
// enable_case_sensitive_identifier is on (then keep is true and quoted names
// stay as they are). It reports false for any other token.
func (t Token) Identifier(keep bool) (string, bool) {
	switch t.Kind {
	case Word:
		return redferry.Fold(t.Text), true
	case Quoted:
		body := strings.TrimSuffix(strings.TrimPrefix(t.Text, `"`), `"`)
		body = strings.ReplaceAll(body, `""`, `"`)
		if keep {
			return body, true
		}
		return redferry.Fold(body), true
	}
	return "", false
}

// Value returns the text that a String token stands for: doubled quotes are
// one, and a backslash escapes, always, as in Redshift: \n, \t, \r, \b, \f,
// \ooo and \xhh are bytes, any other escaped character is itself. It reports
// false for any other token.
func (t Token) Value() (string, bool) {
	if t.Kind != String {
		return "", false
	}
	if strings.HasPrefix(t.Text, "$") {
		open := t.Text[:strings.IndexByte(t.Text[1:], '$')+2]
		return strings.TrimSuffix(strings.TrimPrefix(t.Text, open), open), true
	}
	body := strings.TrimPrefix(t.Text, `'`)
	var b strings.Builder
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '\\' && i+1 < len(body):
			out, n := escape(body[i+1:])
			b.WriteByte(out)
			i += n
		case c == '\'' && i+1 < len(body) && body[i+1] == '\'':
			b.WriteByte('\'')
			i++
		case c == '\'':
			return b.String(), true
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}

// escape reads what follows a backslash: a byte, and how much of s it took.
func escape(s string) (byte, int) {
	switch c := s[0]; c {
	case 'n':
		return '\n', 1
	case 't':
		return '\t', 1
	case 'r':
		return '\r', 1
	case 'b':
		return '\b', 1
	case 'f':
		return '\f', 1
	case 'x':
		if v, n := digits(s[1:], 16, 2); n > 0 {
			return v, n + 1
		}
		return c, 1
	default:
		if v, n := digits(s, 8, 3); n > 0 {
			return v, n
		}
		return c, 1
	}
}

func digits(s string, base, most int) (value byte, n int) {
	v := 0
	for n < len(s) && n < most {
		d := strings.IndexByte("0123456789abcdef", s[n]|0x20)
		if s[n] >= '0' && s[n] <= '9' {
			d = int(s[n] - '0')
		}
		if d < 0 || d >= base {
			break
		}
		v = v*base + d
		n++
	}
	return byte(v), n
}
