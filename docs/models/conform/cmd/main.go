// Command cmd reads traces, one a line, and says which of them are none of the
// model of the load.
//
//	go run ./docs/models/conform/cmd -protocol replace traces.txt
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/redferry/redferry/docs/models/conform"
)

func main() {
	protocol := flag.String("protocol", conform.OntoEmpty, "append, onto-empty, replace or create-ledger; with -unordered, -batch or -mixed behind it")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: cmd [-protocol name] file (or - for standard input); empty lines and lines with # are skipped")
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *protocol, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, protocol string, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("conform: name one file of traces")
	}
	in := os.Stdin
	if args[0] != "-" {
		file, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // it was only read
		in = file
	}
	traces, err := read(in)
	if err != nil {
		return fmt.Errorf("conform: %s: %w", args[0], err)
	}
	if err := conform.Check(ctx, protocol, traces); err != nil {
		return err
	}
	fmt.Printf("%d traces are traces of the model\n", len(traces))
	return nil
}

func read(in io.Reader) ([]conform.Trace, error) {
	var traces []conform.Trace
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		t, err := conform.Parse(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		traces = append(traces, t)
	}
	return traces, lines.Err()
}
