package sqltext_test

import (
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/sqltext"
)

func one(t *testing.T, sql string) sqltext.Token {
	t.Helper()
	tokens := sqltext.Tokens(sql)
	if len(tokens) != 1 {
		t.Fatalf("%q has %d tokens, want one: %+v", sql, len(tokens), tokens)
	}
	return tokens[0]
}

func TestValue(t *testing.T) {
	tests := []struct{ name, sql, want string }{
		{"plain", `'abc'`, "abc"},
		{"empty", `''`, ""},
		{"doubled quote", `'it''s'`, "it's"},
		{"escaped quote", `'it\'s'`, "it's"},
		{"escaped backslash", `'a\\b'`, `a\b`},
		{"control characters", `'\n\t\r\b\f'`, "\n\t\r\b\f"},
		{"octal", `'\101\0\12x\377'`, "A\x00\nx\xff"},
		{"hexadecimal", `'\x41\x4g\xg'`, "A\x04gxg"},
		{"any other is itself", `'\q\é'`, "qé"},
		{"a real line end", "'a\nb'", "a\nb"},
		{"dollars", `$$it's \n$$`, `it's \n`},
		{"dollars with a tag", `$x$a$$b$x$`, "a$$b"},
		{"open", `'abc`, "abc"},
		{"open at a backslash", `'abc\`, `abc\`},
		{"open dollars", `$$abc$`, "abc$"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, ok := one(t, test.sql).Value(); got != test.want || !ok {
				t.Errorf("Value of %s = %q, %t, want %q", test.sql, got, ok, test.want)
			}
		})
	}
}

func TestIdentifier(t *testing.T) {
	tests := []struct {
		sql  string
		keep bool
		want string
	}{
		{`Orders`, false, "orders"},
		{`Orders`, true, "orders"},
		{`"Orders"`, false, "orders"},
		{`"Orders"`, true, "Orders"},
		{`"a""b"`, true, `a"b`},
		{`"Ü"`, false, "Ü"},
		{`"a\"`, true, `a\`},
		{`""""`, true, `"`},
	}
	for _, test := range tests {
		if got, ok := one(t, test.sql).Identifier(test.keep); got != test.want || !ok {
			t.Errorf("Identifier(%t) of %s = %q, %t, want %q", test.keep, test.sql, got, ok, test.want)
		}
	}
}

// What redferry writes as a literal or a name is one token with the same value,
// also inside of a statement, and a literal within a literal as well.
func FuzzLiteralAndQuote(f *testing.F) {
	for _, s := range []string{"", "a", "it's", `\`, `\'`, `'\''`, `"`, `a""b`, "a\nb", `\\x41`, "-- ", "/*", "$$", "é\x00\xff", `'; drop table t; --`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, ok := one(t, redferry.Literal(text)).Value(); got != text || !ok {
			t.Errorf("literal of %q reads as %q, %t", text, got, ok)
		}
		if got, ok := one(t, redferry.Quote(text)).Identifier(true); got != text || !ok {
			t.Errorf("quoted %q reads as %q, %t", text, got, ok)
		}
		inner := "select " + redferry.Quote(text) + " where x = " + redferry.Literal(text)
		statement, ok := one(t, redferry.Literal(inner)).Value()
		code := sqltext.Code(statement)
		if !ok || len(code) != 6 {
			t.Fatalf("the query in a literal reads as %q with %d tokens, want 6", statement, len(code))
		}
		name, _ := code[1].Identifier(true)
		value, _ := code[5].Value()
		if name != text || value != text {
			t.Errorf("in a literal %q reads as the name %q and the value %q", text, name, value)
		}
	})
}
