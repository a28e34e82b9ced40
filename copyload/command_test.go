package copyload_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/creds"
)

func TestSQL(t *testing.T) {
	c := command(6)
	c.ExplicitIDs = true
	c.Columns = append(c.Columns, redferry.Column{Name: `do"c\`, Type: "super"})
	got, err := c.SQL()
	if err != nil {
		t.Fatal(err)
	}
	want := `COPY "sales"."orders" ("id", "note", "do""c\")
FROM 's3://bucket-b/stage/run/orders/1.manifest'
IAM_ROLE 'arn:aws:iam::222222222222:role/copy'
FORMAT AS PARQUET
MANIFEST
SERIALIZETOJSON
EXPLICIT_IDS`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCommandRefused(t *testing.T) {
	for name, change := range map[string]func(*copyload.Command){
		"no id":                    func(c *copyload.Command) { c.ID = "" },
		"an id too long":           func(c *copyload.Command) { c.ID = strings.Repeat("x", 257) },
		"no table":                 func(c *copyload.Command) { c.Into = redferry.Table{} },
		"no columns":               func(c *copyload.Command) { c.Columns = nil },
		"a column's name":          func(c *copyload.Command) { c.Columns[0].Name = "" },
		"no manifest":              func(c *copyload.Command) { c.Manifest = nil },
		"rows unknown":             func(c *copyload.Command) { c.Manifest.Rows = -1 },
		"To is no prefix":          func(c *copyload.Command) { c.To.Key = "stage" },
		"To is a bucket":           func(c *copyload.Command) { c.To.Key = "" },
		"From is no prefix":        func(c *copyload.Command) { c.From.Key = "stage" },
		"rows, no files":           func(c *copyload.Command) { c.Manifest.Entries = nil },
		"an odd mode":              func(c *copyload.Command) { c.Mode = copyload.Replace + 1 },
		"a negative generation":    func(c *copyload.Command) { c.Generation = -1 },
		"Replace of no generation": func(c *copyload.Command) { c.Mode, c.Generation = copyload.Replace, 0 },
		"no role":                  func(c *copyload.Command) { c.Role = creds.Role{} },
	} {
		t.Run(name, func(t *testing.T) {
			c := command(6)
			change(&c)
			if _, err := c.SQL(); !errors.Is(err, copyload.ErrCommand) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestCommandAccepted: what lies just within the bounds.
func TestCommandAccepted(t *testing.T) {
	for name, change := range map[string]func(*copyload.Command){
		"the longest id":      func(c *copyload.Command) { c.ID = strings.Repeat("x", 256) },
		"no generation":       func(c *copyload.Command) { c.Generation = 0 },
		"the first":           func(c *copyload.Command) { c.Mode, c.Generation = copyload.Replace, 1 },
		"files of no rows":    func(c *copyload.Command) { c.Manifest.Rows = 0 },
		"an entry of no size": func(c *copyload.Command) { c.Manifest.Entries[0].Size = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			m, c := newModel(6), command(6)
			change(&c)
			m.copies = c.Manifest.Rows
			if _, err := copyload.Run(t.Context(), m.sessions(), bucket{}, &c); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestModeString(t *testing.T) {
	for mode, want := range map[copyload.Mode]string{
		copyload.OntoEmpty: "onto empty", copyload.Append: "append", copyload.Replace: "replace", copyload.Replace + 1: "Mode(3)",
	} {
		if got := mode.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func ExampleCommand_RewrittenManifest() {
	c := copyload.Command{To: redferry.MustParseURI("s3://acct-b-stage/run-7/orders/")}
	fmt.Println(c.RewrittenManifest())
	// Output: s3://acct-b-stage/run-7/orders.manifest
}
