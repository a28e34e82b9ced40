package unload_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/unload"
)

var role = creds.MustParseRole("arn:aws:iam::111111111111:role/unload")

func orders() unload.Command {
	return unload.Command{
		Table:   redferry.Table{Schema: "sales", Name: "orders"},
		Columns: []redferry.Column{{Name: "id", Type: "bigint"}, {Name: `a"b\c`, Type: "character varying(10)"}},
		To:      redferry.MustParseURI("s3://bucket-a/stage/run/orders/1/"),
		Role:    role,
	}
}

func TestSQL(t *testing.T) {
	c := orders()
	c.Where = `note <> 'it''s\\'`
	c.MaxFileSize = 100_000_000
	got, err := c.SQL()
	if err != nil {
		t.Fatal(err)
	}
	want := `UNLOAD ('SELECT "id", "a""b\\c" FROM "sales"."orders" WHERE note <> ''it''''s\\\\''')
TO 's3://bucket-a/stage/run/orders/1/'
IAM_ROLE 'arn:aws:iam::111111111111:role/unload'
FORMAT AS PARQUET
MANIFEST VERBOSE
MAXFILESIZE 100 MB`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestEverySettingReachesTheSQL changes one field at a time.
func TestEverySettingReachesTheSQL(t *testing.T) {
	base := orders()
	before, err := base.SQL()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*unload.Command){
		"Table":       func(c *unload.Command) { c.Table.Name = "lines" },
		"Columns":     func(c *unload.Command) { c.Columns = c.Columns[:1] },
		"Where":       func(c *unload.Command) { c.Where = "id > 1" },
		"Query":       func(c *unload.Command) { c.Query, c.Table = "SELECT 1 AS one", redferry.Table{} },
		"To":          func(c *unload.Command) { c.To = c.To.Join("2/") },
		"Role":        func(c *unload.Command) { c.Role = creds.MustParseRole("arn:aws:iam::111111111111:role/other") },
		"MaxFileSize": func(c *unload.Command) { c.MaxFileSize = 5_000_000 },
	} {
		c := orders()
		change(&c)
		after, err := c.SQL()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if after == before {
			t.Errorf("%s does not reach the SQL", name)
		}
	}
}

// TestFileSizes: UNLOAD takes both ends of what it documents, and nothing beyond.
func TestFileSizes(t *testing.T) {
	for size, says := range map[int64]string{
		5_000_000: "MAXFILESIZE 5 MB", 6_200_000_000: "MAXFILESIZE 6200 MB", 4_999_999: "", 6_200_000_001: "", -1: "",
	} {
		c := orders()
		c.MaxFileSize = size
		sql, err := c.SQL()
		if says == "" {
			if !errors.Is(err, unload.ErrCommand) {
				t.Errorf("%d bytes: got %v, want ErrCommand", size, err)
			}
			continue
		}
		if err != nil || !strings.HasSuffix(sql, says) {
			t.Errorf("%d bytes: got %v, %s", size, err, sql)
		}
	}
}

func TestCommandRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*unload.Command)
		want   error
		says   string
	}{
		{"neither table nor query", func(c *unload.Command) { c.Table = redferry.Table{} }, unload.ErrCommand, "either Table or Query"},
		{"both", func(c *unload.Command) { c.Query = "SELECT 1" }, unload.ErrCommand, "either Table or Query"},
		{"a query with a condition", func(c *unload.Command) { c.Query, c.Table, c.Where = "SELECT 1", redferry.Table{}, "x" }, unload.ErrCommand, "Where goes with Table"},
		{"no columns", func(c *unload.Command) { c.Columns = nil }, unload.ErrCommand, "needs its Columns"},
		{"a prefix that others begin with", func(c *unload.Command) { c.To.Key = "stage/orders" }, unload.ErrCommand, "ends in a slash"},
		{"a whole bucket", func(c *unload.Command) { c.To.Key = "" }, unload.ErrCommand, "ends in a slash"},
		{"no role", func(c *unload.Command) { c.Role = creds.Role{} }, unload.ErrCommand, "Role is empty"},
		{"files too small", func(c *unload.Command) { c.MaxFileSize = 1000 }, unload.ErrCommand, "MaxFileSize"},
		{"a name too long", func(c *unload.Command) { c.Columns[0].Name = strings.Repeat("x", 128) }, redferry.ErrIdentifier, "127 bytes"},
		{"a table's name too long", func(c *unload.Command) { c.Table.Name = strings.Repeat("x", 128) }, redferry.ErrIdentifier, "127 bytes"},
		{"no schema", func(c *unload.Command) { c.Table.Schema = "" }, redferry.ErrIdentifier, "schema: redferry: the empty name"},
		{"varbyte", func(c *unload.Command) { c.Columns[0].Type = "binary varying(10)" }, unload.ErrType, `"id"`},
		{"geometry", func(c *unload.Command) { c.Columns[0].Type = "geometry" }, unload.ErrType, "text only"},
		{"timetz", func(c *unload.Command) { c.Columns[0].Type = "time with time zone" }, unload.ErrType, "not established"},
		{"interval", func(c *unload.Command) { c.Columns[0].Type = "interval day to second" }, unload.ErrType, "not established"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := orders()
			tt.change(&c)
			_, err := c.SQL()
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want %v that says %q", err, tt.want, tt.says)
			}
		})
	}
}

// FuzzSQL holds what the warehouse reads, literal by literal, against what was
// asked for: a name can never leave its quotes.
func FuzzSQL(f *testing.F) {
	f.Add("orders", "id")
	f.Add(`o"; DROP TABLE x; --`, `\`)
	f.Add(`\'`, "back\\b")
	f.Add("naïve 🚢", "')")
	f.Fuzz(func(t *testing.T, table, column string) {
		c := orders()
		c.Table.Name, c.Columns = table, []redferry.Column{{Name: column, Type: "bigint"}}
		sql, err := c.SQL()
		if err != nil {
			if !errors.Is(err, redferry.ErrIdentifier) {
				t.Errorf("error %v is not about an identifier", err)
			}
			return
		}
		outer := sqltext.Code(sql)
		query, ok := outer[2].Value()
		if !ok || outer[3].Text != ")" {
			t.Fatalf("the query is not one literal: %s", sql)
		}
		inner := sqltext.Code(query)
		if len(inner) != 6 {
			t.Fatalf("%d tokens in %s", len(inner), query)
		}
		if got, _ := inner[1].Identifier(true); got != column {
			t.Errorf("column: got %q, want %q", got, column)
		}
		if got, _ := inner[5].Identifier(true); got != table {
			t.Errorf("table: got %q, want %q", got, table)
		}
	})
}
