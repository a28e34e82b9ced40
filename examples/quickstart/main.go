// Quickstart is the whole of redferry in one process: it builds two AWS
// accounts, fills the Redshift of account A with real flights, moves its tables
// to the Redshift of account B over two buckets and a bridge, validates, and
// shows that no credential can cross the border on its own.
//
// It exits with 0 only if everything arrived, was compared and was equal, and
// every attempt to cross was refused.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/redferry/redferry/examples/internal/flights"
)

// A setup is what the flags say.
type setup struct {
	mode    string
	rows    int64
	verbose bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var s setup
	flag.StringVar(&s.mode, "exec", "auto", "how SQL is run: direct, dataapi or auto (short statements direct, long ones over the Data API)")
	flag.Int64Var(&s.rows, "rows", flights.InFile, "how many `flights` to move")
	flag.BoolVar(&s.verbose, "v", false, "print each SQL statement")
	flag.Parse()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, s setup) (err error) {
	if s.rows < 0 || flag.NArg() > 0 || !validMode(s.mode) {
		return errors.New("usage: quickstart [-exec direct|dataapi|auto] [-rows N] [-v]")
	}
	start := time.Now()
	w, err := build(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	printAccounts(os.Stdout, w.pair, time.Since(start))

	report, err := w.move(ctx)
	printReport(os.Stdout, report)
	if err != nil {
		return err
	}
	if err := w.compareContent(ctx, os.Stdout); err != nil {
		return err
	}
	if err := w.tryTheBorder(ctx, os.Stdout); err != nil {
		return err
	}
	printSummary(os.Stdout, report, time.Since(start))
	return nil
}
