package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// errUsage marks what is wrong with the command line: the program exits with 2.
var errUsage = errors.New("bridgecopy -h explains")

const synopsis = `usage: bridgecopy -src s3://BUCKET/PREFIX/ -dst s3://BUCKET/PREFIX/ [flags]

Makes what lies under one S3 prefix the same under another, with a key that reads
the source and a key that writes to the target. Objects that are the same already
are not copied: those of which -state knows a copy of what the source lists by its ETag
now, and without it those whose ETags are the same at both ends, which those of objects in
parts often are not. Metadata, tags, storage classes and encryption that change alone, or are
asked for in another way than before, are not noticed.
`

const environment = `
The keys come from the environment:
  SRC_AWS_ACCESS_KEY_ID  SRC_AWS_SECRET_ACCESS_KEY  SRC_AWS_REGION   read the source
  DST_AWS_ACCESS_KEY_ID  DST_AWS_SECRET_ACCESS_KEY  DST_AWS_REGION   write to the target
  SRC_AWS_SESSION_TOKEN  DST_AWS_SESSION_TOKEN                       if the keys are temporary

Exits with 0 if every object is at the target and proven as -verify demands, with 1
if something failed, with 2 if the command line is wrong, and with 3 if nothing
failed but the proof of some objects, which were not copied for that. Start it again with the same -state, and what
the target has is not sent again. With -preflight it exits with 0 if all needed
rights are there, with 1 otherwise.
`

// maxListings bounds -listings: each takes a connection at each side, and a client keeps as
// many as this.
const maxListings = 64

// settings are the flags.
type settings struct {
	src, dst, manifest       redferry.URI
	srcEndpoint, dstEndpoint string
	ca, journal, state       string
	report                   string
	bandwidth                bridge.Timetable
	sweep                    time.Duration
	writeOnly, remove        bool
	dryRun, verbose          bool
	rights                   bool // -preflight
	include, exclude         patterns
	filter                   *bridge.Filter
	class, encryption, key   string
	listings                 int
	options                  bridge.Options
}

func (s *settings) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("bridgecopy", flag.ContinueOnError)
	flags.TextVar(&s.src, "src", redferry.URI{}, "copy what lies under this `s3://bucket/prefix/`")
	flags.TextVar(&s.dst, "dst", redferry.URI{}, "put it under this `s3://bucket/prefix/`")
	flags.StringVar(&s.srcEndpoint, "src-endpoint", "", "`URL` of the source's S3, if it is not that of AWS")
	flags.StringVar(&s.dstEndpoint, "dst-endpoint", "", "`URL` of the target's S3, if it is not that of AWS")
	flags.StringVar(&s.ca, "ca", "", "trust the certificates in this `file` instead of the system's")
	flags.StringVar(&s.journal, "journal", "", "remember open uploads in this `directory`, and go on with those it knows")
	flags.StringVar(&s.state, "state", "", "remember open uploads and what was copied in this `file`, or in a database,\npostgres://user@host/db with the password in PGPASSWORD, and go on from there")
	flags.BoolVar(&s.options.Adopt, "adopt", false, "go on with uploads that the state does not know, if this key began them and they can be\nproven; for a state that was lost")
	flags.Var((*age)(&s.sweep), "sweep", "first abort the uploads below -dst that this key began longer than this `age` ago, 72h, and\nthat the state does not know; those it knows end with a run that copies the object")
	flags.BoolVar(&s.writeOnly, "write-only", false, "do not list the target: the key may not, -state says what is there; without -state\nall is copied again")
	flags.BoolVar(&s.remove, "delete", false, "remove from the target what the source has not; asks the source for each object first")
	flags.TextVar(&s.manifest, "manifest", redferry.URI{}, "copy the files that this manifest of UNLOAD names, an `s3://bucket/key` below -src, and no\nothers; then write it below -dst, as COPY needs it there. If it replaces files, COPY refuses the\none of the run before until then. Takes no right to list the source")
	flags.BoolVar(&s.dryRun, "dry-run", false, "say what would be done, and do nothing; a database of -state gets its tables")
	flags.BoolVar(&s.rights, "preflight", false, "copy nothing: try whether the keys have the rights that these flags need, and no others;\nwith -delete a bucket with versions keeps a delete marker of it")
	flags.Var(&s.include, "include", "copy only objects whose keys match a `pattern`: *.parquet, /2026/**; may be repeated")
	flags.Var(&s.exclude, "exclude", "leave objects alone whose keys match a `pattern`, at both ends; may be repeated")
	flags.Var((*size)(&s.options.PartSize), "part-size", "the `size` of a part, such as 64M; a number alone is bytes (default 32M)")
	flags.IntVar(&s.options.Concurrency, "concurrency", 0, "most `transfers` at once (default 32); it finds out how many are worth it")
	flags.IntVar(&s.listings, "listings", 1, "how many `ranges` of keys are listed at once, at either side, 1 to 64; where there are\nmillions, 8 is several times faster; each takes some 6 MiB")
	flags.TextVar(&s.bandwidth, "bwlimit", bridge.Timetable(nil), "bytes per second: a `rate` such as 512K, 10M or off, or rates with times of the day or\nthe week: \"08:00,512K 19:00,10M Sat-00:00,off\" (default off)")
	flags.TextVar(&s.options.Carry.Tags, "tags", bridge.DropTags, "`what` becomes of the source's tags: drop, keep, or fail objects that have some; keep and fail\ntake s3:GetObjectTagging at the source, keep also s3:PutObjectTagging at the target")
	flags.StringVar(&s.class, "storage-class", "", "store objects in this `class`; keep is that of the source (default: the bucket's)")
	flags.StringVar(&s.encryption, "sse", "", "have the target encrypt with this `algorithm`: AES256 or aws:kms (default: the bucket's)")
	flags.StringVar(&s.key, "kms-key", "", "the `key` of the target's account for -sse aws:kms")
	flags.StringVar(&s.report, "report", "", "write a line of JSON for each object, and a summary, to this `file`; - is the output.\nA run that has nothing to write leaves the file of the one before")
	flags.BoolVar(&s.verbose, "v", false, "print a line for each object, and why a request is repeated")
	flags.TextVar(&s.options.MinLevel, "verify", bridge.Wire, "fail objects that are proven less than this `level`: wire, recomputed or stored")
	return flags
}

