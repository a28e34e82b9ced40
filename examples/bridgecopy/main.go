// Command bridgecopy copies everything under one S3 prefix to another, with one
// key that can read and another that can write.
//
//	bridgecopy -src s3://a/p/ -dst s3://b/p/ -journal ./journal
//
// The keys come from SRC_AWS_ACCESS_KEY_ID, SRC_AWS_SECRET_ACCESS_KEY,
// SRC_AWS_SESSION_TOKEN (optional) and SRC_AWS_REGION, and from the same names
// with DST_. The reader needs s3:ListBucket and s3:GetObject, the writer
// s3:PutObject, s3:AbortMultipartUpload and s3:ListMultipartUploadParts.
//
// Interrupt it and start it again with the same -journal: what the target has is
// not sent again. It exits with 1 if an object could not be copied and proven, and
// with 2 if the command line is wrong.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/redferry/redferry/bridge"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	fmt.Fprintln(os.Stderr, err)
	if errors.Is(err, errUsage) {
		os.Exit(2)
	}
	os.Exit(1)
}

func run(ctx context.Context, args []string, env func(string) string, out io.Writer) error {
	s, err := parse(args, out)
	if err != nil {
		return err
	}
	src, err := client("SRC", env, s.srcEndpoint, s.ca)
	if err != nil {
		return err
	}
	dst, err := client("DST", env, s.dstEndpoint, s.ca)
	if err != nil {
		return err
	}
	if s.journal != "" {
		if s.options.Journal, err = bridge.NewDirJournal(s.journal); err != nil {
			return err
		}
	}
	report := newReport(out, s.verbose)
	s.options.Trace = report.trace()
	copier := bridge.New(dst, src, &s.options)
	listed := bridge.NewLister(src, &s.options).List(ctx, s.src)
	err = copier.CopyAll(ctx, report.jobs(s.dst, s.src, listed), report.done)
	return report.finish(err)
}
