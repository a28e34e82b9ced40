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
// not sent again. It exits with 1 if an object could not be copied and proven.
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

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// settings are the flags.
type settings struct {
	src, dst                 redferry.URI
	srcEndpoint, dstEndpoint string
	ca, journal              string
	verbose                  bool
	options                  bridge.Options
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, env func(string) string, out io.Writer) error {
	s, err := parse(args)
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

func parse(args []string) (*settings, error) {
	var s settings
	flags := flag.NewFlagSet("bridgecopy", flag.ContinueOnError)
	flags.TextVar(&s.src, "src", redferry.URI{}, "copy what lies under this `s3://bucket/prefix/`")
	flags.TextVar(&s.dst, "dst", redferry.URI{}, "put it under this `s3://bucket/prefix/`")
	flags.StringVar(&s.srcEndpoint, "src-endpoint", "", "`URL` of the source's S3, if it is not that of AWS")
	flags.StringVar(&s.dstEndpoint, "dst-endpoint", "", "`URL` of the target's S3, if it is not that of AWS")
	flags.StringVar(&s.ca, "ca", "", "trust the certificates in this `file` instead of the system's")
	flags.StringVar(&s.journal, "journal", "", "remember uploads in this `directory`, and go on with those it knows")
	flags.Int64Var(&s.options.PartSize, "part-size", 0, "`bytes` of a part (default 32 MiB)")
	flags.IntVar(&s.options.Concurrency, "concurrency", 0, "`transfers` at once (default 16)")
	flags.BoolVar(&s.verbose, "v", false, "print a line for each object")
	flags.TextVar(&s.options.MinLevel, "verify", bridge.Wire, "fail objects that are proven less than this: wire, recomputed, `stored`")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if !s.src.IsPrefix() || !s.dst.IsPrefix() || s.src.Bucket == "" || s.dst.Bucket == "" || flags.NArg() > 0 {
		return nil, fmt.Errorf("bridgecopy: give -src s3://bucket/prefix/ and -dst s3://bucket/prefix/, both with a slash at the end")
	}
	return &s, nil
}
