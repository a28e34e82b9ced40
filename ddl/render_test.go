package ddl

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/sqltext"
)

// FuzzRender gives hostile names and texts to every statement of a plan, cuts
// the script into tokens again and checks that each is where it belongs, and
// that nothing else has come in.
func FuzzRender(f *testing.F) {
	f.Add("sales", "orders", "id", "a comment")
	f.Add(`a"b`, `c\d`, `e'f`, `it's a \ in it`)
	f.Add(`"; DROP TABLE x; --`, "/* */", "a\nb", "'); DROP TABLE x; --\n/*")
	f.Add("$$", "$1", "été", "\\'; --")
	f.Add("MixedCase", "select", "*/", "\\\\'")
	f.Fuzz(func(t *testing.T, schema, table, name, text string) {
		for _, s := range []string{schema, table, name} {
			if redferry.CheckIdentifier(s) != nil || strings.HasPrefix(s, "#") {
				return
			}
		}
		if text == "" || !utf8.ValidString(text) {
			return
		}
		source := Table{
			Name:    redferry.Table{Schema: schema, Name: table},
			Columns: []Column{{Name: name, Type: "integer", Comment: text}},
			Dist:    Dist{Style: DistKey, Key: name},
			Sort:    Sort{Columns: []string{name}},
			Primary: &Key{Name: name, Columns: []string{name}},
			Comment: text,
		}
		source.Foreign = []ForeignKey{{Name: name, Columns: []string{name}, RefTable: source.Name, RefColumns: []string{name}}}
		plan, err := New(nil).Plan(&Catalog{Tables: []Table{source}}, &PlanOptions{CaseSensitive: true})
		if err != nil {
			t.Fatal(err)
		}
		var want, got []string
		for _, s := range plan.Steps {
			want = append(want, s.SQL)
			got = append(got, shape(t, s.SQL)...)
		}
		if diff := cmp.Diff(shapes(schema, table, name, text), got); diff != "" {
			t.Fatalf("names and literals (-want +got):\n%s", diff)
		}
		var script strings.Builder
		if _, err := plan.WriteTo(&script); err != nil {
			t.Fatal(err)
		}
		statements := sqltext.Split(script.String())
		for i, s := range statements { // Split keeps the comment that stands before
			if !strings.HasSuffix(s, want[i]) || strings.Count(s[:len(s)-len(want[i])], "\n") != 1 {
				t.Fatalf("statement %d of the script is %q, want one line of comment and %q", i, s, want[i])
			}
		}
		if len(statements) != len(want) {
			t.Fatalf("%d statements in the script, want %d", len(statements), len(want))
		}
	})
}

// shape returns the quoted names and the literals of sql in their order, and a
// word for each statement.
func shape(t *testing.T, sql string) []string {
	t.Helper()
	code := sqltext.Code(sql)
	parts := []string{strings.ToLower(code[0].Text)}
	for _, token := range code {
		name, isName := token.Identifier(true)
		value, isValue := token.Value()
		switch {
		case token.Kind == sqltext.Quoted && isName:
			parts = append(parts, name)
		case isValue:
			parts = append(parts, value)
		case token.Text == ";":
			t.Fatalf("%q is more than one statement", sql)
		}
	}
	return parts
}

func shapes(schema, table, name, text string) []string {
	return slices.Concat(
		[]string{"create", schema},
		[]string{"create", schema, table, name, name, name, name, name},
		[]string{"alter", schema, table, name, name, schema, table, name},
		[]string{"comment", schema, table, text},
		[]string{"comment", schema, table, name, text},
	)
}

func TestIsExpression(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"0":                                true,
		"('now'::character varying)::date": true,
		"nvl(1, 2)":                        true,
		"'a;b,c)'":                         true,
		"'it''s \\' here'":                 true,
		"":                                 false,
		" ":                                false,
		"1, 2":                             false,
		"1; DROP TABLE x":                  false,
		"1)":                               false,
		"(1":                               false,
		"1 -- and so on":                   false,
		"1 /* and so on":                   false,
		"'open":                            false,
		`"open`:                            false,
		`'open \'`:                         false,
		"$$open":                           false,
	} {
		if got := isExpression(text); got != want {
			t.Errorf("isExpression(%q) = %v, want %v", text, got, want)
		}
	}
}

