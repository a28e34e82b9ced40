// Package pgstate keeps the state of a bridge in a PostgreSQL database: which
// uploads are open and what was copied. A fleet shares it, and a container needs no
// disk of its own.
//
// It takes a database in UTF-8 of PostgreSQL 13 or later, and keeps two tables in
// the schema redferry. They hold names of objects, sizes and checksums, and no
// secrets.
package pgstate

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/redferry/redferry/bridge"
)

// Tables is the SQL that makes the tables, for whoever keeps the database: [New]
// runs it if they are not there, which needs the right to create a schema.
//
//go:embed tables.sql
var Tables string

// A State is the tables of one database. It is safe for concurrent use.
type State struct {
	pool *pgxpool.Pool
	own  bool // the pool
}

// Open connects to the database that url names, as libpq writes it:
// postgres://user@host:5432/database. What url leaves open comes from the
// environment and the password file that psql uses: better places for a password
// than a command line. The caller must close the State.
func Open(ctx context.Context, url string) (*State, error) {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("pgstate: %w", err) // pgx hides the password
	}
	s, err := New(ctx, pool)
	if err != nil {
		pool.Close()
		return nil, err
	}
	s.own = true
	return s, nil
}

// New returns the State in the database of pool, which stays the caller's and needs
// no more than two connections. It makes the tables if they are not there.
func New(ctx context.Context, pool *pgxpool.Pool) (*State, error) {
	s := &State{pool: pool}
	if err := s.prepare(ctx); err != nil {
		return nil, fmt.Errorf("pgstate: open %s: %w", s, err)
	}
	return s, nil
}

// Close closes the connections that [Open] made. Nothing may use the State any more.
func (s *State) Close() error {
	if s.own {
		s.pool.Close()
	}
	return nil
}

// Journal returns the uploads that are open.
func (s *State) Journal() bridge.Journal { return journal{s} }

// Ledger returns what was copied.
func (s *State) Ledger() bridge.Ledger { return ledger{s} }

// String names the database.
func (s *State) String() string {
	c := s.pool.Config().ConnConfig
	return fmt.Sprintf("database %s at %s", c.Database, c.Host)
}

// prepare looks whether the tables are there and makes them if not.
func (s *State) prepare(ctx context.Context) error {
	var encoding string
	var there bool
	err := s.pool.QueryRow(ctx, `select current_setting('server_encoding'), to_regclass('redferry.upload') is not null and to_regclass('redferry.entry') is not null`).Scan(&encoding, &there)
	switch {
	case err != nil:
		return err
	case encoding != "UTF8":
		return fmt.Errorf("it is in %s, and keys of S3 need UTF8", encoding)
	case there:
		return nil
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// CREATE ... IF NOT EXISTS fails if somebody else is at it.
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, number("tables")); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, Tables)
		return err
	})
	if err != nil {
		return errors.Join(err, errors.New("the tables of pgstate.Tables could not be made: have someone with the right to create a schema do it, and grant SELECT, INSERT, UPDATE and DELETE on both"))
	}
	return nil
}
