package fakeredshift_test

import (
	"context"
	"fmt"
	"log"

	"github.com/jackc/pgx/v5"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/memnet"
)

// A program talks to the warehouse as to Redshift. The engine here is a toy;
// that of package duck runs any SQL.
func Example() {
	ctx := context.Background()
	cloud := fakeaws.NewCloud(nil)
	account, err := cloud.Account("111122223333")
	if err != nil {
		log.Fatal(err)
	}
	warehouse, err := fakeredshift.New(cloud, account, newToy(), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = warehouse.Close() }()
	if err := warehouse.CreateUser("awsuser", "Secret1", true); err != nil {
		log.Fatal(err)
	}
	network := new(memnet.Network)
	listener, err := network.Listen("redshift.test:5439")
	if err != nil {
		log.Fatal(err)
	}
	warehouse.StartPG(listener, nil)

	config, err := pgx.ParseConfig("postgres://awsuser:Secret1@redshift.test:5439/dev?sslmode=disable")
	if err != nil {
		log.Fatal(err)
	}
	config.DialFunc, config.LookupFunc = network.DialContext, network.LookupHost
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()

	warehouse.Inject(fakeredshift.Fault{Op: "COPY", SQL: &fakeredshift.Error{
		SQLState: "XX000", Code: 15007, Message: "Spectrum Scan Error",
	}})
	_, err = conn.Exec(ctx, "COPY sales FROM 's3://bucket/manifest' IAM_ROLE default PARQUET MANIFEST")
	fmt.Println(err)
	for _, query := range warehouse.History() {
		fmt.Println(query.Status, query.Error)
	}
	// Output:
	// ERROR: Spectrum Scan Error (SQLSTATE XX000)
	// failed Spectrum Scan Error
}
