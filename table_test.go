package redferry_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/sqltext"
)

func TestParseTable(t *testing.T) {
	tests := []struct {
		name, text string
		want       redferry.Table
	}{
		{"plain", "sales.orders", redferry.Table{Schema: "sales", Name: "orders"}},
		{"folded", "Sales.ORDERS", redferry.Table{Schema: "sales", Name: "orders"}},
		{"quoted", `"Sales"."a.b"`, redferry.Table{Schema: "Sales", Name: "a.b"}},
		{"one quoted", `sales."Orders"`, redferry.Table{Schema: "sales", Name: "Orders"}},
		{"quote in a name", `"a""b".""""`, redferry.Table{Schema: `a"b`, Name: `"`}},
		{"backslash", `"a\"."b\\"`, redferry.Table{Schema: `a\`, Name: `b\\`}},
		{"digits and dollar", "_s1.t$2", redferry.Table{Schema: "_s1", Name: "t$2"}},
		{"only ASCII is folded", "ÜBER.ÄRA", redferry.Table{Schema: "Über", Name: "Ära"}},
		{"blanks in quotes", `" "."line` + "\n" + `end"`, redferry.Table{Schema: " ", Name: "line\nend"}},
		{"longest", strings.Repeat("s", 127) + ".t", redferry.Table{Schema: strings.Repeat("s", 127), Name: "t"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := redferry.ParseTable(test.text)
			if err != nil || got != test.want {
				t.Errorf("ParseTable(%q) = %+v, %v, want %+v", test.text, got, err, test.want)
			}
		})
	}
}

func TestParseTableRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", "the empty name"},
		{"no schema", "orders", "write schema.name"},
		{"empty schema", ".orders", "the empty name"},
		{"empty name", "sales.", "the empty name"},
		{"empty quoted", `sales.""`, "the empty name"},
		{"three parts", "db.sales.orders", `".orders" follows the name`},
		{"blank", "sales. orders", "the empty name"},
		{"blank after", "sales.orders ", `" " follows the name`},
		{"digit in front", "1sales.orders", "the empty name"},
		{"open quote", `sales."orders`, "a quote is not closed"},
		{"injection", "sales.orders;drop table x", "follows the name"},
		{"hyphen", "sales.my-orders", "follows the name"},
		{"too long", "sales." + strings.Repeat("t", 128), "128 bytes"},
		{"too long in bytes", "sales." + strings.Repeat("é", 64), "128 bytes"},
		{"not UTF-8", "sales.\"\xff\"", "no valid UTF-8"},
		{"NUL", "sales.\"a\x00b\"", "holds a NUL"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := redferry.ParseTable(test.text)
			if !errors.Is(err, redferry.ErrTable) || !strings.Contains(err.Error(), test.want) || got != (redferry.Table{}) {
				t.Errorf("ParseTable(%q) = %v, %v, want ErrTable and %q", test.text, got, err, test.want)
			}
		})
	}
}

func TestTableCheck(t *testing.T) {
	long := strings.Repeat("x", 128)
	tests := []struct {
		name  string
		table redferry.Table
		want  string // empty for none
	}{
		{"plain", redferry.Table{Schema: "sales", Name: `Orders "2026"`}, ""},
		{"zero", redferry.Table{}, "schema: redferry: the empty name"},
		{"no name", redferry.Table{Schema: "sales"}, "the empty name"},
		{"long schema", redferry.Table{Schema: long, Name: "orders"}, "schema: redferry: name"},
		{"long name", redferry.Table{Schema: "sales", Name: long}, "127 bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.table.Check()
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

func TestTableStringAndOrder(t *testing.T) {
	tables := []redferry.Table{
		{Schema: "b", Name: "a"}, {Schema: `a"`, Name: "z"}, {Schema: "b", Name: "A"}, {Schema: "a", Name: "z"},
	}
	slices.SortFunc(tables, redferry.Table.Compare)
	var got []string
	for _, table := range tables {
		got = append(got, table.String())
	}
	want := []string{`"a"."z"`, `"a"""."z"`, `"b"."A"`, `"b"."a"`}
	if !slices.Equal(got, want) {
		t.Errorf("tables in order = %v, want %v", got, want)
	}
	if got := (redferry.Table{}).String(); got != "" {
		t.Errorf("String of the zero Table = %q, want none", got)
	}
}

func TestTableText(t *testing.T) {
	type config struct{ Table, None redferry.Table }
	want := config{Table: redferry.Table{Schema: "Sales", Name: `a"b`}}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got config
	if err := json.Unmarshal(text, &got); err != nil || got != want {
		t.Errorf("%s reads as %+v, %v, want %+v", text, got, err, want)
	}
	if err := json.Unmarshal([]byte(`{"Table": "orders"}`), &got); !errors.Is(err, redferry.ErrTable) {
		t.Errorf("error = %v, want ErrTable", err)
	}
}

func TestMustParseTablePanics(t *testing.T) {
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, redferry.ErrTable) {
			t.Errorf("panic = %v, want ErrTable", err)
		}
	}()
	redferry.MustParseTable("orders")
}

// What parses is a name for SQL that reads back as the same table, for redferry
// as for the tokenizer: three tokens and nothing else.
func FuzzParseTable(f *testing.F) {
	for _, s := range []string{"sales.orders", `"Sales"."a.b"`, `"a""b".c`, `a."b`, "a.b;c", "a.b.c", "Ü.é", `"\"."'"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		table, err := redferry.ParseTable(text)
		if err != nil {
			if !errors.Is(err, redferry.ErrTable) {
				t.Errorf("error %v does not wrap ErrTable", err)
			}
			return
		}
		if again, err := redferry.ParseTable(table.String()); err != nil || again != table {
			t.Errorf("%q is written as %s, which reads as %v, %v", text, table, again, err)
		}
		tokens := sqltext.Tokens(table.String())
		if len(tokens) != 3 {
			t.Fatalf("%s has %d tokens, want 3", table, len(tokens))
		}
		schema, _ := tokens[0].Identifier(true)
		name, _ := tokens[2].Identifier(true)
		if schema != table.Schema || name != table.Name || tokens[1].Text != "." {
			t.Errorf("%s reads as the tokens %v", table, tokens)
		}
	})
}
