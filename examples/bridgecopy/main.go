// Command bridgecopy makes what lies under one S3 prefix the same under another, with
// one key that can read and another that can write.
//
//	bridgecopy -src s3://a/p/ -dst s3://b/p/ -state ./state
//
// The keys come from SRC_AWS_ACCESS_KEY_ID, SRC_AWS_SECRET_ACCESS_KEY,
// SRC_AWS_SESSION_TOKEN (optional) and SRC_AWS_REGION, and from the same names
// with DST_. The reader needs s3:ListBucket and s3:GetObject, the writer
// s3:PutObject, s3:AbortMultipartUpload and s3:ListMultipartUploadParts, without
// -write-only also s3:ListBucket, with -delete s3:DeleteObject, and with -adopt and -sweep
// s3:ListBucketMultipartUploads. What -tags takes beside those is said with
// it; -kms-key takes kms:GenerateDataKey and kms:Decrypt with that key.
//
// With -preflight it copies nothing. It tries each of these rights, and
// s3:ListBucketMultipartUploads of the writer, with a request that needs no other
// right and leaves nothing behind, and prints which are there, which are missing, and
// which should not be there. It exits with 0 if all needed rights are there.
//
// Interrupt it and start it again with the same -state: objects and parts that are
// complete at the target are not sent again. It stops what is under way, and records what
// there is of it, or aborts it without a -state; that takes a moment, and a minute where S3
// does not answer. A second interrupt ends it at once, and costs no more than a kill, which
// is safe.
//
// Exit codes: 0, every object is at the target, proven as demanded; 1, something
// failed; 2, the command line is wrong; 3, nothing failed but the proof of some
// objects, which were not copied for that. Anything else is a failure, too.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200) // the heap is small: a tenth of the time for ten megabytes
	}
	signals := []os.Signal{syscall.SIGTERM}
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if !signal.Ignored(s) { // as a script has it that starts this in the background, or nohup
			signals = append(signals, s)
		}
	}
	signal.Ignore(syscall.SIGPIPE) // what cannot be written ends the run in order
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, stop) // the second signal ends it at once
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	fmt.Fprintln(os.Stderr, printable(err.Error()))
	switch {
	case errors.Is(err, errUsage):
		os.Exit(2)
	case errors.Is(err, errUnproven):
		os.Exit(3)
	}
	os.Exit(1)
}

// run does what args say. What it did it tells out, and who reads a report there people.
func run(ctx context.Context, args []string, env func(string) string, out, people io.Writer) error {
	s, err := parse(args, out)
	if err != nil {
		return err
	}
	src, err := s.client("SRC", env, s.srcEndpoint)
	if err != nil {
		return err
	}
	dst, err := s.client("DST", env, s.dstEndpoint)
	if err != nil {
		return err
	}
	if s.rights {
		return s.preflight(ctx, dst, src, out)
	}
	if s.report != "-" {
		people = out
	}
	report := newReport(ctx, people, s.verbose || s.dryRun)
	report.dry, report.removes, report.named = s.dryRun, s.remove, s.manifest != (redferry.URI{})
	s.options.Trace = report.trace()
	sync := s.sync(dst, src)
	held, closeState, err := s.openState(ctx, sync)
	if err != nil {
		return err
	}
	closeLines, err := report.writeLines(s.report, out)
	if err != nil {
		return errors.Join(err, closeState())
	}
	end := func() {}
	if !report.verbose {
		end = report.show()
	}
	summary, err := s.copy(held, dst, src, sync, report)
	end()
	err = s.advise(ctx, err)
	return report.finish(summary, errors.Join(err, closeState(), closeLines(summary, err)))
}

// copy does what sync says.
func (s *settings) copy(ctx context.Context, dst, src *s3.Client, sync *bridge.Sync, report *report) (*bridge.Summary, error) {
	copier := bridge.New(dst, src, &s.options)
	if err := s.sweepUp(ctx, copier, report); err != nil {
		return new(bridge.Summary), err
	}
	manifest, err := s.useManifest(ctx, copier, dst, src, sync)
	if err != nil {
		return new(bridge.Summary), err
	}
	if sync.Split, err = bridge.NewLister(src, &s.options).Split(ctx, s.src, s.listings); err != nil {
		return new(bridge.Summary), err
	}
	if err := manifest.retract(ctx, sync); err != nil {
		return new(bridge.Summary), err
	}
	summary, err := copier.Sync(ctx, sync, report.done)
	if err == nil && !s.dryRun {
		err = manifest.finish(ctx, summary, report)
	}
	return summary, err
}

// sync is what the flags ask for.
func (s *settings) sync(dst, src *s3.Client) *bridge.Sync {
	sync := &bridge.Sync{Dst: s.dst, Src: s.src, Source: bridge.NewLister(src, &s.options), Filter: s.filter, DryRun: s.dryRun}
	if !s.writeOnly {
		sync.Target = bridge.NewLister(dst, &s.options)
	}
	if s.remove {
		sync.Remover = dst
	}
	return sync
}
