package unload_test

import (
	"fmt"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/unload"
)

func ExampleCommand_SQL() {
	c := unload.Command{
		Table:   redferry.Table{Schema: "sales", Name: "orders"},
		Columns: []redferry.Column{{Name: "id", Type: "bigint"}, {Name: "note", Type: "character varying(40)"}},
		Where:   "note <> 'it''s'",
		To:      redferry.MustParseURI("s3://acct-a-stage/run-7/orders/"),
		Role:    creds.MustParseRole("arn:aws:iam::111111111111:role/unload"),
	}
	sql, err := c.SQL()
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(sql)
	// Output:
	// UNLOAD ('SELECT "id", "note" FROM "sales"."orders" WHERE note <> ''it''''s''')
	// TO 's3://acct-a-stage/run-7/orders/'
	// IAM_ROLE 'arn:aws:iam::111111111111:role/unload'
	// FORMAT AS PARQUET
	// MANIFEST VERBOSE
}
