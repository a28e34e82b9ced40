// Command rival measures examples/bridgecopy against other programs that copy
// objects, in turn:
//
//	go run ./internal/rival [flags] [SET ...]
//
// It starts two S3 servers (package hollow), the source and the target, each in a
// process of its own, so that time and memory of a program are its own. In each round
// each program copies the same set, the first round uncounted. bridgecopy is that of
// this tree and proves each object, at its default level. rclone is built into the
// user's cache, and does not check content. juicefs takes part if -juicefs names it:
// its module replaces others, so that go install refuses it.
//
// A run that fails, or leaves anything else at the target than the source has, is an
// error, and no figure. What is printed is a table, in Markdown: medians, and medians
// of the ratios of one round to another.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/redferry/redferry/internal/rival/hollow"
)

// sets are what is copied. The target has the objects of the last one already, and
// nothing is to be done about them.
var sets = []hollow.Set{
	{Name: "big", Count: 1, Size: 2 << 30},
	{Name: "mid", Count: 128, Size: 16 << 20},
	{Name: "small", Count: 5_000, Size: 8 << 10},
	{Name: same, Count: 1_000_000, Size: 1 << 10},
}

const same = "same"

// settings are the flags.
type settings struct {
	http              bool
	rounds, uncounted int
	programs, juicefs string
	sets              []string
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == serveCommand {
		exit(serve(os.Stdin, os.Stdout))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, parse(), os.Stdout)
	stop()
	exit(err)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "rival:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func parse() settings {
	var s settings
	flag.BoolVar(&s.http, "http", false, "copy over HTTP instead of HTTPS")
	flag.IntVar(&s.rounds, "rounds", 3, "how many `rounds` count")
	flag.IntVar(&s.uncounted, "uncounted", 1, "how many `rounds` there are before")
	flag.StringVar(&s.programs, "programs", "ours,rclone,juicefs", "which `programs` take part")
	flag.StringVar(&s.juicefs, "juicefs", "", "the `path` of a juicefs, which then takes part, too")
	all := flag.Bool("all", false, "all sets; rclone takes a minute or two for each round of the last one")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: rival [flags] [SET ...]\n\nThe sets, the first three if none is named:\n%s\n", describe(sets))
		flag.PrintDefaults()
	}
	flag.Parse()
	s.sets = flag.Args()
	if len(s.sets) == 0 {
		s.sets = []string{"big", "mid", "small"}
	}
	if *all {
		s.sets = []string{"big", "mid", "small", same}
	}
	return s
}

func describe(sets []hollow.Set) string {
	var b strings.Builder
	for _, s := range sets {
		fmt.Fprintf(&b, "  %-6s %d x %s\n", s.Name, s.Count, size(s.Size))
	}
	return b.String()
}

func size(n int64) string {
	for _, unit := range []string{"bytes", "KiB", "MiB"} {
		if n < 1<<10 {
			return fmt.Sprintf("%d %s", n, unit)
		}
		n >>= 10
	}
	return fmt.Sprintf("%d GiB", n)
}

func run(ctx context.Context, s settings, out io.Writer) error {
	chosen, err := choose(s.sets)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "rival-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	programs, err := s.install(ctx, dir)
	if err != nil {
		return err
	}
	ends, err := start(dir, !s.http, sets)
	if err != nil {
		return err
	}
	defer ends.close()
	c := &contest{ends: ends, programs: programs, rounds: s.rounds, uncounted: s.uncounted, progress: os.Stderr}
	buffered := bufio.NewWriter(out)
	fmt.Fprintf(buffered, "%s, %d CPUs, %s/%s; %d rounds\n\n%s", runtime.Version(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, s.rounds, tableHead)
	for _, set := range chosen {
		results, err := c.run(ctx, set)
		if err != nil {
			return err
		}
		writeRows(buffered, set.Name, ends.scheme(), results)
		if err := buffered.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func choose(names []string) ([]hollow.Set, error) {
	var chosen []hollow.Set
	for _, name := range names {
		i := slices.IndexFunc(sets, func(s hollow.Set) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("%q is no set; there are\n%s", name, describe(sets))
		}
		chosen = append(chosen, sets[i])
	}
	return chosen, nil
}
