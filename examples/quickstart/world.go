package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/redferry/redferry/examples/internal/flights"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/duck"
	"github.com/redferry/redferry/testkit/pair"
)

// A world is the two accounts and how this program reaches them.
type world struct {
	setup
	pair    *pair.Pair
	sources []func() error // to close, in reverse
	a, b    exec.Executor
}

// build starts both accounts and fills warehouse A.
func build(ctx context.Context, s setup) (w *world, err error) {
	w = &world{setup: s}
	w.pair, err = pair.New(pair.Options{TLS: true, Engine: func(string) (fakeredshift.Engine, error) { return duck.New(nil) }})
	if err != nil {
		return nil, err
	}
	w.sources = append(w.sources, w.pair.Close)
	if err := w.fill(ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

func (w *world) fill(ctx context.Context) (err error) {
	if w.a, err = w.executor(ctx, w.pair.A); err != nil {
		return fmt.Errorf("warehouse A: %w", err)
	}
	if w.b, err = w.executor(ctx, w.pair.B); err != nil {
		return fmt.Errorf("warehouse B: %w", err)
	}
	return flights.Fill(ctx, w.a, w.pair.A.Engine.(flights.Loader), w.rows)
}

// Close ends what build started.
func (w *world) Close() error {
	var errs []error
	for i := len(w.sources) - 1; i >= 0; i-- {
		errs = append(errs, w.sources[i]())
	}
	return errors.Join(errs...)
}
