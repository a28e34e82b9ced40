package redferry_test

import (
	"encoding/json"
	"fmt"

	"github.com/redferry/redferry"
)

func ExampleParseURI() {
	stage, err := redferry.ParseURI("s3://stage-a/runs/")
	if err != nil {
		fmt.Println(err)
		return
	}
	file := stage.Join("2026-01-31", "0000_part_00.parquet")
	fmt.Println(file)
	fmt.Println(file.Rebase(stage, redferry.MustParseURI("s3://stage-b/in/")))
	// Output:
	// s3://stage-a/runs/2026-01-31/0000_part_00.parquet
	// s3://stage-b/in/2026-01-31/0000_part_00.parquet true
}

func ExampleParseTable() {
	table, err := redferry.ParseTable(`Sales."Orders 2026"`)
	fmt.Println(table, err)
	// Output: "sales"."Orders 2026" <nil>
}

func ExampleQuote() {
	fmt.Println(redferry.Quote(`a "hostile" name`))
	// Output: "a ""hostile"" name"
}

// A query in UNLOAD is a literal as a whole, with literals of its own.
func ExampleLiteral() {
	query := "select * from sales.orders where note = " + redferry.Literal(`it's a \`)
	fmt.Println("unload (" + redferry.Literal(query) + ")")
	// Output: unload ('select * from sales.orders where note = ''it''''s a \\\\''')
}

// What UNLOAD wrote in account A becomes what COPY reads in account B.
func ExampleManifest_Rebase() {
	unloaded, err := redferry.ParseManifest([]byte(`{
		"entries": [{"url": "s3://stage-a/run/0000.parquet", "meta": {"content_length": 4096, "record_count": 12}}],
		"meta": {"content_length": 4096, "record_count": 12}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	moved, err := unloaded.Rebase(redferry.MustParseURI("s3://stage-a/run/"), redferry.MustParseURI("s3://stage-b/in/"))
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := json.MarshalIndent(moved.Entries[0], "", " ")
	fmt.Println(string(text), err)
	// Output:
	// {
	//  "URL": "s3://stage-b/in/0000.parquet",
	//  "Size": 4096,
	//  "Rows": 12,
	//  "Mandatory": true
	// } <nil>
}
