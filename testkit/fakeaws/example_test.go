package fakeaws_test

import (
	"fmt"

	"github.com/redferry/redferry/testkit/fakeaws"
)

// The split of keys that redferry stands on: a role of account A reaches the
// bucket of A, and not the bucket of B, whatever its own policy says.
func ExampleCloud_Authorize() {
	cloud := fakeaws.NewCloud(nil)
	a, err := cloud.Account("111122223333")
	if err != nil {
		fmt.Println(err)
		return
	}
	reader, err := a.CreateUser("reader", fakeaws.MustParsePolicy(`{
		"Version": "2012-10-17",
		"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	get := fakeaws.Access{Identity: reader.Identity(), Action: "s3:GetObject"}

	get.Resource, get.Owner = "arn:aws:s3:::bucket-a/key", "111122223333"
	fmt.Println(cloud.Authorize(get))
	get.Resource, get.Owner = "arn:aws:s3:::bucket-b/key", "444455556666"
	fmt.Println(cloud.Authorize(get))
	// Output:
	// <nil>
	// fakeaws: AccessDenied: Access Denied
}