// minPart is the least that S3 accepts of all parts but the last, in bytes. Others have
// other limits. Source: S3 User Guide, "Amazon S3 multipart upload limits".
const minPart = 5 << 20

// maxPart is the most that S3 accepts, in bytes. Source: as above.
const maxPart = 5 << 30

// size is a flag of bytes; 0 is the default of what it is for.
type size int64

func (n *size) String() string { return strconv.FormatInt(int64(*n), 10) }

// Set reads a number, with K, M or G (powers of 1,024), in any case, or without.
func (n *size) Set(text string) error {
	text = strings.ToUpper(text)
	digits, unit := text, int64(1)
	for suffix, factor := range map[string]int64{"K": 1 << 10, "M": 1 << 20, "G": 1 << 30} {
		if before, ok := strings.CutSuffix(text, suffix); ok {
			digits, unit = before, factor
		}
	}
	value, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || value <= 0 || value > math.MaxInt64/unit {
		return errors.New("write a size such as 64M")
	}
	*n = size(value * unit)
	return nil
}

// age is a flag of a time; 0 if it is not given.
type age time.Duration

func (a *age) String() string { return time.Duration(*a).String() }

// Set reads a time, or a number of days.
func (a *age) Set(text string) error {
	d, err := time.ParseDuration(text)
	if days, isDays := strings.CutSuffix(text, "d"); isDays {
		n, wrong := strconv.ParseUint(days, 10, 16)
		d, err = time.Duration(n)*24*time.Hour, wrong
	}
	if err != nil || d <= 0 {
		return errors.New("write an age such as 72h or 3d")
	}
	*a = age(d)
	return nil
}

// patterns are a flag that may be repeated.
type patterns []string

func (p *patterns) String() string { return strings.Join(*p, " ") }

