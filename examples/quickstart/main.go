// Quickstart is the whole of redferry in one program: it builds two AWS
// accounts, fills the Redshift of account A with real flights, and moves its
// tables to the Redshift of account B over two buckets and a bridge. The first
// run of the move is a process of its own, which is killed half-way; the second
// goes on where it stopped. Then everything is compared, what was repeated is
// read from the logs of the servers, and no credential can cross the border on
// its own.
//
// It exits with 0 only if everything arrived, was compared and was equal, nothing
// that was finished was done again, and every attempt to cross was refused.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/redferry/redferry/examples/internal/flights"
	"github.com/redferry/redferry/pipeline"
)

// A setup is what the flags say.
type setup struct {
	mode    string
	rows    int64
	verbose bool
}

// minPartSize is the least size of a part in bytes at the S3 servers of this
// program. S3 has 5 MiB; the files here are smaller than that.
const minPartSize = 64 << 10

// partSize cuts each of the four files of the flights into some five parts: a
// flight takes some ten bytes.
func (s setup) partSize() int64 { return max(s.rows/2, minPartSize) }

const synopsis = `usage: quickstart [-exec direct|dataapi|auto] [-rows N] [-v]

Builds two AWS accounts on this machine, moves the tables of warehouse A to
warehouse B, kills that run half-way, resumes it, compares everything, and shows
what the servers saw a second time.

`

func main() {
	if os.Getenv(childVariable) != "" {
		end(child(context.Background(), os.Stdin, os.Stdout))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var s setup
	flag.StringVar(&s.mode, "exec", "auto", "how SQL is run: `mode` direct, dataapi or auto (short statements direct, long ones over the Data API)")
	flag.Int64Var(&s.rows, "rows", flights.InFile, "how many `flights` to move")
	flag.BoolVar(&s.verbose, "v", false, "print each SQL statement to standard error")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), synopsis)
		flag.PrintDefaults()
	}
	flag.Parse()
	err := run(ctx, s, os.Stdout)
	stop()
	end(err)
}

// end ends the program.
func end(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(exitFailed)
	}
	os.Exit(0)
}

func run(ctx context.Context, s setup, out *os.File) (err error) {
	if s.rows < 0 || flag.NArg() > 0 || !validMode(s.mode) {
		return errors.New("usage: quickstart [-exec direct|dataapi|auto] [-rows N] [-v]; -h explains")
	}
	begin := time.Now()
	w, err := build(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	printAccounts(out, w.pair, time.Since(begin))

	before := w.evidence()
	if err := w.firstRun(ctx, out); err != nil {
		return err
	}
	half := w.evidence()
	report, err := w.secondRun(ctx, out)
	if err != nil {
		return err
	}
	whole := w.evidence()
	if err := w.compareRuns(ctx, out, report, half.since(before), whole.since(half)); err != nil {
		return err
	}
	if err := w.compareContent(ctx, out); err != nil {
		return err
	}
	if err := w.tryTheBorder(ctx, out); err != nil {
		return err
	}
	printSummary(out, report, time.Since(begin))
	return nil
}

// firstRun moves the tables in another process, and kills it.
func (w *world) firstRun(ctx context.Context, out *os.File) error {
	fmt.Fprint(out, "\nFirst run, in a process of its own:\n")
	show := newProgress(out)
	ended, err := w.killHalfway(ctx, func(e event) {
		if e.Kind == planned {
			printPlan(out, e)
		}
		show.Show(e)
	})
	show.Wait()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nKilled half-way: process %d, %s. What it leaves:\n", ended.Pid(), ended)
	return w.printHalf(ctx, out)
}

// secondRun goes on with the move.
func (w *world) secondRun(ctx context.Context, out *os.File) (*pipeline.Report, error) {
	fmt.Fprint(out, "\nSecond run, with the same name, State and Journal:\n")
	show := newProgress(out)
	report, err := w.move(ctx, show.Show)
	show.Wait()
	printReport(out, report)
	return report, err
}
