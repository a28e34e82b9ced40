package main

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// errUsage marks what is wrong with the command line: the program exits with 2.
var errUsage = errors.New("bridgecopy -h explains")

const synopsis = `usage: bridgecopy -src s3://BUCKET/PREFIX/ -dst s3://BUCKET/PREFIX/ [flags]

Copies everything under one S3 prefix to another, with a key that reads the
source and a key that writes to the target.
`

const environment = `
The keys come from the environment:
  SRC_AWS_ACCESS_KEY_ID  SRC_AWS_SECRET_ACCESS_KEY  SRC_AWS_REGION   read the source
  DST_AWS_ACCESS_KEY_ID  DST_AWS_SECRET_ACCESS_KEY  DST_AWS_REGION   write to the target
  SRC_AWS_SESSION_TOKEN  DST_AWS_SESSION_TOKEN                       if the keys are temporary

Exits with 0 if every object was copied and proven, with 1 if one was not, and
with 2 if the command line is wrong. Start it again with the same -journal, and
what the target has is not sent again.
`

// settings are the flags.
type settings struct {
	src, dst                 redferry.URI
	srcEndpoint, dstEndpoint string
	ca, journal              string
	bandwidth                bridge.Timetable
	verbose                  bool
	options                  bridge.Options
}

func (s *settings) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("bridgecopy", flag.ContinueOnError)
	flags.TextVar(&s.src, "src", redferry.URI{}, "copy what lies under this `s3://bucket/prefix/`")
	flags.TextVar(&s.dst, "dst", redferry.URI{}, "put it under this `s3://bucket/prefix/`")
	flags.StringVar(&s.srcEndpoint, "src-endpoint", "", "`URL` of the source's S3, if it is not that of AWS")
	flags.StringVar(&s.dstEndpoint, "dst-endpoint", "", "`URL` of the target's S3, if it is not that of AWS")
	flags.StringVar(&s.ca, "ca", "", "trust the certificates in this `file` instead of the system's")
	flags.StringVar(&s.journal, "journal", "", "remember uploads in this `directory`, and go on with those it knows")
	flags.Int64Var(&s.options.PartSize, "part-size", 0, "`bytes` of a part (default 32 MiB)")
	flags.IntVar(&s.options.Concurrency, "concurrency", 0, "`transfers` at once (default 16)")
	flags.TextVar(&s.bandwidth, "bwlimit", bridge.Timetable(nil), "bytes per second: a `rate` such as 512K, 10M or off, or rates with times of the day or\nthe week: \"08:00,512K 19:00,10M Sat-00:00,off\" (default off)")
	flags.BoolVar(&s.verbose, "v", false, "print a line for each object, and why a request is repeated")
	flags.TextVar(&s.options.MinLevel, "verify", bridge.Wire, "fail objects that are proven less than this `level`: wire, recomputed or stored")
	return flags
}

// parse reads the command line. It prints nothing unless -h asks for it.
func parse(args []string, out io.Writer) (*settings, error) {
	var s settings
	flags := s.flags()
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil, errors.Join(err, explain(flags, out))
	case err != nil:
		return nil, fmt.Errorf("bridgecopy: %w; %w", err, errUsage)
	case flags.NArg() > 0:
		return nil, fmt.Errorf("bridgecopy: %q is no flag; %w", flags.Arg(0), errUsage)
	case !s.src.IsPrefix() || !s.dst.IsPrefix() || s.src.Bucket == "" || s.dst.Bucket == "":
		return nil, fmt.Errorf("bridgecopy: give -src s3://bucket/prefix/ and -dst s3://bucket/prefix/, both with a slash at the end; %w", errUsage)
	}
	if s.bandwidth != nil {
		s.options.Bandwidth = bridge.NewBandwidth(0)
		s.options.Bandwidth.SetTimetable(s.bandwidth)
	}
	return &s, nil
}

func explain(flags *flag.FlagSet, out io.Writer) error {
	_, before := io.WriteString(out, synopsis+"\n")
	flags.SetOutput(out)
	flags.PrintDefaults()
	_, after := io.WriteString(out, environment)
	return errors.Join(before, after)
}
