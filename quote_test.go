package redferry_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/sqltext"
)

func TestCheckIdentifier(t *testing.T) {
	tests := []struct{ name, identifier, want string }{
		{"plain", "orders", ""},
		{"anything goes in quotes", `a "b" \ ' ; --` + "\n", ""},
		{"127 bytes", strings.Repeat("x", redferry.MaxIdentifier), ""},
		{"empty", "", "the empty name"},
		{"128 bytes", strings.Repeat("x", 128), "the limit is 127 bytes"},
		{"64 characters of two bytes", strings.Repeat("é", 64), "128 bytes"},
		{"not UTF-8", "a\xff", "no valid UTF-8"},
		{"NUL", "a\x00", "holds a NUL"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := redferry.CheckIdentifier(test.identifier)
			if test.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if !errors.Is(err, redferry.ErrIdentifier) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want ErrIdentifier and %q", err, test.want)
			}
		})
	}
}

func TestFold(t *testing.T) {
	tests := []struct{ name, want string }{
		{"", ""},
		{"Orders_2", "orders_2"},
		{"AZaz@[`{", "azaz@[`{"},
		{"ÉCOLE İ", "École İ"},
	}
	for _, test := range tests {
		if got := redferry.Fold(test.name); got != test.want {
			t.Errorf("Fold(%q) = %q, want %q", test.name, got, test.want)
		}
	}
}

func TestQuoting(t *testing.T) {
	tests := []struct{ text, quoted, literal string }{
		{``, `""`, `''`},
		{`a`, `"a"`, `'a'`},
		{`a"b`, `"a""b"`, `'a"b'`},
		{`it's`, `"it's"`, `'it''s'`},
		{`a\b`, `"a\b"`, `'a\\b'`},
		{`\'`, `"\'"`, `'\\'''`},
		{"a\nb", "\"a\nb\"", "'a\nb'"},
		{`'; drop table t; --`, `"'; drop table t; --"`, `'''; drop table t; --'`},
	}
	for _, test := range tests {
		if got := redferry.Quote(test.text); got != test.quoted {
			t.Errorf("Quote(%q) = %s, want %s", test.text, got, test.quoted)
		}
		if got := redferry.Literal(test.text); got != test.literal {
			t.Errorf("Literal(%q) = %s, want %s", test.text, got, test.literal)
		}
	}
}

func TestQuoteAll(t *testing.T) {
	tests := []struct {
		names []string
		want  string
	}{
		{nil, ""},
		{[]string{"a"}, `"a"`},
		{[]string{"a", `b"`, "C"}, `"a", "b""", "C"`},
	}
	for _, test := range tests {
		if got := redferry.QuoteAll(test.names); got != test.want {
			t.Errorf("QuoteAll(%q) = %s, want %s", test.names, got, test.want)
		}
	}
}

// The tokenizer, which knows nothing of Quote and Literal, reads back what they
// wrote, whatever stands around it.
func FuzzQuoting(f *testing.F) {
	for _, s := range []string{"", "orders", `a"b`, "it's", `\`, `\'`, `\\''`, "$$", "--", "/*", "\x00\xff", "\n;"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		code := sqltext.Code("select " + redferry.Quote(name) + " from t where x=" + redferry.Literal(text) + "--")
		if len(code) != 8 {
			t.Fatalf("%q and %q make %d tokens, want 8: %v", name, text, len(code), code)
		}
		if got, ok := code[1].Identifier(true); got != name || !ok {
			t.Errorf("name %q reads as %q", name, got)
		}
		if got, ok := code[7].Value(); got != text || !ok {
			t.Errorf("text %q reads as %q", text, got)
		}
	})
}

func BenchmarkLiteral(b *testing.B) {
	text := strings.Repeat(`it's a \ test, `, 100)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		redferry.Literal(text)
	}
}