// FuzzIsExpression checks that what counts as an expression cannot reach beyond
// its place in a list of columns.
func FuzzIsExpression(f *testing.F) {
	for _, text := range []string{"0", "('now'::character varying)::date", "1), (2", "'open", "$$a$$", "1 --", "/*", "a[1]", `"x"`, "'\\'", "1;2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !isExpression(text) {
			return
		}
		inside := sqltext.Code("(a integer DEFAULT " + text + " NOT NULL, b date)")
		want := append(sqltext.Code("(a integer DEFAULT"), sqltext.Code(text)...)
		want = append(want, sqltext.Code("NOT NULL, b date)")...)
		if len(inside) != len(want) {
			t.Fatalf("%q has %d tokens alone and %d inside of a statement", text, len(want), len(inside))
		}
		depth := 0
		for i, token := range inside {
			if token.Text != want[i].Text {
				t.Fatalf("%q: token %d is %q inside of a statement, want %q", text, i, token.Text, want[i].Text)
			}
			if token.Kind != sqltext.Punct {
				continue
			}
			depth += strings.Count("([", token.Text) - strings.Count(")]", token.Text)
			if depth == 0 && i < len(inside)-1 {
				t.Fatalf("%q closes the list of columns", text)
			}
		}
	})
}

// FuzzMatches holds patterns against regular expressions.
func FuzzMatches(f *testing.F) {
	f.Add("a.*", "a.b")
	f.Add("*b*b", "bbab")
	f.Add("**", "")
	f.Add("a\n*.", "a\nb.")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(name) {
			return
		}
		expression := "(?s)^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$"
		if got, want := matches(pattern, name), regexp.MustCompile(expression).MatchString(name); got != want {
			t.Errorf("matches(%q, %q) = %v, want %v", pattern, name, got, want)
		}
	})
}

func TestParseIdentity(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want *Identity
		err  bool
	}{
		{text: `"identity"(100123, 0, '1,1'::text)`, want: &Identity{Seed: 1, Step: 1}},
		{text: `"identity"(100123, 0, ('100,-5'::character varying)::text)`, want: &Identity{Seed: 100, Step: -5}},
		{text: `"default_identity"(100123, 0, '1,1'::text)`, want: &Identity{Seed: 1, Step: 1, ByDefault: true}},
		{text: `default_identity(100123, 0, '0, 10'::text)`, want: &Identity{Step: 10, ByDefault: true}},
		{text: `'identity'::character varying`},
		{text: `getdate()`},
		{text: ``},
		{text: `"identity"(100123, 0, 'one'::text)`, err: true},
		{text: `"identity"(100123, 0)`, err: true},
	} {
		got, err := parseIdentity(tt.text)
		if diff := cmp.Diff(tt.want, got); diff != "" || (err != nil) != tt.err {
			t.Errorf("parseIdentity(%q): error %v (-want +got):\n%s", tt.text, err, diff)
		}
	}
}

// FuzzParseIdentity checks that what is rendered into a default is read again,
// and that no text at all makes it panic.
func FuzzParseIdentity(f *testing.F) {
	f.Add(`"identity"(1, 0, '1,1'::text)`, int64(1), int64(1), false)
	f.Add(`"default_identity"(`, int64(-5), int64(0), true)
	f.Fuzz(func(t *testing.T, text string, seed, step int64, byDefault bool) {
		if i, err := parseIdentity(text); i != nil && err != nil {
			t.Errorf("parseIdentity(%q) = %v and %v", text, i, err)
		}
		want := Identity{Seed: seed, Step: step, ByDefault: byDefault}
		function := map[bool]string{false: `"identity"`, true: `"default_identity"`}[byDefault]
		clause := strings.TrimSpace(want.String())
		seedStep := strings.ReplaceAll(clause[strings.Index(clause, "(")+1:len(clause)-1], " ", "")
		got, err := parseIdentity(function + "(1, 0, '" + seedStep + "'::text)")
		if err != nil || *got != want {
			t.Errorf("%v becomes %v, %v", want, got, err)
		}
	})
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, name string
		want          bool
	}{
		{"a.b", "a.b", true},
		{"a.b", "a.bc", false},
		{"a.*", "a.b", true},
		{"a.*", "ab.c", false},
		{"*.tmp_*", "s.tmp_1", true},
		{"*.tmp_*", "s.atmp_1", false},
		{"*", "", true},
		{"a*a", "a", false},
		{"a*b*c", "axxbyyc", true},
		{"a*bc", "abcbc", true},
		{"*b*b", "b", false},
		{"a.?", "a.b", false},
	} {
		if got := matches(tt.pattern, tt.name); got != tt.want {
			t.Errorf("matches(%q, %q) = %v, want %v", tt.pattern, tt.name, got, tt.want)
		}
	}
}
