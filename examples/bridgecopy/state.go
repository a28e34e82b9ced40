package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/bridge/boltstate"
	"github.com/redferry/redferry/bridge/pgstate"
)

// openState opens what outlives the program, and returns what closes it, and the
// context for what is done with it until then.
func (s *settings) openState(ctx context.Context, sync *bridge.Sync) (held context.Context, closeState func() error, err error) {
	closeState = func() error { return nil }
	switch {
	case isDatabase(s.state):
		return s.openDatabase(ctx, sync)
	case s.dryRun && !isThere(s.state+s.journal): // parse lets no more than one of them be
	case s.state != "":
		state, err := boltstate.Open(s.state)
		if err != nil {
			return nil, nil, err
		}
		s.options.Journal, sync.Ledger, closeState = state.Journal(), state.Ledger(), state.Close
	case s.journal != "":
		s.options.Journal, err = bridge.NewDirJournal(s.journal)
	}
	return ctx, closeState, err
}

// isThere reports whether a file or a directory is there, or may be.
func isThere(name string) bool {
	_, err := os.Lstat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

// isDatabase reports whether a state is the URL of one.
func isDatabase(state string) bool {
	return strings.HasPrefix(state, "postgres://") || strings.HasPrefix(state, "postgresql://")
}

// openDatabase opens the state in PostgreSQL, and takes the target for this program.
func (s *settings) openDatabase(ctx context.Context, sync *bridge.Sync) (held context.Context, closeState func() error, err error) {
	state, err := pgstate.Open(ctx, s.state)
	if err != nil {
		return nil, nil, err
	}
	s.options.Journal, sync.Ledger = state.Journal(), state.Ledger()
	if s.dryRun { // which changes nothing, and so holds up nobody
		return ctx, state.Close, nil
	}
	held, unlock, err := state.Lock(ctx, s.dst)
	if err != nil {
		return nil, nil, errors.Join(err, state.Close())
	}
	return held, func() error { return errors.Join(unlock(), state.Close()) }, nil
}
