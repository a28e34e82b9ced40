package ddl_test

import (
	"fmt"
	"os"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/ddl"
)

// A catalog comes from Inspect, or from a file; what is made of it can be read
// before anything runs.
func ExampleRedshift_Plan() {
	store := redferry.MustParseTable("shop.store")
	catalog := &ddl.Catalog{Tables: []ddl.Table{
		{
			Name:    redferry.MustParseTable("shop.sales"),
			Columns: []ddl.Column{{Name: "store", Type: "integer", Encoding: "az64"}},
			Dist:    ddl.Dist{Style: ddl.DistKey, Key: "store"},
			Foreign: []ddl.ForeignKey{{Name: "sales_store", Columns: []string{"store"}, RefTable: store, RefColumns: []string{"id"}}},
		},
		{
			Name:    store,
			Columns: []ddl.Column{{Name: "id", Type: "integer", NotNull: true, Encoding: "az64"}},
			Dist:    ddl.Dist{Style: ddl.DistAll},
			Primary: &ddl.Key{Name: "store_pkey", Columns: []string{"id"}},
		},
	}}
	plan, err := ddl.New(nil).Plan(catalog, &ddl.PlanOptions{Schemas: map[string]string{"shop": "eu"}, Prefix: "stg_"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := plan.WriteTo(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// -- schema "eu"
	// CREATE SCHEMA IF NOT EXISTS "eu";
	//
	// -- table "eu"."stg_store" from "shop"."store"
	// CREATE TABLE "eu"."stg_store" (
	//     "id" integer ENCODE az64 NOT NULL,
	//     CONSTRAINT "store_pkey" PRIMARY KEY ("id")
	// )
	// DISTSTYLE ALL;
	//
	// -- table "eu"."stg_sales" from "shop"."sales"
	// CREATE TABLE "eu"."stg_sales" (
	//     "store" integer ENCODE az64
	// )
	// DISTSTYLE KEY
	// DISTKEY ("store");
	//
	// -- foreign key "sales_store" of table "eu"."stg_sales"
	// ALTER TABLE "eu"."stg_sales" ADD CONSTRAINT "sales_store" FOREIGN KEY ("store") REFERENCES "eu"."stg_store" ("id");
}

func ExampleDiff() {
	want := ddl.Table{Columns: []ddl.Column{{Name: "id", Type: "bigint"}}, Dist: ddl.Dist{Style: ddl.DistAll}}
	have := ddl.Table{Columns: []ddl.Column{{Name: "id", Type: "integer"}}, Dist: ddl.Dist{Style: ddl.DistEven}}
	for _, d := range ddl.Diff(have, want) {
		fmt.Println(d)
	}
	// Output:
	// the type of column "id" is integer, not bigint
	// the distribution is DISTSTYLE EVEN, not DISTSTYLE ALL
}
