package awssecrets_test

import (
	"context"
	"fmt"
	"net"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/creds/awssecrets"
	"github.com/redferry/redferry/testkit/fakeaws"
)

// The login of a warehouse, kept in Secrets Manager: here that of fakeaws.
func ExampleLogin() {
	endpoint, keys, stop, err := serve()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()
	client := secretsmanager.New(secretsmanager.Options{
		Region:       "eu-west-1",
		BaseEndpoint: aws.String(endpoint),
		Credentials:  awscreds.Provider(creds.Static(keys)),
	})
	login := creds.Cache(awssecrets.Login(client, "warehouse-a/ferry"), 0)
	got, err := login.Retrieve(context.Background())
	fmt.Println(got.User, got.Password, err)
	// Output: ferry REDACTED <nil>
}

// serve starts a Secrets Manager that holds one login.
func serve() (endpoint string, keys creds.Keys, stop func(), err error) {
	cloud := fakeaws.NewCloud(nil)
	a, err := cloud.Account("111122223333")
	if err != nil {
		return "", keys, nil, err
	}
	if _, err := a.PutSecret("eu-west-1", "warehouse-a/ferry", `{"username": "ferry", "password": "hunter2"}`); err != nil {
		return "", keys, nil, err
	}
	reader, err := a.CreateUser("reader", fakeaws.MustParsePolicy(`{
		"Version": "2012-10-17",
		"Statement": {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
	}`))
	if err != nil {
		return "", keys, nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", keys, nil, err
	}
	server := fakeaws.NewSecretsManager(cloud, "eu-west-1")
	server.Start(l, nil)
	return "http://" + l.Addr().String(), reader.CreateAccessKey(), func() { _ = server.Close() }, nil
}
