package creds_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/redferry/redferry/creds"
)

// The environment first, then something to fall back on.
func ExampleChain() {
	login := creds.Chain(
		creds.EnvLogin("EXAMPLE_USER", "EXAMPLE_PASSWORD"),
		creds.Static(creds.Login{User: "ferry", Password: creds.NewSecret("hunter2"), Source: "built in"}),
	)
	got, err := login.Retrieve(context.Background())
	fmt.Printf("%s, %v, from %s, %v\n", got.User, got.Password, got.Source, err)
	// Output: ferry, REDACTED, from built in, <nil>
}

func ExampleParseRole() {
	role, err := creds.ParseRole("arn:aws:iam::111122223333:role/copier")
	fmt.Println(role.Account(), err)
	_, err = creds.ParseRole("default")
	fmt.Println(err)
	// Output:
	// 111122223333 <nil>
	// creds: "default" is not a usable IAM role: write the ARN of the role that is attached to the warehouse as its default
}

func ExampleMask() {
	var mask creds.Mask
	mask.Add(creds.NewSecret("hunter2"))
	handler := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime})
	slog.New(mask.Handler(handler)).Info("login refused", "sent", "password=hunter2", "key", "AKIAIOSFODNN7EXAMPLE")
	// Output: level=INFO msg="login refused" sent="password=REDACTED" key=REDACTED
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
