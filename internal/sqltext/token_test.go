package sqltext_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/internal/sqltext"
)

// spelled shows tokens as "kind text".
func spelled(tokens []sqltext.Token) []string {
	names := map[sqltext.Kind]string{
		sqltext.Space: "space", sqltext.Comment: "comment", sqltext.Word: "word", sqltext.Quoted: "quoted", sqltext.String: "string",
		sqltext.Number: "number", sqltext.Param: "param", sqltext.Operator: "operator", sqltext.Punct: "punct",
	}
	out := make([]string, len(tokens))
	for i, t := range tokens {
		out[i] = names[t.Kind] + " " + t.Text
	}
	return out
}

func TestCode(t *testing.T) {
	tests := []struct {
		name, sql string
		want      []string
	}{
		{"empty", "", []string{}},
		{"blanks and comments", " \t\n-- a\n/* b /* c */ d */", []string{}},
		{"words", "SELECT a_1$ Ünder", []string{"word SELECT", "word a_1$", "word Ünder"}},
		{"name in quotes", `"a""b;--c"`, []string{`quoted "a""b;--c"`}},
		{"backslash in a name", `"a\" b`, []string{`quoted "a\"`, "word b"}},
		{"literals", `'a' 'it''s' '\'' '\\' ''`, []string{"string 'a'", "string 'it''s'", `string '\''`, `string '\\'`, "string ''"}},
		{"literals side by side", `'a''b'`, []string{"string 'a''b'"}},
		{"dollars", "$$a'b$$ $x$ $$ $x$", []string{"string $$a'b$$", "string $x$ $$ $x$"}},
		{"params", "$1,$12::int", []string{"param $1", "punct ,", "param $12", "operator ::", "word int"}},
		{"lone dollar", "$ $a", []string{"operator $", "operator $", "word a"}},
		{"numbers", "1 1.5 .5 1e3 1E-3 1e", []string{"number 1", "number 1.5", "number .5", "number 1e3", "number 1E-3", "number 1", "word e"}},
		{"member", "a.b", []string{"word a", "punct .", "word b"}},
		{"operators", "a<>b||c!~*d", []string{"word a", "operator <>", "word b", "operator ||", "word c", "operator !~*", "word d"}},
		{"operator before a comment", "1+--x\n2*/*y*/3", []string{"number 1", "operator +", "number 2", "operator *", "number 3"}},
		{"division", "a / b", []string{"word a", "operator /", "word b"}},
		{"punctuation", "f(a[1]);", []string{"word f", "punct (", "word a", "punct [", "number 1", "punct ]", "punct )", "punct ;"}},
		{"slice is no cast", "a[1:2]", []string{"word a", "punct [", "number 1", "punct :", "number 2", "punct ]"}},
		{"open literal", "select 'a -- b", []string{"word select", "string 'a -- b"}},
		{"literal ends in a backslash", `'a\`, []string{`string 'a\`}},
		{"open name", `select "a`, []string{"word select", `quoted "a`}},
		{"open comment", "a /* b", []string{"word a"}},
		{"no SQL at all", "\x00\x01", []string{"operator \x00", "operator \x01"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, spelled(sqltext.Code(test.sql))); diff != "" {
				t.Errorf("Code(%q) (-want +got):\n%s", test.sql, diff)
			}
		})
	}
}

func TestIs(t *testing.T) {
	tokens := sqltext.Code(`select SELECT "select" selects`)
	for i, want := range []bool{true, true, false, false} {
		if got := tokens[i].Is("Select"); got != want {
			t.Errorf("%s: Is = %t, want %t", tokens[i].Text, got, want)
		}
	}
}

func TestSplit(t *testing.T) {
	tests := []struct {
		name, script string
		want         []string
	}{
		{"empty", "", nil},
		{"no code", " ; -- a\n;;", nil},
		{"one", "select 1", []string{"select 1"}},
		{"two", "select 1;\nselect 2 ;\n", []string{"select 1", "select 2"}},
		{"semicolons that end nothing", `select ';', ";" /* ; */ -- ;` + "\n;select $$;$$", []string{`select ';', ";" /* ; */ -- ;`, "select $$;$$"}},
		{"escaped quote", `select '\';'; select 2`, []string{`select '\';'`, "select 2"}},
		{"comment before", "-- first\nselect 1;", []string{"-- first\nselect 1"}},
		{"open literal keeps its blanks", "select 'a ", []string{"select 'a "}},
		{"blanks that are none to Redshift", "\u00a0; select \u0085", []string{"\u00a0", "select \u0085"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, sqltext.Split(test.script)); diff != "" {
				t.Errorf("Split(%q) (-want +got):\n%s", test.script, diff)
			}
		})
	}
}

var scripts = []string{
	"", "select 1", "select 'it''s \\' ok', \"a\"\"b\"; -- done", "$x$ a $x$ $1 $$ 'b", "/* a /* b */ ; */ select a::int / 2",
	"copy t from 's3://b/k' iam_role default format as parquet;", "1e+ .5.5 a<>-b --", "\x00\xff;\u00a0", "a$b$ $ $$",
}

// Joined in order, the texts of all tokens are the input, each at its position.
func FuzzTokens(f *testing.F) {
	for _, s := range scripts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		var joined strings.Builder
		if all := sqltext.Tokens(sql); len(all) > 0 && sqltext.First(sql) != all[0] {
			t.Errorf("the first token is %+v, and by First %+v", all[0], sqltext.First(sql))
		}
		var command sqltext.Token
		if code := sqltext.Code(sql); len(code) > 0 {
			command = code[0]
		}
		if got := sqltext.Command(sql); got != command {
			t.Errorf("the first token of the code is %+v, and by Command %+v", command, got)
		}
		for _, token := range sqltext.Tokens(sql) {
			if token.Pos != joined.Len() || token.Text == "" || token.Kind < sqltext.Space || token.Kind > sqltext.Punct {
				t.Errorf("token %+v stands at byte %d", token, joined.Len())
			}
			joined.WriteString(token.Text)
			name, isName := token.Identifier(true)
			value, isString := token.Value()
			if isName != (token.Kind == sqltext.Word || token.Kind == sqltext.Quoted) || isString != (token.Kind == sqltext.String) {
				t.Errorf("%+v: Identifier %q, %t; Value %q, %t", token, name, isName, value, isString)
			}
		}
		if joined.String() != sql {
			t.Errorf("the tokens make %q, want %q", joined.String(), sql)
		}
	})
}

// The statements have the tokens of the script, without the semicolons.
func FuzzSplit(f *testing.F) {
	for _, s := range scripts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, script string) {
		var want, got []string
		for _, token := range sqltext.Code(script) {
			if token.Kind != sqltext.Punct || token.Text != ";" {
				want = append(want, token.Text)
			}
		}
		for _, statement := range sqltext.Split(script) {
			code := sqltext.Code(statement)
			if len(code) == 0 {
				t.Errorf("statement %q has no code", statement)
			}
			for _, token := range code {
				got = append(got, token.Text)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("tokens of Split(%q) (-want +got):\n%s", script, diff)
		}
	})
}

func BenchmarkTokens(b *testing.B) {
	sql := strings.Repeat("insert into \"sales\".\"orders\" (id, note) values (17, 'it''s \\\\ fine'); -- done\n", 100)
	b.SetBytes(int64(len(sql)))
	for b.Loop() {
		sqltext.Tokens(sql)
	}
}
