package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3"
)

// Example copies what lies under a prefix of bucket source to bucket target. The
// reader's key can do nothing with the target, the writer's key cannot read.
func Example() {
	ctx := context.Background()
	endpoint, reader, writer, stop := twoAccounts(ctx)
	defer stop()

	src, err := bridge.NewClient(bridge.Access{Region: "us-east-1", Endpoint: endpoint, Credentials: reader})
	if err != nil {
		fmt.Println(err)
		return
	}
	dst, err := bridge.NewClient(bridge.Access{Region: "us-east-1", Endpoint: endpoint, Credentials: writer})
	if err != nil {
		fmt.Println(err)
		return
	}
	copier := bridge.New(dst, src, &bridge.Options{Journal: new(bridge.MemJournal), MinLevel: bridge.Stored})

	from, to := redferry.MustParseURI("s3://source/unload/"), redferry.MustParseURI("s3://target/load/")
	jobs := func(yield func(bridge.Job, error) bool) {
		for object, err := range bridge.NewLister(src, nil).List(ctx, from, "") {
			moved, _ := object.URI.Rebase(from, to)
			if !yield(bridge.Job{Dst: moved, Src: object}, err) {
				return
			}
		}
	}
	err = copier.CopyAll(ctx, jobs, func(job bridge.Job, result *bridge.Result, err error) error {
		if err != nil {
			return err
		}
		fmt.Println(job.Dst, result.Size, "bytes, proof:", result.Level)
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	_, err = copier.Copy(ctx, to.Join("x"), bridge.Object{URI: from.Join("x"), Size: -1})
	fmt.Println("what is not there does not exist:", errors.Is(err, fs.ErrNotExist))
	// Output:
	// s3://target/load/0000_part_00.parquet 4096 bytes, proof: stored
	// what is not there does not exist: true
}

// twoAccounts starts an S3 with a bucket in each of two accounts, and one object.
func twoAccounts(ctx context.Context) (endpoint string, reader, writer aws.CredentialsProvider, stop func()) {
	cloud := fakeaws.NewCloud(nil)
	server := fakes3.New(cloud, nil)
	l := orPanic(net.Listen("tcp", "127.0.0.1:0"))
	server.Start(l, nil)
	endpoint = "http://" + l.Addr().String()

	a, b := orPanic(cloud.Account("111111111111")), orPanic(cloud.Account("222222222222"))
	if err := errors.Join(server.CreateBucket(a, "source"), server.CreateBucket(b, "target")); err != nil {
		panic(err)
	}
	admin := orPanic(bridge.NewClient(bridge.Access{Region: "us-east-1", Endpoint: endpoint, Credentials: keys(a, "admin", all)}))
	object := redferry.MustParseURI("s3://source/unload/0000_part_00.parquet")
	if err := bridge.New(admin, admin, nil).WriteTarget(ctx, object, make([]byte, 4096)); err != nil {
		panic(err)
	}
	return endpoint, keys(a, "reader", readOnly), keys(b, "writer", writeOnly), func() { _ = server.Close() }
}

func keys(account *fakeaws.Account, name, policy string) aws.CredentialsProvider {
	k := orPanic(account.CreateUser(name, fakeaws.MustParsePolicy(policy))).CreateAccessKey()
	return credentials.NewStaticCredentialsProvider(k.AccessKeyID, k.SecretAccessKey.Reveal(), "")
}

func orPanic[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
