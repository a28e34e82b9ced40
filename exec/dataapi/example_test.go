package dataapi_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/dataapi"
)

func ExampleNew() {
	client := redshiftdata.New(redshiftdata.Options{Region: "eu-central-1"})
	_, err := dataapi.New(client, dataapi.Target{Workgroup: "analytics"}, nil)
	fmt.Println(err)
	// Output: dataapi: the target needs a database
}

func ExampleExecutor() {
	var client dataapi.Client = new(service) // or redshiftdata.NewFromConfig(config)
	e, err := dataapi.New(client, dataapi.Target{Workgroup: "analytics", Database: "dev"}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := e.Exec(context.Background(), exec.Statement{
		SQL:   "UNLOAD ('SELECT * FROM sales') TO 's3://bucket/sales/' IAM_ROLE default FORMAT PARQUET",
		Label: "unload sales",
	})
	fmt.Println(result.QueryID, err)
	// Output: id-1 <nil>
}
