package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/redferry/redferry/examples/internal/flights"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/duck"
	"github.com/redferry/redferry/testkit/fakes3"
	"github.com/redferry/redferry/testkit/pair"
)

// A world is the two accounts, and this program's way between them.
type world struct {
	*ferry
	pair *pair.Pair
	gate *gate
	dir  string // temporary
}

// build starts both accounts and fills warehouse A.
func build(ctx context.Context, s setup) (w *world, err error) {
	w = &world{gate: newGate()}
	w.pair, err = pair.New(pair.Options{
		TLS:    true,
		Engine: func(string) (fakeredshift.Engine, error) { return duck.New(nil) },
		S3:     fakes3.Options{MinPartSize: minPartSize, Meddle: w.gate.meddle},
	})
	if err != nil {
		return nil, err
	}
	if err := w.prepare(ctx, s); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

func (w *world) prepare(ctx context.Context, s setup) (err error) {
	if w.dir, err = os.MkdirTemp("", "redferry-quickstart-"); err != nil {
		return err
	}
	j, err := newJob(w.pair, s, "quickstart-"+time.Now().UTC().Format("20060102-150405"), w.dir)
	if err != nil {
		return err
	}
	if w.ferry, err = newFerry(ctx, j); err != nil {
		return err
	}
	return flights.Fill(ctx, w.a, w.pair.A.Engine.(flights.Loader), s.rows)
}

// Close ends what build started, and removes what it made.
func (w *world) Close() error {
	w.gate.open()
	var errs []error
	if w.ferry != nil {
		errs = append(errs, w.ferry.Close())
	}
	errs = append(errs, w.pair.Close())
	if w.dir != "" {
		errs = append(errs, os.RemoveAll(w.dir))
	}
	return errors.Join(errs...)
}