func (p *patterns) Set(pattern string) error {
	*p = append(*p, pattern)
	return nil
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
	if err := checkEmpty(flags); err != nil {
		return nil, err
	}
	if err := s.checkState(); err != nil {
		return nil, err
	}
	if s.options.Concurrency < 0 {
		return nil, fmt.Errorf("bridgecopy: -concurrency is not negative; %w", errUsage)
	}
	if s.options.PartSize > maxPart {
		return nil, fmt.Errorf("bridgecopy: -part-size %s: S3 takes no parts of more than 5G; %w", (*size)(&s.options.PartSize), errUsage)
	}
	if s.dstEndpoint == "" && s.options.PartSize > 0 && s.options.PartSize < minPart {
		return nil, fmt.Errorf("bridgecopy: -part-size %s: S3 takes no parts of less than 5M; %w", (*size)(&s.options.PartSize), errUsage)
	}
	if s.manifest != (redferry.URI{}) {
		if err := s.checkManifest(); err != nil {
			return nil, err
		}
	}
	if s.listings < 1 || s.listings > maxListings {
		return nil, fmt.Errorf("bridgecopy: -listings %d: give a number from 1 to %d; %w", s.listings, maxListings, errUsage)
	}
	if s.remove && s.writeOnly {
		return nil, fmt.Errorf("bridgecopy: -delete needs to list the target, which -write-only forbids; %w", errUsage)
	}
	if err := s.carry(); err != nil {
		return nil, err
	}
	if s.filter, err = bridge.NewFilter(s.include, s.exclude); err != nil {
		return nil, fmt.Errorf("bridgecopy: %w; %w", err, errUsage)
	}
	if s.bandwidth != nil {
		s.options.Bandwidth = bridge.NewBandwidth(0)
		s.options.Bandwidth.SetTimetable(s.bandwidth)
	}
	return &s, nil
}

// checkEmpty refuses a flag without a value, which a script gives whose variable is not set:
// without -manifest, for example, all would be copied.
func checkEmpty(flags *flag.FlagSet) (err error) {
	flags.Visit(func(f *flag.Flag) {
		if f.Value.String() == "" && f.DefValue == "" {
			err = errors.Join(err, fmt.Errorf("bridgecopy: -%s has no value; %w", f.Name, errUsage))
		}
	})
	return err
}

// checkState refuses a state that would be lost, or is none. It repeats nothing of a URL,
// in which there may be a password.
func (s *settings) checkState() error {
	switch {
	case s.state != "" && s.journal != "":
		return fmt.Errorf("bridgecopy: -state keeps the journal, too: give it alone; %w", errUsage)
	case (strings.Contains(s.state, "://") || strings.HasPrefix(s.state, "postgres:") || strings.HasPrefix(s.state, "postgresql:")) && !isDatabase(s.state):
		return fmt.Errorf("bridgecopy: -state is a file, or a database, postgres://user@host/db, in lower case; %w", errUsage)
	case strings.Contains(s.journal, "://"):
		return fmt.Errorf("bridgecopy: -journal is a directory: a database is for -state; %w", errUsage)
	case s.state != "" && sameFile(s.state, s.report):
		return fmt.Errorf("bridgecopy: -report would be written over -state: give another file; %w", errUsage)
	}
	return nil
}

// sameFile reports whether two names are of one file, be it there or not.
func sameFile(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	there, err := os.Stat(a)
	other, again := os.Stat(b)
	return err == nil && again == nil && os.SameFile(there, other)
}

// checkManifest refuses what would leave a manifest that does not tell the truth.
func (s *settings) checkManifest() error {
	if _, below := s.manifest.Rebase(s.src, s.dst); !below || s.manifest.IsPrefix() {
		return fmt.Errorf("bridgecopy: -manifest %s names no object below -src %s; %w", s.manifest, s.src, errUsage)
	}
	if s.listings > 1 {
		return fmt.Errorf("bridgecopy: -listings is for what is listed, and -manifest names the files; %w", errUsage)
	}
	if s.remove || len(s.include)+len(s.exclude) > 0 {
		return fmt.Errorf("bridgecopy: -manifest says which files belong together: it goes without -delete, -include and -exclude; %w", errUsage)
	}
	return nil
}

func explain(flags *flag.FlagSet, out io.Writer) error {
	_, before := io.WriteString(out, synopsis+"\n")
	flags.SetOutput(out)
	flags.PrintDefaults()
	_, after := io.WriteString(out, environment)
	return errors.Join(before, after)
}
